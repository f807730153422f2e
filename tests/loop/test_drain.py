"""Stopping: what is begun is finished, what is not begun is given back at once, and nothing stays hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from tests.support.jobs import a_job, text_of
from tests.support.recorded_inbox import Deleted, Shown
from tests.support.stage import Stage
from worker.local.chime.faults import LOST_REPLY, LOST_REQUEST, Drip, Slow
from worker.local.memory_inbox import MemoryInbox
from worker.ports import Delivery

pytestmark = pytest.mark.virtual_time


async def test_an_idle_worker_stops_when_its_poll_is_over(stage: Stage) -> None:
    async with stage.serving() as worker:
        await stage.passes(13)
        worker.stop()
        assert await worker.ended()

    assert 20 == stage.clock.elapsed_s()


async def test_what_the_last_poll_brings_is_released_at_once(stage: Stage) -> None:
    async with stage.serving() as worker:
        await stage.passes(3)
        worker.stop()
        [message_id] = stage.enqueue(a_job())
        assert await worker.ended()

    assert [Shown(0)] == stage.inbox.told_of(message_id)
    assert 0 == stage.queue.in_flight
    assert [] == stage.calls()


async def test_what_is_begun_is_finished_and_what_is_not_is_given_back(stage: Stage) -> None:
    first, *others = stage.enqueue(*[a_job(f"order-{n}") for n in range(5)])
    stage.strike(Slow(delay_s=6))

    async with stage.serving() as worker:
        await stage.passes(1)
        worker.stop()
        assert await worker.ended()

    assert [text_of("order-0")] == stage.messages()
    assert [Deleted()] == stage.inbox.told_of(first)
    assert [Shown(0)] * 4 == [stage.inbox.told_of(message_id)[0] for message_id in others]
    assert stage.settled_at_s(others[0]) < 1.2, "followers are not to wait for the drain's end"
    assert 0 == stage.queue.in_flight


async def test_a_job_in_doubt_is_given_back_with_its_doubt(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST)
    async with stage.serving() as worker:
        await stage.passes(5)
        worker.stop()
        await worker.ended()
    assert 0 == stage.queue.in_flight
    assert "unclear" == (await stage.row()).state.kind

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages()
    assert 10 < stage.stored_at_s(text_of("order-8812"))


async def test_the_drain_limit_ends_what_hangs_and_gives_it_back(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    stage.limits = replace(stage.limits, drain_s=5)
    [message_id] = stage.enqueue(a_job())
    stage.strike(Drip())

    async with stage.serving() as worker:
        await stage.passes(1)
        worker.stop()
        assert not await worker.ended()

    assert 6 == pytest.approx(stage.clock.elapsed_s(), abs=0.1)
    assert [Shown(0)] == stage.inbox.told_of(message_id)
    assert "worker.drain_cut_short" in [line["event"] for line in log_lines]
    await stage.serve()
    assert [text_of("order-8812")] == stage.messages()


async def test_a_second_stop_cuts_the_drain_short(stage: Stage) -> None:
    [message_id] = stage.enqueue(a_job())
    stage.strike(Drip())

    async with stage.serving() as worker:
        await stage.passes(1)
        worker.stop()
        await stage.passes(2)
        worker.stop()
        assert not await worker.ended()

    assert 3 == pytest.approx(stage.clock.elapsed_s(), abs=0.1)
    assert [Shown(0)] == stage.inbox.told_of(message_id)


async def test_a_stop_before_anything_was_received_is_clean(stage: Stage) -> None:
    stage.enqueue(a_job())

    async with stage.serving() as worker:
        worker.stop()
        assert await worker.ended()

    assert 1 == len(stage.queue)
    assert 0 == stage.queue.in_flight


async def test_jobs_that_wait_for_a_turn_are_given_back_at_once(stage: Stage) -> None:
    stage.limits = replace(stage.limits, bearer_rate_per_s=0.2)
    message_ids = stage.enqueue(
        a_job("order-1"), a_job("alert-1", channel="alerts"), a_job("n", channel="news")
    )

    async with stage.serving() as worker:
        await stage.passes(1)
        worker.stop()
        await stage.until(lambda: stage.queue.in_flight == 0, within_s=5)
        released_at_s = stage.clock.elapsed_s()

    assert released_at_s < 1.2
    assert 1 == len(stage.calls())
    assert 2 == sum(Shown(0) in stage.inbox.told_of(message_id) for message_id in message_ids)


async def test_a_fifo_group_is_given_back_behind_its_head() -> None:
    stage = Stage(fifo=True)
    stage.enqueue(*[a_job(f"order-{n}") for n in range(6)])
    stage.strike(LOST_REPLY, first=2)

    for _ in range(6):
        async with stage.serving() as worker:
            await stage.passes(0.15)
            worker.stop()
            await worker.ended()
    await stage.serve()

    assert [text_of(f"order-{n}") for n in range(6)] == stage.messages()


class DyingInbox(MemoryInbox):
    """An inbox whose third receive meets a fault of ours."""

    receives = 0

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        self.receives += 1
        if self.receives == 3:
            raise ZeroDivisionError
        return await super().receive(limit, wait_s=min(1, wait_s))


async def test_an_internal_task_that_dies_ends_the_service_loudly_and_releases_what_is_in_hand(
    stage: Stage,
) -> None:
    stage.enqueue(*[a_job(f"order-{n}") for n in range(5)])
    stage.strike(Drip())
    stage.watch(DyingInbox(stage.queue))

    with pytest.raises(ExceptionGroup) as failure:
        async with stage.serving() as worker:
            await worker.ended()

    assert failure.group_contains(ZeroDivisionError)
    assert 5 == len(stage.queue)
    assert 0 == stage.queue.in_flight


async def test_a_job_that_could_not_begin_for_want_of_the_ledger_is_given_back_at_once(stage: Stage) -> None:
    """Nothing of it is on its way to Chime: the drain has nothing to wait for."""
    stage.enqueue(a_job())
    stage.trouble["ledger"] = "before"

    async with stage.serving() as worker:
        await stage.passes(15)
        worker.stop()
        assert await worker.ended()

    assert stage.clock.elapsed_s() < 15 + 10, "no more than a last poll, or a last try"
    assert [] == stage.calls()
