"""A job that kills its process each time: it ends as a crash loop, and harms no other job."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from signal import SIGKILL

import pytest

from tests.e2e.deadly import DEADLY
from tests.e2e.watching import QUICK, contents, until
from tests.support.jobs import a_job, text_of
from worker.core.policy import Policy
from worker.local.world import CHANNELS, World

QUICKLY_BACK: Mapping[str, str] = {**QUICK, "WORKER_VISIBILITY_TIMEOUT_S": "3"}
OTHERS = tuple(f"job-{n}" for n in range(12))


@pytest.mark.timeout(150)
async def test_a_job_that_kills_its_process_each_time_ends_as_a_crash_loop_and_harms_no_other(
    world: World,
) -> None:
    bodies = [a_job(one, CHANNELS[n % len(CHANNELS)]) for n, one in enumerate(OTHERS)]
    await world.enqueue([*bodies[:6], a_job("the-deadly-one", content=DEADLY), *bodies[6:]])
    exit_codes: list[int] = []

    while world.jobs() and len(exit_codes) <= Policy().max_crashes:
        exit_codes.append(await life_of_a_worker(world))

    assert [*[-SIGKILL] * Policy().max_crashes, 0] == exit_codes
    [letter] = world.dead_letters()
    assert ("the-deadly-one", "crash_loop") == (letter.attributes["job_id"], letter.attributes["reason"])
    assert {text_of(one): 1 for one in OTHERS} == contents(world)


async def life_of_a_worker(world: World) -> int:
    """Let a worker live until it is killed, or has left nothing to be done; return its exit code."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.deadly", "run"),
        env={**os.environ, **world.environment, **QUICKLY_BACK},
        stdin=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        await until(lambda: process.returncode is not None or not world.jobs())
        if process.returncode is None:
            process.terminate()
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
