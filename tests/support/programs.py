"""The program as a process of its own, in an environment that is nobody's but the test's."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

WITHIN_S = 45.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a process ended, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What it wrote to stdout, as one JSON value."""
        return json.loads(self.stdout)

    @property
    def json_lines(self) -> list[Any]:
        """What it wrote to stdout, as a JSON value a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log lines of one event."""
        lines = (json.loads(line) for line in self.stderr.splitlines() if line.startswith("{"))
        return [line for line in lines if line["event"] == event]


async def program(*words: str, environment: Mapping[str, str], stdin: str = "") -> Done:
    """Run the program to its end."""
    async with started(*words, environment=environment) as process:
        return await ended(process, stdin=stdin)


@asynccontextmanager
async def started(*words: str, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Start the program; it is killed if it still runs when the block ends."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", *words),
        env={**os.environ, **environment},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ended(process: Process, *, stdin: str = "") -> Done:
    """Wait for the end."""
    async with asyncio.timeout(WITHIN_S):
        stdout, stderr = await process.communicate(stdin.encode())
    assert process.returncode is not None
    return Done(process.returncode, stdout.decode(), stderr.decode())


async def stopped(process: Process) -> Done:
    """Ask the program to stop, as a supervisor does, and wait for the end."""
    process.send_signal(signal.SIGTERM)
    return await ended(process)


async def logged(process: Process, event: str) -> None:
    """Read the log until it tells of *event*."""
    assert process.stderr is not None
    async with asyncio.timeout(WITHIN_S):
        while f'"event": "{event}"' not in (line := (await process.stderr.readline()).decode()):
            assert line, f"the program ended before {event}"
