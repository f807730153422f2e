"""The program where its output goes nowhere good: closed, left by its reader, full, or of a poor locale."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.programs import WITHIN_S, Done

NOBODY_READS = "| (reader has left)"


@dataclass(frozen=True, slots=True)
class Terminal:
    """What a shell writes behind the command, what the environment says, and how a command ends there."""

    redirection: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    code: int = 0
    stderr: str = ""


TERMINALS = {
    "stdout closed": Terminal(">&-"),
    "stderr closed": Terminal("2>&-"),
    "both closed": Terminal(">&- 2>&-"),
    "all closed": Terminal("<&- >&- 2>&-"),
    "reader has left": Terminal(NOBODY_READS, code=1),
    "disk full": Terminal(">/dev/full", code=1, stderr="backend-worker: stdout: No space left on device\n"),
    "stderr full": Terminal("2>/dev/full"),
    "locale C, as Python takes it": Terminal(environment={"LC_ALL": "C"}),
    "locale POSIX, taken at its word": Terminal(
        environment={"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ),
    "ASCII, strictly": Terminal(environment={"PYTHONIOENCODING": "ascii:strict"}),
    "UTF-16": Terminal(environment={"PYTHONIOENCODING": "utf-16"}),
    "EBCDIC": Terminal(environment={"PYTHONIOENCODING": "cp037"}),
}


def run_on(terminal: Terminal, *words: str, environment: Mapping[str, str]) -> Done:
    """Run the program to its end. A byte of its output that is no UTF-8 is shown as an escape."""
    redirection = "" if terminal.redirection == NOBODY_READS else terminal.redirection
    program = ("/bin/sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", "worker", *words)
    with _stdout_of(terminal) as stdout:
        done = subprocess.run(
            program,
            check=False,
            env={**os.environ, **environment, **terminal.environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=WITHIN_S,
        )
    return Done(done.returncode, _text(done.stdout or b""), _text(done.stderr))


def first_line_of(*words: str, environment: Mapping[str, str]) -> Done:
    """Run the program and read no more than a line of its output, as `| head -1` does."""
    with subprocess.Popen(
        (sys.executable, "-m", "worker", *words),
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
        return Done(process.wait(WITHIN_S), _text(line), _text(stderr))


@contextmanager
def _stdout_of(terminal: Terminal) -> Iterator[int]:
    if terminal.redirection != NOBODY_READS:
        yield subprocess.PIPE
        return
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)


def _text(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")
