"""Processes of a benchmark: each says where it listens, ends in time, and leaves the CPU time it used."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

LAST_WORDS = 2000
LIFE_S = 180
"""No process of a benchmark lives longer, whatever became of the one that started it."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running process."""

    process: Popen[str]
    talk: Path
    """What it says to stderr."""

    def check(self) -> None:
        """Raise RuntimeError, with its last words, if it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args!r} ended: {self._last_words()}")

    def says(self, name: str) -> str:
        """Read its stdout until a line NAME=VALUE; raise RuntimeError if it ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said, _, text = line.strip().partition("=")
            if said == name:
                return text
        raise RuntimeError(f"{self.process.args!r} ended: {self._last_words()}")

    def _last_words(self) -> str:
        return self.talk.read_text()[-LAST_WORDS:]

    def stop(self) -> float:
        """Ask it to end; return the seconds of CPU that it used in its life, the system's for it included."""
        self.process.terminate()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime


@contextmanager
def child(*words: str, environment: Mapping[str, str], talk: Path) -> Iterator[Child]:
    """Run `python WORDS` until the block ends at the latest, with nobody's account and settings."""
    theirs = ("AWS_", "ECS_", "WORKER_")
    own = {name: text for name, text in os.environ.items() if not name.startswith(theirs)}
    with talk.open("w") as stderr:
        process = Popen(
            (sys.executable, *words),
            env={**own, **environment},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=partial(signal.alarm, LIFE_S),  # noqa: PLW1509 (there are no threads)
        )
    with process:
        try:
            yield Child(process, talk)
        finally:
            if process.returncode is None:
                process.kill()
