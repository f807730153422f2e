"""Jobs that do not send: each is done once, however often it comes, and whatever happens on the way."""

from __future__ import annotations

from itertools import count

import pytest

from tests.promises.changes import KINDS, a_change, prepared
from tests.support.stage import Stage
from worker.contract.outcome import Outcome
from worker.local.chime.faults import (
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    Broken,
    Drip,
    Fault,
    Refuse,
)

pytestmark = pytest.mark.virtual_time

JOB = "change-1"
REFUSED = Refuse(status=400, code="BadRequestException", message="No")
MADE_BUT_NOT_SAID: dict[str, Fault] = {
    "lost reply": LOST_REPLY,
    "500 although made": FAILURE_AFTER_EFFECT,
    "broken reply": Broken(),
    "silence": Drip(),
}
NOT_MADE: dict[str, Fault] = {"lost request": LOST_REQUEST, "throttled": THROTTLED}

of_each_type = pytest.mark.parametrize("job_type", KINDS)


def body_of(job_type: str, job_id: str = JOB) -> str:
    return a_change(job_id, job_type, **KINDS[job_type].fields)


@of_each_type
async def test_a_change_is_made_and_its_job_is_done(stage: Stage, job_type: str) -> None:
    await prepared(stage)
    assert not KINDS[job_type].is_made(stage)

    stage.enqueue(body_of(job_type))
    await stage.serve()

    assert KINDS[job_type].is_made(stage)
    assert Outcome.DONE is (await stage.end_of(JOB)).outcome
    assert {} == stage.dead_letters()


@of_each_type
async def test_a_change_enqueued_twice_is_made_once(stage: Stage, job_type: str) -> None:
    await prepared(stage)

    stage.enqueue(body_of(job_type), body_of(job_type))
    await stage.serve()
    stage.enqueue(body_of(job_type))
    await stage.serve()

    assert 1 == len(stage.calls(KINDS[job_type].operation))
    assert 1 == (await stage.row(JOB)).revision


@of_each_type
async def test_a_change_that_was_made_by_another_job_is_done_all_the_same(
    stage: Stage, job_type: str
) -> None:
    await prepared(stage)

    stage.enqueue(body_of(job_type))
    await stage.serve()
    stage.enqueue(body_of(job_type, "change-2"))
    await stage.serve()

    assert KINDS[job_type].is_made(stage)
    assert Outcome.DONE is (await stage.end_of("change-2")).outcome


@of_each_type
@pytest.mark.parametrize("fault", MADE_BUT_NOT_SAID.values(), ids=MADE_BUT_NOT_SAID)
async def test_a_change_that_was_made_and_not_confirmed_is_seen_and_not_made_again(
    stage: Stage, job_type: str, fault: Fault
) -> None:
    await prepared(stage)
    stage.strike(fault, KINDS[job_type].operation)

    stage.enqueue(body_of(job_type))
    await stage.serve()

    assert KINDS[job_type].is_made(stage)
    assert 1 == len(stage.calls(KINDS[job_type].operation))
    assert Outcome.DONE is (await stage.end_of(JOB)).outcome


@of_each_type
@pytest.mark.parametrize("fault", NOT_MADE.values(), ids=NOT_MADE)
async def test_a_change_that_was_not_made_is_tried_again(stage: Stage, job_type: str, fault: Fault) -> None:
    await prepared(stage)
    stage.strike(fault, KINDS[job_type].operation, times=2)

    stage.enqueue(body_of(job_type))
    await stage.serve()

    assert KINDS[job_type].is_made(stage)
    assert 3 == len(stage.calls(KINDS[job_type].operation))
    assert Outcome.DONE is (await stage.end_of(JOB)).outcome


@of_each_type
async def test_a_change_that_chime_refuses_becomes_a_dead_letter(stage: Stage, job_type: str) -> None:
    await prepared(stage)
    stage.strike(REFUSED, KINDS[job_type].operation, times=None)

    stage.enqueue(body_of(job_type))
    await stage.serve()

    assert not KINDS[job_type].is_made(stage)
    assert {JOB: "bad_request"} == stage.dead_letters()
    assert 1 == len(stage.calls(KINDS[job_type].operation))


@of_each_type
@pytest.mark.parametrize("fault", [None, LOST_REPLY], ids=["no trouble", "lost reply"])
async def test_killed_at_any_step_of_its_life_a_change_is_still_made(
    job_type: str, fault: Fault | None
) -> None:
    for step in count(1):
        stage = await prepared(Stage())
        if fault:
            stage.strike(fault, KINDS[job_type].operation)

        stage.enqueue(body_of(job_type))
        was_killed = await stage.serve_until_killed(at_step=step)
        await stage.serve()

        assert KINDS[job_type].is_made(stage), f"killed at step {step}"
        assert Outcome.DONE is (await stage.end_of(JOB)).outcome, f"killed at step {step}"
        assert 0 == len(stage.queue), f"killed at step {step}"
        if not was_killed:
            break
    assert step > 8
