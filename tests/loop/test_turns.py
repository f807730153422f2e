"""Callers wait in line for their bearer's and their channel's pace."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.clock import LoopClock
from worker.loop.turns import GATES, Gate, Turns

pytestmark = pytest.mark.virtual_time
elapsed_s = LoopClock().elapsed_s


def some_turns(*, bearer_rate_per_s: float = 10, channel_rate_per_s: float = 1000) -> Turns:
    return Turns(bearer_rate_per_s=bearer_rate_per_s, channel_rate_per_s=channel_rate_per_s)


async def test_a_bearers_calls_leave_at_its_rate() -> None:
    turns = some_turns(bearer_rate_per_s=10)

    for n in range(51):
        assert await turns.for_send("bearer", f"channel-{n}")

    assert 5 == pytest.approx(elapsed_s())


async def test_a_channels_sends_leave_at_its_rate() -> None:
    turns = some_turns(bearer_rate_per_s=1000, channel_rate_per_s=2)

    for _ in range(11):
        assert await turns.for_send("bearer", "channel")

    assert 5 == pytest.approx(elapsed_s(), abs=0.1)


async def test_a_look_needs_no_turn_of_the_channel() -> None:
    turns = some_turns(bearer_rate_per_s=1000, channel_rate_per_s=0.1)
    await turns.for_send("bearer", "channel")

    assert await turns.for_call("bearer")

    assert elapsed_s() < 1


async def test_turns_are_given_in_the_order_of_asking() -> None:
    gate, order = Gate(1), []

    async def take(name: str) -> None:
        await gate.turn()
        order.append((name, elapsed_s()))

    async with asyncio.TaskGroup() as tasks:
        for name in ("a", "b", "c"):
            tasks.create_task(take(name))

    assert [("a", 0), ("b", 1), ("c", 2)] == order


async def test_a_lane_with_many_jobs_takes_turns_with_one_that_has_few() -> None:
    turns, order = some_turns(bearer_rate_per_s=10), []

    async def send(channel: str, count: int) -> None:
        for _ in range(count):
            await turns.for_send("bearer", channel)
            order.append(channel)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(send("many", 20))
        tasks.create_task(send("few", 3))

    assert 6 >= order.index("few", order.index("few", order.index("few") + 1) + 1)


async def test_a_turn_given_back_goes_to_whoever_waits() -> None:
    gate = Gate(0.1)
    await gate.turn()
    async with asyncio.TaskGroup() as tasks:
        waiter = tasks.create_task(gate.turn())
        await asyncio.sleep(1)
        gate.give_back()

    assert waiter.result()
    assert 1 == elapsed_s()


async def test_a_caller_that_is_cancelled_costs_nobody_a_turn() -> None:
    gate = Gate(1)
    await gate.turn()
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(gate.turn())
        waiter = tasks.create_task(gate.turn())
        await asyncio.sleep(0.5)
        gone.cancel()

    assert waiter.result()
    assert 1 == elapsed_s()


async def test_a_caller_cancelled_in_the_moment_of_its_turn_gives_it_back() -> None:
    gate = Gate(1)
    await gate.turn()
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(gate.turn())
        asyncio.get_running_loop().call_at(1.0, lambda: asyncio.get_running_loop().call_soon(gone.cancel))
        await asyncio.sleep(1.0)

    await gate.turn()

    assert elapsed_s() < 2


async def test_closing_sends_everybody_away_and_lets_nobody_in() -> None:
    turns = some_turns(bearer_rate_per_s=0.01)
    await turns.for_call("bearer")
    async with asyncio.TaskGroup() as tasks:
        caller = tasks.create_task(turns.for_call("bearer"))
        sender = tasks.create_task(turns.for_send("bearer", "channel"))
        await asyncio.sleep(1)
        turns.close()

    assert [False, False] == [caller.result(), sender.result()]
    assert not await turns.for_send("another bearer", "channel")
    assert 1 == elapsed_s()


async def test_a_429_of_everybody_slows_the_bearer_and_it_recovers_in_seconds() -> None:
    turns = some_turns(bearer_rate_per_s=10)
    await turns.for_send("bearer", "a")

    assert "bearer" == turns.throttled("bearer", "a")

    assert 5 == turns.rate_per_s()
    await asyncio.sleep(10)
    await turns.for_send("bearer", "a")
    assert 10 == turns.rate_per_s()


async def test_a_429_of_one_channel_while_others_succeed_is_that_channels_own() -> None:
    turns = some_turns(bearer_rate_per_s=10)
    await turns.for_send("bearer", "a")
    turns.answered("bearer", "b")

    assert "channel" == turns.throttled("bearer", "a")
    assert 10 == turns.rate_per_s()


async def test_bearers_have_a_pace_of_their_own() -> None:
    turns = some_turns(bearer_rate_per_s=0.1)

    for bearer in ("a", "b", "c"):
        assert await turns.for_call(bearer)

    assert 0 == elapsed_s()


async def test_the_gates_of_idle_channels_are_forgotten() -> None:
    turns = some_turns(bearer_rate_per_s=1e6)

    for n in range(3 * GATES):
        await turns.for_send("bearer", f"channel-{n}")
        await asyncio.sleep(0.01)

    assert GATES + 1 >= len(turns._channels)
