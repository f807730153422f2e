"""
Makes a Markdown table out of runs.

CPU is the difference to a short run: starting, stopping and the first calls of a client do not count.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import version
from statistics import median

from tests.benchmarks.running import NAIVE, Contender, Process, Run
from tests.benchmarks.workload import Workload
from worker.adapters.clock import SystemClock

COLUMNS = (
    "Chime answers after",
    "channels",
    "jobs",
    "",
    "jobs/s",
    "CPU µs/job",
    "SQS calls/job",
    "speed ÷ naive",
    "CPU ÷ naive",
    "stand-ins busy: queue, Chime",
)
VERSIONS = ("aiobotocore", "botocore", "aiohttp")


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a table for each contender: its runs by round, and short ones of *short_jobs*."""

    workload: Workload
    latency_ms: int
    runs: Mapping[Contender, Sequence[Run]]
    short_jobs: int
    short_runs: Mapping[Contender, Sequence[Run]]

    def speeds(self, contender: Contender) -> list[float]:
        """Jobs per second, by round."""
        return [self.workload.jobs / each.took_s for each in self.runs[contender]]

    def cpu_us(self, contender: Contender, process: Process = "contender") -> list[float]:
        """Microseconds of a process's CPU for a job, by round."""
        short_s = median(each.cpu_s[process] for each in self.short_runs[contender])
        more_jobs = self.workload.jobs - self.short_jobs
        return [(each.cpu_s[process] - short_s) / more_jobs * 1e6 for each in self.runs[contender]]

    def sqs_calls(self, contender: Contender) -> list[float]:
        """SQS calls a job, by round."""
        return [each.sqs_calls / self.workload.jobs for each in self.runs[contender]]

    def busy(self, contender: Contender, process: Process) -> float:
        """Say which part of the time a stand-in had a CPU: near 1, the speed is its, not the contender's."""
        rounds = zip(self.cpu_us(contender, process), self.speeds(contender), strict=True)
        return median(cpu_us * speed / 1e6 for cpu_us, speed in rounds)


def stated(*, rounds: int) -> str:
    """Say where and when this is measured, and how to read it."""
    day = SystemClock().now().astimezone(UTC).date().isoformat()
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    load = os.getloadavg()[0]
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{day}: {machine}, load {load:.1f} at the start; {python}, {versions}; {rounds} rounds in turn.\n"
        "Medians (least-most). Every job arrived exactly once, or there would be no line.\n"
    )


def head() -> str:
    """Begin the table."""
    return f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def line(case: Case, contender: Contender) -> str:
    """Write one contender's row."""
    speeds, cpu_us = case.speeds(contender), case.cpu_us(contender)
    cells = (
        f"{case.latency_ms} ms",
        f"{case.workload.channels}",
        f"{case.workload.jobs}",
        contender.name,
        _spread(speeds, digits=0),
        _spread(cpu_us, digits=0),
        f"{median(case.sqs_calls(contender)):.2f}",
        _ratios(speeds, case.speeds(NAIVE)),
        _ratios(cpu_us, case.cpu_us(NAIVE)),
        f"{case.busy(contender, 'queue'):.0%}, {case.busy(contender, 'chime'):.0%}",
    )
    return f"| {' | '.join(cells)} |"


def _ratios(ours: Sequence[float], naive: Sequence[float]) -> str:
    """Compare round by round: what the machine did meanwhile touched both."""
    return _spread([a / b for a, b in zip(ours, naive, strict=True)], digits=2)


def _spread(figures: Sequence[float], *, digits: int) -> str:
    return f"{median(figures):.{digits}f} ({min(figures):.{digits}f}-{max(figures):.{digits}f})"
