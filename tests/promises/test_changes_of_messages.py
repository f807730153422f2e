"""Changes of earlier messages: they find what another job sent, wait for it, and come in order behind it."""

from __future__ import annotations

import pytest

from tests.promises.changes import ORDERS, a_change, an_update, prepared
from tests.support.jobs import a_job, text_of
from tests.support.stage import BEARER, DAY_S, SEND, Stage
from worker.contract.outcome import Outcome
from worker.local.chime.faults import LOST_REPLY, LOST_REQUEST, THROTTLED, FaultRule, Refuse

pytestmark = pytest.mark.virtual_time

UPDATE, REDACT, DELETE = "UpdateChannelMessage", "RedactChannelMessage", "DeleteChannelMessage"
MINUTES_5_S = 300.0
REFUSED = Refuse(status=400, code="BadRequestException", message="No")


def states(stage: Stage) -> list[tuple[str | None, str]]:
    """What stands in orders, and whether it is redacted."""
    return [(message.content, message.state) for message in stage.chime.messages(ORDERS)]


async def test_three_hundred_updates_racing_their_sends_each_land_once_and_behind_it(stage: Stage) -> None:
    numbers = range(300)
    for fault, operation in ((LOST_REPLY, SEND), (LOST_REQUEST, UPDATE), (THROTTLED, UPDATE)):
        stage.chime.faults.add(FaultRule(fault, operation=operation, times=10, probability=0.05))
    for n in numbers:
        stage.enqueue(a_job(f"send-{n}"), an_update(f"update-{n}", of=f"send-{n}", content=f"new {n}"))

    await stage.serve()

    assert sorted(f"new {n}" for n in numbers) == sorted(filter(None, stage.messages()))
    assert {} == stage.dead_letters()
    assert {Outcome.DONE} == {(await stage.end_of(f"update-{n}")).outcome for n in numbers}
    for kind in ("send", "update"):
        assert {1} == {(await stage.row(f"{kind}-{n}")).revision for n in numbers}


async def test_the_jobs_of_a_channel_are_done_in_the_order_of_their_receipt_whatever_they_do(
    stage: Stage,
) -> None:
    stage.enqueue(
        a_job("one"),
        an_update("two", of="one"),
        a_job("three"),
        a_change("four", "redact_message", message_of="one"),
        a_change("five", "delete_message", message_of="three"),
        a_job("six"),
    )
    stage.strike(LOST_REQUEST, UPDATE)
    stage.strike(LOST_REPLY, REDACT)

    await stage.serve()

    changes = [call.operation for call in stage.chime.calls.latest if call.operation in DONE_IN_ORDER]
    assert DONE_IN_ORDER == changes
    assert [(None, "redacted"), (text_of("six"), "plain")] == states(stage)


DONE_IN_ORDER = [SEND, UPDATE, UPDATE, SEND, REDACT, DELETE, SEND]
"""The update is made twice: its first request is lost."""


async def test_an_update_that_overtook_its_send_waits_for_it(stage: Stage) -> None:
    stage.enqueue(an_update("update", of="late"))

    async with stage.serving():
        await stage.passes(120)
        stage.enqueue(a_job("late"))
        await stage.until(stage.is_empty)

    assert [("changed", "plain")] == states(stage)
    assert Outcome.DONE is (await stage.end_of("update")).outcome


async def test_an_update_received_before_its_send_lets_it_pass(stage: Stage) -> None:
    """On a standard queue both may come in one poll, in the wrong order: the lane may not lock itself."""
    stage.enqueue(an_update("update", of="late"), a_job("late"), a_job("other"))

    await stage.serve()

    assert [("changed", "plain"), (text_of("other"), "plain")] == states(stage)
    assert stage.stored_at_s("changed") < 5


