"""Virtual time: hours cost nothing, order is kept, and a deadlock is an error instead of a hanging test."""

import asyncio
from time import perf_counter

import pytest

from worker.local.virtual_time import VirtualTimeLoop


@pytest.mark.virtual_time
async def test_hours_pass_at_once_and_in_order() -> None:
    loop = asyncio.get_running_loop()
    began_s = perf_counter()
    wakings: list[tuple[str, float]] = []

    async def wake(name: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        wakings.append((name, loop.time()))

    async with asyncio.TaskGroup() as sleepers:
        sleepers.create_task(wake("late", 7200))
        sleepers.create_task(wake("early", 3600))

    assert [("early", 3600), ("late", 7200)] == wakings
    assert perf_counter() - began_s < 5


def test_a_deadlock_is_an_error() -> None:
    async def wait_for_nobody() -> None:
        await asyncio.Event().wait()

    loop = VirtualTimeLoop()
    waiting = loop.create_task(wait_for_nobody())
    with pytest.raises(RuntimeError, match="deadlock"):
        loop.run_until_complete(waiting)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(waiting)
    loop.close()


async def test_other_tests_run_in_real_time() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)
