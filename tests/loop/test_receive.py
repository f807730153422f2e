"""Receiving: no more than the hand can hold, more receivers for a backlog, probes while something is out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.stage import Stage
from worker.local.chime.faults import Slow
from worker.loop.limits import Limits
from worker.loop.receive import CannotLook

pytestmark = pytest.mark.virtual_time


async def test_an_idle_worker_polls_alone_and_long(stage: Stage) -> None:
    await stage.serve_for(95)

    assert [(10, 10)] * 10 == stage.inbox.polls


async def test_a_poll_is_always_shorter_than_the_drain(stage: Stage) -> None:
    stage.limits = replace(stage.limits, drain_s=4)

    await stage.serve_for(10)

    assert {(10, 3)} == set(stage.inbox.polls)


async def test_a_backlog_calls_for_more_receivers_and_its_end_sends_them_home(stage: Stage) -> None:
    stage.limits = replace(stage.limits, bearer_rate_per_s=1000, channel_rate_per_s=1000)
    stage.chime.switches = replace(stage.chime.switches, rates="off")
    stage.enqueue(*[a_job(f"order-{n}") for n in range(200)])

    await stage.serve_for(60)

    without_waiting = [limit for limit, wait_s in stage.inbox.polls if wait_s == 0]
    assert 200 == len(stage.messages())
    assert len(without_waiting) >= 3
    assert [(10, 10)] * 5 == stage.inbox.polls[-5:]


async def test_the_hand_holds_no_more_than_half_a_visibility_timeout_of_sending(stage: Stage) -> None:
    stage.limits = replace(stage.limits, bearer_rate_per_s=1)
    stage.enqueue(*[a_job(f"order-{n}", channel=("orders", "alerts")[n % 2]) for n in range(100)])

    async with stage.serving():
        for _ in range(10):
            await stage.passes(1)
            assert stage.queue.in_flight <= 30


@pytest.mark.parametrize(
    ("limits", "rate_per_s", "size"),
    [
        (Limits(concurrency=64, visibility_timeout_s=60), 10, 256),
        (Limits(concurrency=64, visibility_timeout_s=60), 2, 60),
        (Limits(concurrency=2, visibility_timeout_s=60), 10, 8),
        (Limits(concurrency=64, visibility_timeout_s=60), 0.001, 1),
    ],
)
def test_the_size_of_the_hand_follows_slots_and_rate(limits: Limits, rate_per_s: float, size: int) -> None:
    assert size == limits.hand_size(rate_per_s)


async def test_a_full_hand_is_not_received_into(stage: Stage) -> None:
    stage.limits = replace(stage.limits, concurrency=1)
    stage.enqueue(*[a_job(f"order-{n}") for n in range(20)])
    stage.strike(Slow(delay_s=5))

    async with stage.serving():
        await stage.passes(1.5)
        assert 4 == stage.queue.in_flight
        await stage.until(lambda: len(stage.queue) == 0)

    assert [text_of(f"order-{n}") for n in range(20)] == stage.messages()


async def test_a_paused_intake_probes_with_a_single_job_and_does_not_poll_long(stage: Stage) -> None:
    stage.enqueue(*[a_job(f"order-{n}") for n in range(50)])
    stage.trouble["ledger"] = "before"

    async with stage.serving():
        await stage.passes(5)
        polls_before = len(stage.inbox.polls)
        await stage.passes(60)
        probes = stage.inbox.polls[polls_before:]

    assert {(1, 0)} == set(probes)
    assert 10 <= len(probes) <= 14


async def test_a_burst_ends_once_two_long_polls_brought_nothing(stage: Stage) -> None:
    stage.enqueue(*[a_job(f"order-{n}") for n in range(25)])

    async with stage.serving("drained") as worker:
        assert await worker.ended()

    assert 25 == len(stage.messages())
    assert 10 == pytest.approx(stage.clock.elapsed_s(), abs=1)


async def test_a_burst_does_not_end_while_a_job_is_in_hand(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.trouble["ledger"] = "after"
    stage.strike(Slow(delay_s=9))

    async with stage.serving("drained") as worker:
        await stage.passes(12)
        del stage.trouble["ledger"]
        assert await worker.ended()

    assert 0 == len(stage.queue)


@pytest.mark.parametrize("part", ["receive", "ledger"])
async def test_a_burst_that_cannot_look_says_so(stage: Stage, part: str) -> None:
    stage.enqueue(*[a_job(f"order-{n}") for n in range(10)])
    stage.trouble["receive" if part == "receive" else "ledger"] = "before"

    with pytest.raises(ExceptionGroup) as failure:
        async with stage.serving("drained") as worker:
            await worker.ended()

    assert failure.group_contains(CannotLook)