async def test_an_update_without_its_send_is_given_up_after_five_minutes(stage: Stage) -> None:
    [message_id] = stage.enqueue(an_update("update", of="never"))

    await stage.serve()

    assert {"update": "unknown_message"} == stage.dead_letters()
    assert 0.99 * MINUTES_5_S < stage.settled_at_s(message_id) < 1.3 * MINUTES_5_S
    assert 'job "never" is not in the ledger' in str((await stage.end_of("update")).detail)


async def test_on_a_fifo_queue_an_update_in_front_of_its_send_is_given_up_and_the_send_goes_out(
    fifo_stage: Stage,
) -> None:
    """Its group keeps its order: what comes behind it cannot come first."""
    fifo_stage.enqueue(an_update("update", of="late"), a_job("late"))

    await fifo_stage.serve()

    assert {"update": "unknown_message"} == fifo_stage.dead_letters()
    assert [text_of("late")] == fifo_stage.messages()


async def test_an_update_of_a_send_in_doubt_waits_until_that_is_settled(stage: Stage) -> None:
    stage.enqueue(a_job("first"), an_update("update", of="first"))
    stage.strike(LOST_REQUEST)

    await stage.serve()

    assert [("changed", "plain")] == states(stage)
    assert stage.stored_at_s("changed") > 10


async def test_an_update_of_a_rejected_send_is_rejected(stage: Stage) -> None:
    stage.strike(REFUSED)
    stage.enqueue(a_job("first"), an_update("update", of="first"))

    await stage.serve()

    assert {"first": "bad_request", "update": "unknown_message"} == stage.dead_letters()
    assert 'job "first" ended as rejected' in str((await stage.end_of("update")).detail)


async def test_a_change_of_what_sends_no_message_is_rejected(stage: Stage) -> None:
    await prepared(stage)

    stage.enqueue(an_update("one", of="first"), an_update("two", of="one"))
    await stage.serve()

    assert {"two": "unknown_message"} == stage.dead_letters()


async def test_a_change_in_another_channel_than_its_message_is_rejected(stage: Stage) -> None:
    await prepared(stage)

    stage.enqueue(an_update("update", of="first", channel="alerts"))
    await stage.serve()

    assert {"update": "unknown_message"} == stage.dead_letters()
    assert [text_of("first")] == stage.messages()


@pytest.mark.parametrize(
    ("job_type", "left"),
    [("redact_message", [(None, "redacted")]), ("delete_message", [])],
)
async def test_a_message_is_redacted_or_deleted_by_its_message_id(
    stage: Stage, job_type: str, left: list[tuple[str | None, str]]
) -> None:
    await prepared(stage)
    message_id = (await stage.row("first")).message_id

    stage.enqueue(a_change("change", job_type, message_of={"message_id": message_id}))
    await stage.serve()

    assert left == states(stage)
    assert Outcome.DONE is (await stage.end_of("change")).outcome


async def test_a_message_id_that_chime_does_not_know_is_no_message_to_update(stage: Stage) -> None:
    stage.enqueue(an_update("update", of={"message_id": "0" * 64}))

    await stage.serve()

    assert {"update"} == set(stage.dead_letters())
    assert [] == stage.messages()


async def test_the_update_that_came_last_stands(stage: Stage) -> None:
    await prepared(stage)
    stage.strike(LOST_REPLY, UPDATE)
    stage.strike(LOST_REQUEST, UPDATE, first=2)

    stage.enqueue(*(an_update(f"update-{n}", of="first", content=f"version {n}") for n in range(5)))
    await stage.serve()

    assert [("version 4", "plain")] == states(stage)


async def test_an_update_of_a_message_that_was_deleted_meanwhile_ends_without_one(stage: Stage) -> None:
    await prepared(stage)
    message_id = (await stage.row("first")).message_id
    stage.chime.call(DELETE, {"ChannelArn": ORDERS, "MessageId": message_id}, bearer=BEARER)

    stage.enqueue(an_update("update", of="first"))
    await stage.serve_for(DAY_S / 24)

    assert {"update"} == set(stage.dead_letters())
