"""
`python -m tests.benchmarks`: the worker against the naive loop, in turn, on the same stand-ins.

Figures of two machines, or of two days on one, say nothing about each other: compare ratios of one run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from tests.benchmarks.report import Case, head, line, stated
from tests.benchmarks.running import NAIVE, WORKERS, Contender, Run, run
from tests.benchmarks.workload import Workload

CONTENDERS = (NAIVE, *WORKERS)
SHORT_JOBS = 20
"""As many as take a process through its first calls: what it costs till then is nobody's job's."""
SINGLE_FILE = 4
"""With a latency one channel, sent to in single file, gets one job for so many that others get."""


def main(words: Sequence[str]) -> int:
    """Measure every case, printing its lines as it ends; 0, for what goes wrong is raised."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--jobs", type=int, default=2000, metavar="N")
    parser.add_argument("--channels", type=int, nargs="+", default=[1, 20, 200], metavar="C")
    parser.add_argument("--latency-ms", type=int, nargs="+", default=[0, 20], metavar="MS", help="of a send")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    asked = parser.parse_args(words)
    _print(stated(rounds=asked.rounds))
    short_runs = _rounds(Workload(SHORT_JOBS, 1), latency_ms=0, rounds=asked.rounds)
    _print(head())
    for latency_ms in asked.latency_ms:
        for channels in asked.channels:
            jobs = asked.jobs // SINGLE_FILE if channels == 1 and latency_ms else asked.jobs
            workload = Workload(jobs, channels)
            runs = _rounds(workload, latency_ms=latency_ms, rounds=asked.rounds)
            case = Case(workload, latency_ms, runs, SHORT_JOBS, short_runs)
            _print("\n".join(line(case, contender) for contender in CONTENDERS))
    return 0


def _rounds(workload: Workload, *, latency_ms: int, rounds: int) -> Mapping[Contender, Sequence[Run]]:
    """Run the contenders in turn, so that what the machine does besides meets all of them."""
    runs: dict[Contender, list[Run]] = {contender: [] for contender in CONTENDERS}
    for _ in range(rounds):
        for contender in CONTENDERS:
            runs[contender].append(run(contender, workload, latency_s=latency_ms / 1000))
    return runs


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
