"""Guarantee 1. Killed, cut off or throttled: the job is still in the queue, or a dead letter, or finished."""

from __future__ import annotations

from itertools import count

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.stage import LIST, Stage, Tokens
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.outcome import Outcome
from worker.core.row import Row
from worker.local.chime.faults import (
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    UNAVAILABLE,
    Fault,
    Refuse,
)

pytestmark = pytest.mark.virtual_time

TROUBLES: dict[str, Fault | None] = {
    "no trouble": None,
    "lost reply": LOST_REPLY,
    "lost request": LOST_REQUEST,
    "500 although stored": FAILURE_AFTER_EFFECT,
    "throttled": THROTTLED,
}
REFUSED = Refuse(status=400, code="BadRequestException", message="No")


class BrokenLedger(MemoryLedger):
    """A ledger with a bug."""

    async def put(self, row: Row) -> Row | None:
        raise ZeroDivisionError


async def test_a_job_becomes_a_message_and_leaves_the_queue(stage: Stage) -> None:
    stage.enqueue(a_job("order-1"))

    await stage.serve()

    assert [text_of("order-1")] == stage.messages()
    assert 0 == len(stage.queue)
    assert Outcome.DELIVERED == (await stage.end_of("order-1")).outcome


@pytest.mark.parametrize("tokens", ["honoured", "ignored"])
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
async def test_killed_at_any_step_of_its_life_a_job_still_becomes_one_message(
    tokens: Tokens, trouble: Fault | None
) -> None:
    for step in count(1):
        stage = Stage(tokens=tokens)
        stage.enqueue(a_job())
        if trouble:
            stage.strike(trouble)

        was_killed = await stage.serve_until_killed(at_step=step)
        await stage.serve()

        assert [text_of("order-8812")] == stage.messages(), f"killed at step {step}"
        assert 0 == len(stage.queue), f"killed at step {step}"
        if not was_killed:
            break
    assert step > 8


async def test_killed_at_any_step_a_refused_job_still_becomes_a_dead_letter() -> None:
    for step in count(1):
        stage = Stage()
        stage.enqueue(a_job())
        stage.strike(REFUSED, times=None)

        was_killed = await stage.serve_until_killed(at_step=step)
        await stage.serve()

        assert {"order-8812": "bad_request"} == stage.dead_letters(), f"killed at step {step}"
        assert 0 == len(stage.queue), f"killed at step {step}"
        if not was_killed:
            break
    assert step > 10


async def test_a_job_stays_in_the_queue_until_its_dead_letter_is_safe(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(REFUSED)
    stage.trouble["dead_letter"] = "before"

    await stage.serve_for(120)
    assert 1 == len(stage.queue)
    assert {} == stage.dead_letters()

    del stage.trouble["dead_letter"]
    await stage.serve()
    assert {"order-8812": "bad_request"} == stage.dead_letters()


async def test_with_a_ledger_that_cannot_be_written_nothing_is_sent_until_it_can(stage: Stage) -> None:
    stage.enqueue(*[a_job(f"order-{n}") for n in range(30)])
    stage.trouble["ledger"] = "before"

    async with stage.serving() as worker:
        await stage.passes(300)
        assert [] == stage.calls()
        assert "ledger" == worker.gear.intake.cause
        del stage.trouble["ledger"]
        await stage.until(lambda: len(stage.queue) == 0)

    assert {text_of(f"order-{n}") for n in range(30)} == set(stage.messages())


async def test_a_ledger_whose_answers_are_lost_loses_and_doubles_nothing(stage: Stage) -> None:
    stage.enqueue(*[a_job(f"order-{n}") for n in range(5)])
    stage.trouble["ledger"] = "after"

    async with stage.serving():
        await stage.passes(45)
        del stage.trouble["ledger"]
        await stage.until(lambda: len(stage.queue) == 0)

    assert {text_of(f"order-{n}") for n in range(5)} == set(stage.messages())
    assert 5 == len(stage.messages())


async def test_a_receive_whose_answer_is_lost_only_hides_its_jobs_for_a_while(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.trouble["receive"] = "after"

    async with stage.serving():
        await stage.until(lambda: stage.queue.in_flight == 1)
        del stage.trouble["receive"]
        await stage.until(lambda: len(stage.queue) == 0)

    assert [text_of("order-8812")] == stage.messages()
    assert 60 <= stage.stored_at_s(text_of("order-8812")) < 75


async def test_a_job_that_the_queue_is_about_to_drop_becomes_a_dead_letter(tokens: Tokens) -> None:
    stage = Stage(tokens=tokens, retention_s=600)
    stage.enqueue(a_job())
    stage.strike(THROTTLED, times=None)

    await stage.serve()

    assert {"order-8812": "retention_ending"} == stage.dead_letters()


async def test_a_job_in_doubt_that_is_dropped_so_is_looked_for_before_it_is_ever_sent_again(
    tokens: Tokens,
) -> None:
    stage = Stage(tokens=tokens, retention_s=600)
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)
    stage.strike(UNAVAILABLE, LIST, times=None)
    await stage.serve()
    assert {"order-8812": "retention_ending"} == stage.dead_letters()

    stage.chime.faults.clear()
    stage.enqueue(a_job())  # a redrive
    await stage.serve()

    assert [text_of("order-8812")] == stage.messages()
    assert 1 == len(stage.calls())


async def test_a_job_that_meets_a_fault_of_ours_is_kept_and_after_ten_receives_buried(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.ledger = BrokenLedger(stage.clock, retention_s=1000)

    await stage.serve()

    assert {"order-8812": "bug"} == stage.dead_letters()
    assert 11 == len(stage.inbox.told_of(stage.queue.dead_letters[0].deduplication_id))
