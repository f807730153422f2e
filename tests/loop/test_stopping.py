"""The wish to stop wakes whoever sleeps by it, and cancels nobody."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.clock import LoopClock
from worker.loop.stopping import Stopping

pytestmark = pytest.mark.virtual_time
elapsed_s = LoopClock().elapsed_s


async def test_a_sleep_lasts_as_long_as_it_was_asked_to() -> None:
    await Stopping().sleep(30)

    assert 30 == elapsed_s()


async def test_the_wish_to_stop_wakes_all_sleepers_at_once() -> None:
    stopping, woken_at_s = Stopping(), []

    async def sleep(seconds: float) -> None:
        await stopping.sleep(seconds)
        woken_at_s.append(elapsed_s())

    async with asyncio.TaskGroup() as tasks:
        for seconds in (1, 50, 60):
            tasks.create_task(sleep(seconds))
        await asyncio.sleep(5)
        stopping.request()

    assert [1, 5, 5] == woken_at_s


async def test_nobody_falls_asleep_after_the_wish_to_stop() -> None:
    stopping = Stopping()
    stopping.request()
    stopping.request()

    await stopping.sleep(30)
    await stopping.wait()

    assert stopping.requested
    assert 0 == elapsed_s()


async def test_a_sleeper_that_is_cancelled_is_forgotten() -> None:
    stopping = Stopping()
    async with asyncio.TaskGroup() as tasks:
        sleeper = tasks.create_task(stopping.sleep(30))
        await asyncio.sleep(1)
        sleeper.cancel()

    stopping.request()

    assert sleeper.cancelled()
