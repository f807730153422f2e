"""Section 4: bodies that mean the same are one job; its id is for another only if nothing went out."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.contract_job.wrappings import event_bridge, sns
from tests.support.clock import START
from tests.support.jobs import a_job, text_of
from tests.support.stage import HOME, Stage
from worker.contract.outcome import Outcome
from worker.local.chime.faults import LOST_REPLY, Refuse

pytestmark = pytest.mark.virtual_time

REFUSED = Refuse(status=400, code="BadRequestException", message="No")


SPELLINGS = {
    "the same": a_job(),
    "white space and order": json.dumps(dict(reversed(json.loads(a_job()).items())), indent=4),
    "defaults written out": a_job(type="send_message", persistence="PERSISTENT", bearer=None),
    "the channel's ARN": a_job(channel=HOME.channel_arn("orders")),
    "another context": a_job(context={"try": 2}),
    "another window": a_job(not_after=(START + timedelta(hours=3)).isoformat()),
    "wrapped": json.dumps(sns(a_job())),
    "wrapped twice": json.dumps(event_bridge(sns(a_job()))),
}
OTHERS = {
    "content": a_job(content="another text"),
    "channel": a_job(channel="alerts"),
    "channel by name": a_job(channel={"name": "orders"}),
    "metadata": a_job(metadata={"a": 1}),
    "persistence": a_job(persistence="NON_PERSISTENT"),
    "bearer": a_job(bearer="somebody"),
}


@pytest.mark.parametrize("body", SPELLINGS.values(), ids=SPELLINGS)
async def test_the_same_job_in_another_spelling_is_a_duplicate(stage: Stage, body: str) -> None:
    stage.enqueue(a_job())
    await stage.serve()

    stage.enqueue(body)
    await stage.serve()

    assert [text_of("order-8812")] == stage.messages()
    assert {} == stage.dead_letters()
    assert 1 == (await stage.row()).revision


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
async def test_another_job_under_the_id_of_one_that_was_sent_is_a_conflict(stage: Stage, body: str) -> None:
    stage.enqueue(a_job())
    await stage.serve()

    stage.enqueue(body)
    await stage.serve()

    assert ([text_of("order-8812")], []) == (stage.messages(), stage.messages("alerts"))
    assert {"order-8812": "id_conflict"} == stage.dead_letters()
    assert Outcome.DELIVERED is (await stage.end_of()).outcome


async def test_another_job_under_the_id_of_one_in_doubt_is_a_conflict(stage: Stage) -> None:
    """It may be in its channel, and is: the conflict is found before the doubt is settled."""
    stage.strike(LOST_REPLY)
    stage.enqueue(a_job(), a_job(channel="alerts", content="another text"))

    await stage.serve()

    assert ([text_of("order-8812")], []) == (stage.messages(), stage.messages("alerts"))
    assert ["id_conflict"] == list(stage.dead_letters().values())


@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS)
async def test_a_dead_letter_of_which_nothing_went_out_may_be_mended_under_its_id(
    stage: Stage, body: str
) -> None:
    stage.strike(REFUSED)
    stage.enqueue(a_job())
    await stage.serve()

    stage.enqueue(body)
    await stage.serve()

    assert {"order-8812": "bad_request"} == stage.dead_letters()
    assert 1 == len(stage.messages()) + len(stage.messages("alerts"))
    row = await stage.row()
    assert (Outcome.DELIVERED, 2) == ((await stage.end_of()).outcome, row.revision)


async def test_a_body_that_was_never_a_job_may_be_mended_under_its_id(stage: Stage) -> None:
    stage.enqueue(a_job(content="x" * 4097))
    await stage.serve()

    stage.enqueue(a_job())
    await stage.serve()

    assert {"order-8812": "content_too_large"} == stage.dead_letters()
    assert [text_of("order-8812")] == stage.messages()


async def test_a_name_that_led_nowhere_may_be_mended_under_its_id(stage: Stage) -> None:
    stage.enqueue(a_job(channel={"name": "Orders"}))
    await stage.serve()

    stage.enqueue(a_job(channel={"name": "orders"}))
    await stage.serve()

    assert {"order-8812": "channel_not_found"} == stage.dead_letters()
    assert [text_of("order-8812")] == stage.messages()


async def test_an_expired_job_may_be_enqueued_again_with_more_time(stage: Stage) -> None:
    stage.enqueue(a_job(not_after=(START - timedelta(seconds=1)).isoformat()))
    await stage.serve()
    assert [] == stage.messages()

    stage.enqueue(a_job(not_after=(START + timedelta(hours=3)).isoformat()))
    await stage.serve()

    assert [text_of("order-8812")] == stage.messages()
