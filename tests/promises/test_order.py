"""Guarantee 3. In hand, jobs of a channel go out as received; FIFO keeps its order through everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from tests.support.clock import START
from tests.support.jobs import a_job, text_of
from tests.support.recorded_inbox import Shown
from tests.support.stage import Stage
from worker.local.chime.faults import FAILURE, LOST_REPLY, LOST_REQUEST, THROTTLED, Fault, Refuse

pytestmark = pytest.mark.virtual_time

JOBS = [f"order-{n}" for n in range(6)]
TEXTS = [text_of(job_id) for job_id in JOBS]
SETBACKS: dict[str, Fault] = {
    "failure": FAILURE,
    "lost reply": LOST_REPLY,
    "lost request": LOST_REQUEST,
    "throttled": THROTTLED,
}
REFUSED = Refuse(status=400, code="BadRequestException", message="No")


def instant(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


async def test_the_jobs_of_a_channel_are_sent_in_the_order_of_their_receipt(stage: Stage) -> None:
    stage.enqueue(*map(a_job, JOBS))

    await stage.serve()

    assert TEXTS == stage.messages()


@pytest.mark.parametrize("setback", SETBACKS.values(), ids=SETBACKS.keys())
async def test_followers_wait_in_hand_for_a_job_that_must_be_tried_again(
    stage: Stage, setback: Fault
) -> None:
    stage.enqueue(*map(a_job, JOBS))
    stage.strike(setback, first=2)

    await stage.serve()

    assert TEXTS == stage.messages()


@pytest.mark.parametrize("setback", SETBACKS.values(), ids=SETBACKS.keys())
async def test_a_fifo_group_keeps_its_order_through_retries(fifo_stage: Stage, setback: Fault) -> None:
    fifo_stage.enqueue(*map(a_job, JOBS))
    fifo_stage.strike(setback, times=4)
    fifo_stage.strike(setback, first=2, times=2)

    await fifo_stage.serve()

    assert TEXTS == fifo_stage.messages()


async def test_a_fifo_group_that_goes_back_to_the_queue_keeps_its_order(fifo_stage: Stage) -> None:
    fifo_stage.enqueue(a_job(JOBS[0], not_before=instant(90)), *map(a_job, JOBS[1:]))

    await fifo_stage.serve()

    assert TEXTS == fifo_stage.messages()
    assert 90 <= fifo_stage.stored_at_s(TEXTS[0]) < 95


async def test_a_fifo_group_that_goes_back_shows_its_head_last_so_that_it_stays_blocked(
    fifo_stage: Stage,
) -> None:
    head, *followers = fifo_stage.enqueue(a_job(JOBS[0], not_before=instant(90)), *map(a_job, JOBS[1:]))

    await fifo_stage.serve_for(5)

    assert [*followers, head] == [record.message_id for record in fifo_stage.inbox.records]
    assert [Shown(0)] == fifo_stage.inbox.told_of(followers[0])
    assert [Shown(90)] == fifo_stage.inbox.told_of(head)


async def test_a_fifo_group_keeps_its_order_across_workers_that_are_killed() -> None:
    for step in count(1):
        stage = Stage(fifo=True)
        stage.enqueue(*map(a_job, JOBS[:3]))
        stage.strike(LOST_REPLY, first=2)

        was_killed = await stage.serve_until_killed(at_step=step)
        await stage.serve()

        assert TEXTS[:3] == stage.messages(), f"killed at step {step}"
        if not was_killed:
            break
    assert step > 15


async def test_a_fifo_group_does_not_wait_for_another(fifo_stage: Stage) -> None:
    fifo_stage.strike(FAILURE, channel="orders", times=3)
    fifo_stage.enqueue(a_job("slow"), group="orders")
    fifo_stage.enqueue(a_job("quick", channel="alerts"), group="alerts")

    await fifo_stage.serve()

    assert fifo_stage.stored_at_s(text_of("quick"), "alerts") < 1
    assert fifo_stage.stored_at_s(text_of("slow")) > 10


@pytest.mark.parametrize("make", [lambda: Stage(fifo=True), Stage], ids=["fifo", "standard"])
async def test_a_dead_letter_gives_up_its_place(make: Callable[[], Stage]) -> None:
    stage = make()
    stage.enqueue(*map(a_job, JOBS))
    stage.strike(REFUSED)

    await stage.serve()

    assert TEXTS[1:] == stage.messages()
    assert {JOBS[0]: "bad_request"} == stage.dead_letters()
    assert stage.stored_at_s(TEXTS[-1]) < 1


async def test_a_body_that_is_no_job_does_not_hold_up_its_group(fifo_stage: Stage) -> None:
    fifo_stage.enqueue("no job", a_job("order-0"))

    await fifo_stage.serve()

    assert [TEXTS[0]] == fifo_stage.messages()
    assert ["unreadable"] == [each.attributes["reason"].value for each in fifo_stage.queue.dead_letters]


async def test_on_a_standard_queue_a_job_that_is_not_due_keeps_nobody_waiting(stage: Stage) -> None:
    stage.enqueue(a_job("early", not_before=instant(90)), a_job("late"))

    await stage.serve()

    assert [text_of("late"), text_of("early")] == stage.messages()
    assert stage.stored_at_s(text_of("late")) < 1
    assert 90 <= stage.stored_at_s(text_of("early")) < 95
