"""The real worker as a process of its own, against a world. It never outlives the block that started it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import worker

STOP_WITHIN_S = 45.0
"""Longer than a worker may drain: what takes more is killed."""


@asynccontextmanager
async def worker_process(environment: Mapping[str, str], *, output: int) -> AsyncIterator[Process]:
    """
    Run `python -m worker run` with *environment* over this process's own, until the block ends at the latest.

    All it says goes to *output*: PIPE, or the number of an open file. A process group of its own keeps a
    terminal's Ctrl-C from it: how it ends is for the caller to say.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "run"),
        cwd=Path(worker.__file__).parents[1],  # this very package, whatever else is called so
        env={**_nobodys_environment(), **environment},
        stdin=DEVNULL,
        stdout=output,
        stderr=STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def stop(process: Process) -> int:
    """Ask the worker to drain and return its exit code; one that takes too long is killed."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


def _nobodys_environment() -> dict[str, str]:
    """Copy this process's environment without anybody's account and settings."""
    theirs = ("AWS_", "ECS_", "WORKER_")
    return {name: text for name, text in os.environ.items() if not name.startswith(theirs)}
