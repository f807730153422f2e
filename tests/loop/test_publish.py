"""Outcomes are published before their deliveries leave, in batches, through the outages of their target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random

import pytest
from structlog.typing import EventDict

from worker.core.notice import Notice
from worker.local.memory_outcomes import MemoryOutcomes, OutcomesTrouble
from worker.loop.intake import Intake
from worker.loop.publish import NotPublished, Publisher
from worker.loop.stopping import Stopping

pytestmark = pytest.mark.virtual_time


def a_notice(name: object, *, group_id: str | None = None) -> Notice:
    return Notice(
        body=str(name),
        outcome="delivered",
        reason=None,
        channel_arn=None,
        finished_at=datetime(2030, 1, 1, tzinfo=UTC),
        group_id=group_id or str(name),
        deduplication_id=str(name),
    )


class SlowOutcomes(MemoryOutcomes):
    """A target that takes a second for a call, or *call_s*, and remembers the calls."""

    call_s = 1.0

    def __init__(self, trouble: Callable[[], OutcomesTrouble | None] = lambda: None) -> None:
        super().__init__(trouble=trouble)
        self.calls: list[list[str]] = []
        self.answered: asyncio.Queue[None] = asyncio.Queue()

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        self.calls.append([notice.body for notice in notices])
        await asyncio.sleep(self.call_s)
        self.answered.put_nowait(None)
        return await super().publish(notices)

    @property
    def bodies(self) -> list[str]:
        return [notice.body for notice in self.published]


class Office:
    """A publisher with what it needs; *troubles* befall its target's calls, one after the other."""

    def __init__(self, *troubles: OutcomesTrouble | None, always: OutcomesTrouble | None = None) -> None:
        coming = iter(troubles)
        self.target = SlowOutcomes(lambda: next(coming, always))
        self.intake = Intake()
        self.stopping = Stopping()
        self.publisher = Publisher(self.target, intake=self.intake, stopping=self.stopping, rng=Random(1))

    async def publish(self, *notices: Notice) -> None:
        async with asyncio.TaskGroup() as callers:
            for notice in notices:
                callers.create_task(self.publisher.publish(notice))


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_without_a_target_nobody_waits() -> None:
    publisher = Publisher(None, intake=Intake(), stopping=Stopping(), rng=Random(1))
    began_at = now()

    await publisher.publish(a_notice("a"))

    assert began_at == now()


async def test_a_single_outcome_is_published_at_once() -> None:
    office = Office()
    began_at = now()

    await office.publisher.publish(a_notice("a"))

    assert ["a"] == office.target.bodies
    assert 1 == now() - began_at  # the call itself


async def test_who_comes_during_a_call_shares_the_next_ones_ten_at_most() -> None:
    office = Office()

    await office.publish(*(a_notice(n) for n in range(21)))

    assert [1, 10, 10] == [len(call) for call in office.target.calls]
    assert [str(n) for n in range(21)] == office.target.bodies


async def test_two_of_a_group_are_never_in_one_call() -> None:
    """If the first were refused and the second taken, readers would see them in the wrong order."""
    office = Office(None, "partly")
    in_channel = [a_notice(n, group_id="channel") for n in range(3)]

    await office.publish(a_notice("first"), a_notice("other"), *in_channel)

    assert ["first", "other", "0", "1", "2"] == office.target.bodies
    assert [["first"], ["other", "0"], ["0"], ["1"], ["2"]] == office.target.calls


async def test_what_was_refused_inside_an_answer_is_published_again_and_nothing_else() -> None:
    office = Office(None, "partly")

    await office.publish(*(a_notice(name) for name in "abcd"))

    assert [["a"], ["b", "c", "d"], ["c"]] == office.target.calls
    assert office.intake.cause is None


async def test_an_outage_pauses_the_intake_until_an_outcome_is_taken(log_lines: list[EventDict]) -> None:
    office = Office("before", "before", "before")

    async with asyncio.TaskGroup() as callers:
        callers.create_task(office.publisher.publish(a_notice("a")))
        await asyncio.sleep(1.5)
        assert "outcomes" == office.intake.cause

    assert ["a"] == office.target.bodies
    assert office.intake.cause is None
    assert ["outcomes.unreachable", "outcomes.reachable"] == [line["event"] for line in log_lines]


async def test_a_target_that_refuses_each_outcome_by_itself_is_out_as_well() -> None:
    office = Office()
    refuses_all = office.target.publish

    async def refuse(notices: Sequence[Notice]) -> Sequence[int]:
        await refuses_all([])
        return range(len(notices))

    office.target.publish = refuse  # type: ignore[method-assign]

    with pytest.raises(NotPublished):
        await office.publisher.publish(a_notice("a"))

    assert "outcomes" == office.intake.cause


async def test_a_lost_answer_repeats_the_very_same_publication() -> None:
    office = Office("after")

    await office.publisher.publish(a_notice("a"))

    assert ["a", "a"] == [notice.deduplication_id for notice in office.target.published]


async def test_after_a_minute_the_callers_give_up_and_are_told_so() -> None:
    office = Office(always="before")
    began_at = now()

    with pytest.raises(ExceptionGroup) as raised:
        await office.publish(*(a_notice(n) for n in range(30)))

    assert raised.group_contains(NotPublished)
    assert 60 <= now() - began_at <= 67  # the last pause and the last call included
    assert 10 < len(office.target.calls) < 60  # they back off together, not each for himself


async def test_a_stop_shortens_the_patience_to_five_seconds() -> None:
    office = Office(always="before")
    office.target.call_s = 0.01
    office.stopping.request()
    began_at = now()

    with pytest.raises(NotPublished):
        await office.publisher.publish(a_notice("a"))

    assert 5 <= now() - began_at <= 5.1
    assert 3 <= len(office.target.calls) <= 20


async def test_a_stop_wakes_who_waits_for_the_next_try() -> None:
    troubles: list[OutcomesTrouble] = ["before"] * 8
    office = Office(*troubles)

    async with asyncio.TaskGroup() as callers:
        callers.create_task(office.publisher.publish(a_notice("a")))
        for _ in troubles:
            await office.target.answered.get()
        stopped_at = now()
        office.stopping.request()

    assert ["a"] == office.target.bodies
    assert 1 == now() - stopped_at  # the call itself


async def test_who_makes_the_call_may_be_cancelled_and_the_next_one_makes_it() -> None:
    office = Office()

    async with asyncio.TaskGroup() as callers:
        first = callers.create_task(office.publisher.publish(a_notice("a")))
        callers.create_task(office.publisher.publish(a_notice("b")))
        callers.create_task(office.publisher.publish(a_notice("c")))
        await asyncio.sleep(0.5)
        first.cancel()

    assert ["b", "c"] == office.target.bodies
    assert [["a"], ["b", "c"]] == office.target.calls


async def test_who_waits_may_be_cancelled_and_takes_the_outcome_along() -> None:
    office = Office("before")

    async with asyncio.TaskGroup() as callers:
        callers.create_task(office.publisher.publish(a_notice("a")))
        waiting = callers.create_task(office.publisher.publish(a_notice("b")))
        await asyncio.sleep(0.5)
        waiting.cancel()

    assert ["a"] == office.target.bodies
