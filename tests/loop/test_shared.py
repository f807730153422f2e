"""What several ask for at once is done once, and whoever gives up takes it from nobody else."""

from __future__ import annotations

import asyncio

import pytest

from worker.loop.shared import Shared

pytestmark = pytest.mark.virtual_time


class Counted:
    """A call that takes a second, and may fail."""

    def __init__(self, *, fails: int = 0) -> None:
        self.made = 0
        self._fails = fails

    async def __call__(self) -> int:
        self.made += 1
        number = self.made
        await asyncio.sleep(1)
        if number <= self._fails:
            raise RuntimeError("no luck")
        return number


async def test_who_asks_meanwhile_gets_the_same_answer_and_who_asks_later_a_new_one() -> None:
    shared: Shared[int] = Shared()
    call = Counted()

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(shared.once("key", call)) for _ in range(3)]

    assert [1, 1, 1] == [task.result() for task in asked]
    assert 2 == await shared.once("key", call)


async def test_another_key_is_another_call() -> None:
    shared: Shared[int] = Shared()
    call = Counted()

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(shared.once(key, call)) for key in ("one", "other")]

    assert [1, 2] == [task.result() for task in asked]


async def test_who_waits_may_give_up_without_harm_to_the_others() -> None:
    shared: Shared[int] = Shared()
    call = Counted()

    async with asyncio.TaskGroup() as tasks:
        first, second, third = [tasks.create_task(shared.once("key", call)) for _ in range(3)]
        await asyncio.sleep(0.5)
        second.cancel()

    assert (1, True, 1) == (first.result(), second.cancelled(), third.result())


async def test_if_the_one_who_calls_gives_up_the_others_hear_that_there_is_no_answer() -> None:
    shared: Shared[int] = Shared()
    call = Counted()

    async with asyncio.TaskGroup() as tasks:
        first, second = [tasks.create_task(shared.once("key", call)) for _ in range(2)]
        await asyncio.sleep(0.5)
        first.cancel()

    assert second.result() is None
    assert 2 == await shared.once("key", call)


async def test_if_the_call_fails_its_caller_gets_the_error_and_the_others_hear_that_there_is_no_answer() -> (
    None
):
    shared: Shared[int] = Shared()
    call = Counted(fails=1)

    first, second = await _both(shared, call)

    assert isinstance(first, RuntimeError)
    assert second is None


async def _both(shared: Shared[int], call: Counted) -> tuple[object, object]:
    async def heard() -> object:
        try:
            return await shared.once("key", call)
        except RuntimeError as error:
            return error

    async with asyncio.TaskGroup() as tasks:
        first, second = tasks.create_task(heard()), tasks.create_task(heard())
    return first.result(), second.result()
