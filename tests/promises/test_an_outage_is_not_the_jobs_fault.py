"""Guarantee 4. What fails for everybody uses up no attempt of anybody; what fails alone comes to an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.stage import CHANNELS, LIST, SEND, Stage
from worker.contract.outcome import Outcome
from worker.core.row import Ended
from worker.local.chime.errors import INVALID_BEARER, UNKNOWN_BEARER
from worker.local.chime.faults import (
    FAILURE,
    LOST_REPLY,
    THROTTLED,
    UNAVAILABLE,
    Fault,
    Redirect,
    Refuse,
)
from worker.local.memory_inbox import InboxCall

pytestmark = pytest.mark.virtual_time

NOT_THE_JOBS_FAULT: dict[str, Fault] = {
    "throttled": THROTTLED,
    "access denied": Refuse(status=403, code="AccessDeniedException", message="not authorized to perform"),
    "unauthorized": Refuse(status=401, code="UnauthorizedClientException", message="Unauthorized"),
    "expired credentials": Refuse(status=403, code="ExpiredTokenException", message="expired"),
    "clock skew": Refuse(status=403, code="InvalidSignatureException", message="Signature expired"),
    "redirect": Redirect(),
    "the worker's own bearer": Refuse(status=400, code="BadRequestException", message=INVALID_BEARER),
}
OUTAGES: dict[str, Fault] = {
    "unavailable": UNAVAILABLE,
    "failing": FAILURE,
    "silent": LOST_REPLY,
    **{name: NOT_THE_JOBS_FAULT[name] for name in ("access denied", "redirect")},
}


def by_name(faults: dict[str, Fault]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fault", faults.values(), ids=faults.keys())


@by_name(NOT_THE_JOBS_FAULT)
async def test_no_attempt_counts_for_what_is_not_the_jobs_fault(stage: Stage, fault: Fault) -> None:
    stage.policy = replace(stage.policy, max_attempts=1)
    stage.enqueue(a_job("order-1"), a_job("alert-1", channel="alerts"))
    stage.strike(fault, channel="orders", times=4)

    await stage.serve()

    assert [text_of("order-1")] == stage.messages()
    assert 5 == len(stage.calls(channel="orders"))
    assert 1 == (await stage.row("order-1")).attempts


@by_name(OUTAGES)
async def test_after_an_outage_of_ten_minutes_every_job_is_delivered_once(stage: Stage, fault: Fault) -> None:
    job_ids = [f"order-{n}" for n in range(40)]
    stage.enqueue(
        *[a_job(job_id, channel="orders" if n % 2 else "alerts") for n, job_id in enumerate(job_ids)]
    )
    for operation in (SEND, LIST):
        stage.strike(fault, operation, times=None)

    async with stage.serving():
        await stage.passes(600)
        stage.chime.faults.clear()
        await stage.until(lambda: len(stage.queue) == 0)

    messages = [*stage.messages("orders"), *stage.messages("alerts")]
    assert sorted(map(text_of, job_ids)) == sorted(filter(None, messages))
    assert {} == stage.dead_letters()


@pytest.mark.parametrize(
    "latency_s",
    [
        pytest.param(3.0, id="failing slowly"),
        pytest.param(0.02, id="failing at once"),
    ],
)
async def test_an_outage_of_sends_exhausts_no_job_although_looks_succeed(
    stage: Stage, latency_s: float
) -> None:
    stage.latency_s = latency_s
    job_ids = [f"order-{n}" for n in range(60)]
    stage.enqueue(*[a_job(job_id, channel=CHANNELS[n % 3]) for n, job_id in enumerate(job_ids)])
    stage.strike(FAILURE, times=None)

    async with stage.serving():
        await stage.passes(600)
        stage.chime.faults.clear()
        await stage.until(lambda: len(stage.queue) == 0)

    assert {} == stage.dead_letters()
    assert 60 == sum(len(stage.messages(channel)) for channel in CHANNELS)


async def test_a_storm_of_429s_uses_up_no_attempt_and_is_over_soon_after_its_end(stage: Stage) -> None:
    job_ids = [f"order-{n}" for n in range(30)]
    stage.enqueue(*[a_job(job_id, channel=CHANNELS[n % 3]) for n, job_id in enumerate(job_ids)])
    stage.strike(THROTTLED, times=None)

    async with stage.serving():
        await stage.passes(20)
        stage.chime.faults.clear()
        await stage.until(lambda: len(stage.queue) == 0)

    assert {} == stage.dead_letters()
    assert {1} == {row.attempts for row in stage.rows if isinstance(row.state, Ended)}
    assert stage.last_stored_at_s() < 20 + 10


async def test_a_job_that_fails_alone_ends_and_the_others_are_delivered(stage: Stage) -> None:
    others = [f"alert-{n}" for n in range(20)]
    stage.enqueue(a_job("order-1"), *[a_job(job_id, channel="alerts") for job_id in others])
    stage.strike(FAILURE, channel="orders", times=None)

    await stage.serve()

    assert {"order-1": "attempts_exhausted"} == stage.dead_letters()
    assert 8 == len(stage.calls(channel="orders"))
    assert set(map(text_of, others)) == set(stage.messages("alerts"))


async def test_a_job_that_fails_when_no_other_was_tried_ends_if_it_can_be_looked_for(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(FAILURE, times=None)

    await stage.serve()

    assert {"order-8812": "attempts_exhausted"} == stage.dead_letters()
    assert 8 == len(stage.calls())


async def test_a_job_that_cannot_be_sent_nor_looked_for_goes_on_waiting(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(FAILURE, times=None)
    stage.strike(UNAVAILABLE, LIST, times=None)

    await stage.serve()

    assert 1 == len(stage.queue)
    assert {} == stage.dead_letters()


async def test_a_jobs_own_bearer_that_chime_does_not_know_ends_only_that_job(stage: Stage) -> None:
    stage.enqueue(a_job("order-1", bearer="unknown"), a_job("order-2"))

    await stage.serve()

    assert {"order-1": "bearer_invalid"} == stage.dead_letters()
    assert [text_of("order-2")] == stage.messages()


async def test_what_chime_says_of_our_own_bearer_ends_no_job(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(Refuse(status=403, code="ForbiddenException", message=UNKNOWN_BEARER), times=5)

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages()
    assert Outcome.DELIVERED == (await stage.end_of()).outcome


@pytest.mark.parametrize("call", ["receive", "delete", "change_visibility"])
async def test_a_queue_that_cannot_be_used_for_ten_minutes_costs_nothing_but_time(
    stage: Stage, call: InboxCall
) -> None:
    job_ids = [f"order-{n}" for n in range(20)]
    stage.trouble[call] = "before"

    async with stage.serving():
        stage.enqueue(*map(a_job, job_ids))
        await stage.passes(600)
        del stage.trouble[call]
        await stage.until(lambda: len(stage.queue) == 0, within_s=90)

    assert 0 == len(stage.queue)
    assert sorted(map(text_of, job_ids)) == sorted(filter(None, stage.messages()))


async def test_the_intake_is_open_again_seconds_after_the_queue_is(stage: Stage) -> None:
    stage.trouble["receive"] = "before"

    async with stage.serving() as worker:
        await stage.passes(60)
        assert "queue" == worker.gear.intake.cause
        stage.enqueue(a_job())
        del stage.trouble["receive"]
        await stage.until(lambda: len(stage.queue) == 0)

    assert stage.stored_at_s(text_of("order-8812")) < 60 + 6
