"""Looking through a dead letter queue: every letter once, and nothing of it changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ops.dead_letters.conftest import Bench, a_job, opened
from worker.adapters.sqs_dead_letters import SqsDeadLetters, StoredLetter
from worker.contract.reasons import Reason
from worker.ops.dead_letters import Fate, Listed, Purged, job_id_of, purging


class Forgetful(SqsDeadLetters):
    """Shows every letter again at once, as a visibility timeout that is over would."""

    async def receive(self) -> list[StoredLetter]:
        letters = list(await super().receive())
        await self.give_back([letter.delivery for letter in letters])
        return letters


async def test_more_letters_than_one_receive_are_all_met_once_and_given_back(bench: Bench) -> None:
    for n in range(25):
        await bench.bury(f"order-{n}")

    first = await bench.look()
    again = await bench.look()

    assert {f"order-{n}" for n in range(25)} == set(first.job_ids) == set(again.job_ids)
    assert 25 == len(first.fates) == len(again.fates)
    assert (25, 0, 0, "nothing left") == (
        again.looked.seen_count,
        again.looked.unseen_count,
        again.looked.hidden_count,
        again.looked.ended_by,
    )


async def test_letters_are_chosen_by_reason_job_and_age(bench: Bench) -> None:
    await bench.bury("order-1", reason=Reason.BUG)
    await bench.bury("order-2", reason=Reason.CRASH_LOOP)
    await bench.move(a_job("order-3"))

    assert ["order-1"] == (await bench.look(reason="bug")).job_ids
    assert ["order-2"] == (await bench.look(job_id="order-2")).job_ids
    [(moved, _)] = (await bench.look(reason="moved_by_sqs")).fates
    assert "order-3" == job_id_of(moved, bench.home)
    assert 1 == len((await bench.look(job_id="order-3")).fates)
    assert 0 == len((await bench.look(job_id="order-1", reason="crash_loop")).fates)
    assert 3 == len((await bench.look(newer_than=timedelta(hours=1))).fates)
    assert 0 == len((await bench.look(older_than=timedelta(hours=1))).fates)


async def test_what_a_producer_says_is_not_taken_for_ours_where_sqs_moved_the_job(bench: Bench) -> None:
    await bench.bury("order-1", reason=Reason.BUG)
    [(letter, _)] = (await bench.look()).fates

    moved = StoredLetter(letter.delivery, moved_from="arn:aws:sqs:us-east-1:123456789012:jobs")

    assert ("bug", "moved_by_sqs") == (letter.reason, moved.reason)
    assert ("order-1", None) == (letter.said("job_id"), moved.said("job_id"))


async def test_a_limit_stops_the_look_and_says_that_there_are_more(bench: Bench) -> None:
    for n in range(4):
        await bench.bury(f"order-{n}")

    some = await bench.look(limit=3)
    every = await bench.look(limit=4)

    assert (3, "limit") == (len(some.fates), some.looked.ended_by)
    assert (4, "nothing left") == (len(every.fates), every.looked.ended_by)


async def test_a_group_of_a_fifo_queue_shows_its_first_ten_and_the_rest_is_counted(fifo_bench: Bench) -> None:
    for n in range(13):
        await fifo_bench.bury(f"order-{n}", group_id="orders")

    told = await fifo_bench.look()

    assert [f"order-{n}" for n in range(10)] == told.job_ids
    assert (10, 3) == (told.looked.seen_count, told.looked.unseen_count)


async def test_purging_deletes_what_is_asked_for_and_nothing_else(bench: Bench) -> None:
    await bench.bury("order-1", reason=Reason.BUG)
    await bench.bury("order-2", reason=Reason.CRASH_LOOP)

    told = await bench.look(purging(bench.queue), reason="bug")

    assert [("order-1", Purged())] == [(letter.said("job_id"), fate) for letter, fate in told.fates]
    assert ["order-2"] == [letter.attributes["job_id"] for letter in bench.world.dead_letters()]


async def test_a_letter_that_comes_twice_is_dealt_with_once(bench: Bench) -> None:
    await bench.bury("order-1")
    queue = await opened(bench.world, Forgetful)

    told = await bench.look(queue=queue)

    assert [Listed()] == [fate for _, fate in told.fates]


async def test_letters_are_given_back_when_a_fault_ends_the_look(bench: Bench) -> None:
    for n in range(12):
        await bench.bury(f"order-{n}")

    async def fail(letter: StoredLetter) -> Fate:
        raise ZeroDivisionError(letter.id)

    with pytest.raises(ZeroDivisionError):
        await bench.look(fail)
    assert 12 == len((await bench.look()).fates)
