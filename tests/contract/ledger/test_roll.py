"""What every ledger promises to a fleet and to its operators: heartbeats, and what is paused."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.contract.ledger.samples import CHANNEL, T0, ManualClock, a_due_row, a_member
from worker.core.fleet import SHARDS, Pause, Roll
from worker.ports import Ledger, Switches

ALL = Pause(None, T0)
ONE = Pause(CHANNEL, T0)


async def test_a_new_ledger_has_nobody_and_nothing_is_paused(switches: Switches) -> None:
    assert await switches.roll() == Roll()


async def test_a_heartbeat_is_seen_by_its_worker_and_by_operators(ledger: Ledger, switches: Switches) -> None:
    roll = await ledger.beat(a_member())

    assert roll == await switches.roll() == Roll(members=(a_member(),))


async def test_a_heartbeat_takes_the_place_of_the_last_one(ledger: Ledger, clock: ManualClock) -> None:
    await ledger.beat(a_member())
    clock.move(90)
    later = a_member(seen_at=clock.now())

    assert await ledger.beat(later) == Roll(members=(later,))


async def test_who_leaves_is_gone_at_once_and_may_come_again(ledger: Ledger, switches: Switches) -> None:
    await ledger.beat(a_member())
    await ledger.leave(a_member().id)
    assert await switches.roll() == Roll()

    assert await ledger.beat(a_member()) == Roll(members=(a_member(),))


async def test_who_was_not_there_may_leave(ledger: Ledger, switches: Switches) -> None:
    await ledger.leave("worker-9")

    assert await switches.roll() == Roll()


async def test_who_has_not_been_heard_of_for_ten_minutes_is_left_out(
    ledger: Ledger, switches: Switches, clock: ManualClock
) -> None:
    await ledger.beat(a_member())

    clock.at += timedelta(minutes=10, microseconds=-1)
    assert await switches.roll() == Roll(members=(a_member(),))

    clock.at += timedelta(microseconds=1)
    assert await switches.roll() == Roll()


async def test_workers_that_beat_at_once_end_up_on_one_roll(ledger: Ledger, switches: Switches) -> None:
    """Of a ledger that is one worker's own, it is that one alone."""
    members = [a_member(f"worker-{n}") for n in range(8)]

    async with asyncio.TaskGroup() as group:
        beats = [group.create_task(ledger.beat(member)) for member in members]

    roll = await switches.roll()
    assert all(member in beat.result().members for member, beat in zip(members, beats, strict=True))
    assert roll.members == tuple(members) or (not ledger.is_shared and len(roll.members) == 1)


async def test_what_is_paused_is_told_with_the_next_heartbeat_until_it_is_resumed(
    ledger: Ledger, switches: Switches
) -> None:
    await switches.pause(ONE)
    assert (await ledger.beat(a_member())).pauses == (ONE,)

    await switches.resume(CHANNEL)
    assert (await ledger.beat(a_member())).pauses == ()


async def test_to_pause_twice_is_to_pause_and_to_resume_twice_is_to_resume(switches: Switches) -> None:
    for pause in (ONE, ALL):
        await switches.pause(pause)
        await switches.pause(replace(pause, since=T0 + timedelta(seconds=60)))
    assert await switches.roll() == Roll(pauses=(ALL, ONE))

    for _ in range(2):
        await switches.resume(CHANNEL)
    assert await switches.roll() == Roll(pauses=(ALL,))


async def test_to_resume_all_is_to_resume_each(ledger: Ledger, switches: Switches) -> None:
    await ledger.beat(a_member())
    for pause in (ONE, Pause(f"{CHANNEL}-2", T0), ALL):
        await switches.pause(pause)

    await switches.resume(None)

    assert await switches.roll() == Roll(members=(a_member(),))


async def test_what_was_resumed_can_be_paused_again(switches: Switches) -> None:
    await switches.pause(ALL)
    await switches.resume(None)
    again = replace(ALL, since=T0 + timedelta(seconds=60))

    await switches.pause(again)

    assert await switches.roll() == Roll(pauses=(again,))


async def test_a_pause_outlasts_every_worker(switches: Switches, clock: ManualClock) -> None:
    await switches.pause(ALL)
    clock.move(400 * 24 * 3600)

    assert await switches.roll() == Roll(pauses=(ALL,))


async def test_the_roll_is_in_nobodys_shard_and_no_job_is_on_the_roll(
    ledger: Ledger, switches: Switches
) -> None:
    await ledger.put(a_due_row("job-1"))
    await ledger.beat(a_member())
    await switches.pause(ALL)

    rows = [row.job_id for shard in range(SHARDS) for row in await ledger.due(shard, limit=50)]
    assert rows == ["job-1"]
    assert await switches.roll() == Roll(members=(a_member(),), pauses=(ALL,))
