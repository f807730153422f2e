"""The demo as people run it: it ends well, and it notices when it should not."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest


@pytest.mark.timeout(120)
async def test_every_job_of_the_demo_comes_to_its_right_end() -> None:
    async with demo("--json", "--seed", "3") as running:
        summary, talk = await end_of(running)

    assert 0 == running.returncode, talk
    assert summary["ok"]
    assert 0 == summary["lost"] + summary["doubled"] + summary["out_of_order"] + summary["left_in_queue"]
    assert summary["jobs"] == (
        summary["delivered_once"]
        + summary["stayed_away"]
        + summary["changes_made"]
        + summary["dead_lettered_as_expected"]
    )
    assert summary["jobs"] == sum(summary["outcomes"].values())
    assert summary["enqueued"] < summary["outcomes_published"]  # provisional ones come on top
    assert {"delivered", "denied", "done", "exhausted", "expired", "rejected"} == summary["outcomes"].keys()
    assert summary["outcomes"]["delivered"] == sum(summary["verdicts"].values())
    assert 1 <= summary["verdicts"]["confirmed"]
    assert all(summary["faults"].values())
    assert "seed    3" in talk
    assert "WORKER_MAX_ATTEMPTS=3" in talk
    assert "backend-worker sandbox" in talk


@pytest.mark.timeout(120)
async def test_a_worker_that_dies_makes_the_demo_fail_and_say_so() -> None:
    async with demo("--json", "--seed", "3") as running:
        pid = int((await line_with(running, r"pid (\d+)"))[1])
        await line_with(running, r"enqueued 15/")
        os.kill(pid, signal.SIGKILL)
        summary, talk = await end_of(running)

    assert 1 == running.returncode
    assert not summary["ok"]
    assert "the worker ended before its jobs did" in summary["problems"]
    assert "the worker exited with -9" in summary["problems"]
    assert 0 < summary["lost"]
    assert "The worker's last lines:" in talk


@pytest.mark.timeout(120)
async def test_an_interrupted_demo_takes_the_worker_with_it() -> None:
    async with demo() as running:
        pid = int((await line_with(running, r"pid (\d+)"))[1])
        await line_with(running, r"enqueued 15/")
        running.send_signal(signal.SIGTERM)
        out, talk = await running.communicate()

    assert (1, b"") == (running.returncode, out)
    assert b"nothing was counted" in talk
    assert b"Traceback" not in talk
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@asynccontextmanager
async def demo(*words: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "demo", *words), stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def end_of(process: Process) -> tuple[dict[str, Any], str]:
    """Wait for the end; return the summary and what was said on the way and not read yet."""
    out, talk = await process.communicate()
    return json.loads(out), talk.decode()


async def line_with(process: Process, pattern: str) -> re.Match[str]:
    """Read what the demo says up to the line that *pattern* is found in."""
    assert process.stderr is not None
    async for line in process.stderr:
        if found := re.search(pattern, line.decode()):
            return found
    pytest.fail(f"the demo never said {pattern}")
