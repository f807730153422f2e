"""Every end is told (contract, section 5): recorded, published, and only then does the delivery leave."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.jobs import a_job
from tests.support.mortal import Life
from tests.support.stage import HOME, Stage
from worker.contract.outcome_body import OutcomeBody
from worker.core.row import to_json
from worker.local.chime.faults import FAILURE, Refuse
from worker.ports import Attribute

pytestmark = pytest.mark.virtual_time

ACCESS_DENIED = Refuse(code="AccessDeniedException", status=403, message="not authorized")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def publishing(stage: Stage) -> None:
    stage.policy = replace(stage.policy, publishes=True)


async def test_an_outcome_says_all_that_the_contract_names(stage: Stage) -> None:
    attributes = {"traceparent": Attribute("String", TRACE)}
    stage.queue.enqueue(a_job(context={"order": [8812, None]}), attributes=attributes)

    await stage.serve()

    [told] = stage.published()
    OutcomeBody.model_validate_json(json.dumps(told), strict=False)
    assert {
        "version": 1,
        "job_id": "order-8812",
        "outcome": "delivered",
        "final": True,
        "revision": 1,
        "channel_arn": HOME.channel_arn("orders"),
        "message_id": (await stage.row()).message_id,
        "attempts": 1,
        "received_at": told["received_at"],
        "finished_at": told["finished_at"],
        "context": {"order": [8812, None]},
        "traceparent": TRACE,
    } == told


async def test_a_delivery_leaves_the_queue_only_after_its_outcome_is_published(stage: Stage) -> None:
    stage.trouble["outcomes"] = "before"
    stage.enqueue(a_job())

    await stage.serve_for(120)

    assert [] == stage.published()
    assert 1 == len(stage.queue)
    stage.trouble.clear()
    await stage.serve()
    assert ["delivered"] == [one["outcome"] for one in stage.published()]
    assert 1 == len(stage.messages())


@pytest.mark.parametrize("at_step", range(1, 18))
async def test_no_crash_swallows_an_outcome(stage: Stage, at_step: int) -> None:
    stage.enqueue(a_job())
    await stage.serve_until_killed(at_step=at_step)

    await stage.serve()

    assert ("delivered", 1) in [(one["outcome"], one["revision"]) for one in stage.published()]
    assert 1 == len(stage.messages())


@pytest.mark.parametrize("at_step", range(1, 14))
async def test_no_crash_swallows_the_outcome_of_a_body_that_is_rejected(stage: Stage, at_step: int) -> None:
    stage.enqueue(a_job(unknown="field"))
    await stage.serve_until_killed(at_step=at_step)

    await stage.serve()

    assert {("rejected", 1)} == {(one["outcome"], one["revision"]) for one in stage.published()}
    assert {"invalid_job"} == {letter.attributes["reason"].value for letter in stage.queue.dead_letters}


async def test_a_failing_target_pauses_the_intake_and_loses_nothing(stage: Stage) -> None:
    stage.trouble["outcomes"] = "after"
    stage.enqueue(*(a_job(f"job-{n}") for n in range(5)))

    async with stage.serving() as worker:
        await stage.until(lambda: worker.gear.intake.cause == "outcomes")
        stage.trouble.clear()
        await stage.until(stage.is_empty)
        assert worker.gear.intake.cause is None

    assert all(stage.published(f"job-{n}") for n in range(5))


async def test_an_ended_job_that_comes_again_is_answered_as_a_duplicate(stage: Stage) -> None:
    stage.enqueue(a_job(context="first"))
    await stage.serve()

    stage.enqueue(a_job(context="again"))
    await stage.serve()

    first, again = stage.published()
    assert (1, "delivered", True, "again") == (
        again["revision"],
        again["outcome"],
        again["duplicate"],
        again["context"],
    )
    assert "duplicate" not in first


async def test_a_redelivery_after_the_end_is_answered_as_a_duplicate(stage: Stage) -> None:
    [message_id] = stage.enqueue(a_job())
    stage.queue.duplicate(message_id)

    await stage.serve()

    assert [False, True] == ["duplicate" in one for one in stage.published()]


async def test_a_body_that_is_no_job_has_an_outcome_without_a_job_id(stage: Stage) -> None:
    stage.enqueue("no json")

    await stage.serve()

    told = json.loads(stage.outcomes.published[0].body)
    assert (None, "rejected", "unreadable") == (told["job_id"], told["outcome"], told["reason"])


async def test_an_outcome_that_comes_home_ends_quietly(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    [told] = stage.published()

    stage.enqueue(json.dumps(told))
    await stage.serve()

    assert 1 == len(stage.outcomes.published)
    [letter] = stage.queue.dead_letters
    assert "not_a_job" == letter.attributes["reason"].value


async def test_each_new_end_of_a_redriven_job_has_a_higher_revision(stage: Stage) -> None:
    stage.policy = replace(stage.policy, max_attempts=1)
    stage.enqueue(a_job())
    stage.strike(FAILURE)
    await stage.serve()

    stage.queue.enqueue(
        stage.queue.dead_letters.pop().body, attributes={"redrive_count": Attribute("Number", "1")}
    )
    await stage.serve()

    assert [("exhausted", 1), ("delivered", 2)] == [
        (one["outcome"], one["revision"]) for one in stage.published()
    ]
    row = await stage.row()
    assert 1 == row.redrives
    assert "redriven" in [entry.event for entry in row.history]


async def test_an_id_conflict_does_not_take_the_place_of_the_other_jobs_outcome(stage: Stage) -> None:
    stage.enqueue(a_job(content="one"))
    await stage.serve()
    stage.enqueue(a_job(content="another"))
    await stage.serve()

    first, conflict = stage.published()
    assert ("rejected", "id_conflict") == (conflict["outcome"], conflict["reason"])
    assert first["revision"] > conflict["revision"]


async def test_an_id_conflict_while_the_other_job_waits_does_not_take_its_place_either(stage: Stage) -> None:
    stage.strike(ACCESS_DENIED, times=None)
    stage.enqueue(a_job(content="one"))
    async with stage.serving():
        await stage.until(lambda: any(row.claim is None for row in stage.rows))  # it went back for longer
        stage.enqueue(a_job(content="another"))
        await stage.until(lambda: bool(stage.published()))
        stage.chime.faults.clear()
        await stage.until(stage.is_empty)

    conflict, end = stage.published()
    assert ("id_conflict", "delivered") == (conflict["reason"], end["outcome"])
    assert end["revision"] > conflict["revision"]


async def test_the_ledger_keeps_the_context_until_the_last_outcome_is_published(stage: Stage) -> None:
    stage.enqueue(a_job(context={"secret": 1}))

    await stage.serve()

    assert '{"secret":1}' == stage.rows[0].context
    assert (await stage.row()).context is None


async def test_without_a_target_nothing_is_kept_and_nothing_is_told(stage: Stage) -> None:
    stage.policy = replace(stage.policy, publishes=False)
    stage.enqueue(a_job(context=1))

    await stage.serve()

    assert {None} == {row.context for row in stage.rows}
    assert [] == stage.outcomes.published


async def test_a_worker_that_is_killed_while_the_target_is_out_leaves_the_outcome_to_the_next(
    stage: Stage,
) -> None:
    stage.trouble["outcomes"] = "before"
    stage.enqueue(a_job())
    async with stage.serving(life=(life := Life())) as worker:
        await stage.until(lambda: worker.gear.intake.cause == "outcomes")
        life.dead.set()
        worker.task.cancel()

    stage.trouble.clear()
    await stage.serve()

    assert [True] == [one.get("duplicate") for one in stage.published()]


async def test_a_trace_context_that_is_none_takes_no_room_in_the_ledger(stage: Stage) -> None:
    """DynamoDB takes 400 KB a row, SQS 1 MB of attributes: too long a row would look like an outage."""
    stage.queue.enqueue(a_job(), attributes={"traceparent": Attribute("String", "0" * 500_000)})

    await stage.serve()

    assert max(len(to_json(row)) for row in stage.rows) < 2_000
    assert "traceparent" not in stage.published()[0]
