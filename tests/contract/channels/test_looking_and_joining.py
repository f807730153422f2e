"""What a look and a join come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.contract.channels.conftest import (
    ADMIN,
    BEARER,
    CHANNEL,
    CONTENT,
    MISSING,
    PRIVATE,
    STRANGER,
    Bench,
    outgoing,
)
from worker.contract.reasons import Reason
from worker.core.evidence import Page, found_in
from worker.core.replies import Cause, Joined, NotNow, Refused, Sent
from worker.local.chime.clock import WallClock
from worker.local.chime.faults import (
    FAILURE,
    LOST_REPLY,
    THROTTLED,
    Broken,
    BrokenBody,
    Drip,
    Fault,
    Redirect,
    Refuse,
)

LIST, JOIN = "ListChannelMessages", "CreateChannelMembership"


async def page(bench: Bench, *, not_before: datetime | None = None, next_token: str | None = None) -> Page:
    found = await bench.channels.list_messages(
        CHANNEL, bearer_arn=BEARER, not_before=not_before, next_token=next_token
    )
    assert isinstance(found, Page)
    return found


async def test_an_empty_channel_is_an_empty_page(bench: Bench) -> None:
    assert Page(()) == await page(bench)


async def test_a_look_shows_who_sent_which_job(bench: Bench) -> None:
    sent = await bench.channels.send(outgoing())

    found = await page(bench)

    assert isinstance(sent, Sent)
    seen = found_in(found, None, markers=frozenset({"MARKER1"}), sender_arn=BEARER)
    assert seen is not None
    assert sent.message_id == seen.message_id
    assert found_in(found, None, markers=frozenset({"MARKER1"}), sender_arn=ADMIN) is None
    assert found_in(found, None, markers=frozenset({"MARKER2"}), sender_arn=BEARER) is None


async def test_a_message_without_attributes_is_listed_without_a_marker(bench: Bench) -> None:
    await bench.channels.send(replace(outgoing(), marker=None))

    [listed] = (await page(bench)).messages

    assert () == listed.markers


async def test_a_redacted_message_is_still_listed(bench: Bench) -> None:
    sent = await bench.channels.send(outgoing())
    assert isinstance(sent, Sent)
    params = {"ChannelArn": CHANNEL, "MessageId": sent.message_id}
    bench.chime.call("RedactChannelMessage", params, bearer=BEARER)

    [listed] = (await page(bench)).messages

    assert sent.message_id == listed.message_id


async def test_pages_lead_back_from_the_newest_to_the_oldest(bench: Bench) -> None:
    for n in range(60):
        await bench.channels.send(outgoing(n))

    first = await page(bench)
    second = await page(bench, next_token=first.next_token)

    assert (50, 10) == (len(first.messages), len(second.messages))
    assert second.next_token is None
    markers = [one.markers[0] for one in (*first.messages, *second.messages)]
    assert [f"MARKER{n}" for n in reversed(range(60))] == markers


async def test_a_look_goes_back_no_further_than_it_was_told_to(bench: Bench) -> None:
    await bench.channels.send(outgoing())

    later = WallClock().now() + timedelta(minutes=1)

    assert Page(()) == await page(bench, not_before=later)
    assert len((await page(bench, not_before=later - timedelta(hours=1))).messages) == 1


@pytest.mark.parametrize(
    ("channel_arn", "bearer_arn", "reason", "repairable"),
    [
        (MISSING, BEARER, Reason.FORBIDDEN_OR_MISSING_CHANNEL, True),
        (PRIVATE, BEARER, Reason.FORBIDDEN_OR_MISSING_CHANNEL, True),
        (CHANNEL, STRANGER, Reason.BEARER_INVALID, False),
    ],
    ids=["missing", "private", "unknown bearer"],
)
async def test_a_look_can_be_refused(
    bench: Bench, channel_arn: str, bearer_arn: str, reason: Reason, repairable: bool
) -> None:
    reply = await bench.channels.list_messages(channel_arn, bearer_arn=bearer_arn, not_before=None)

    assert isinstance(reply, Refused)
    assert (reason, repairable) == (reply.reason, reply.repairable)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        pytest.param(THROTTLED, Cause.THROTTLED, id="429"),
        pytest.param(FAILURE, Cause.UNAVAILABLE, id="500"),
        pytest.param(Refuse(status=409, code="ConflictException"), Cause.CONFLICT, id="409"),
        pytest.param(Redirect(), Cause.REDIRECT, id="redirect"),
        pytest.param(LOST_REPLY, Cause.UNAVAILABLE, id="dropped"),
        pytest.param(Drip(interval_s=0.3), Cause.TIMEOUT, id="drip"),
    ],
)
async def test_a_look_that_fails_proves_nothing(bench: Bench, fault: Fault, cause: Cause) -> None:
    await bench.channels.send(outgoing())
    bench.strike(fault, LIST)

    reply = await bench.channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)

    assert isinstance(reply, NotNow)
    assert cause is reply.cause


@pytest.mark.parametrize("body", ["truncated", "html", "empty", "no_members", "list"])
async def test_a_broken_list_is_not_an_empty_one(bench: Bench, body: BrokenBody) -> None:
    """Taken for an empty page, it would prove absence, and the message would be sent twice."""
    await bench.channels.send(outgoing())
    bench.strike(Broken(body=body), LIST)

    reply = await bench.channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)

    assert isinstance(reply, NotNow)
    assert reply.cause is Cause.BROKEN_REPLY


async def test_an_admin_joins_and_can_send(bench: Bench) -> None:
    reply = await bench.channels.join(PRIVATE, bearer_arn=ADMIN, sub_channel_id=None)
    sent = await bench.channels.send(outgoing(channel_arn=PRIVATE, bearer_arn=ADMIN))

    assert Joined() == reply
    assert isinstance(sent, Sent)
    assert [CONTENT] == bench.stored(PRIVATE)


async def test_a_member_joins_too(bench: Bench) -> None:
    assert Joined() == await bench.channels.join(CHANNEL, bearer_arn=BEARER, sub_channel_id=None)


async def test_a_channel_that_is_not_there_cannot_be_joined(bench: Bench) -> None:
    reply = await bench.channels.join(MISSING, bearer_arn=ADMIN, sub_channel_id=None)

    assert isinstance(reply, Refused)
    assert (Reason.CHANNEL_NOT_FOUND, False) == (reply.reason, reply.repairable)


async def test_a_channel_that_does_not_let_the_bearer_in_is_refused_for_good(bench: Bench) -> None:
    reply = await bench.channels.join(PRIVATE, bearer_arn=BEARER, sub_channel_id=None)

    assert isinstance(reply, Refused)
    assert (Reason.FORBIDDEN_OR_MISSING_CHANNEL, False) == (reply.reason, reply.repairable)


async def test_a_full_channel_is_refused_with_the_limits_that_may_be_reached(bench: Bench) -> None:
    bench.strike(Refuse(status=400, code="ResourceLimitExceededException", message="too many"), JOIN)

    reply = await bench.channels.join(PRIVATE, bearer_arn=ADMIN, sub_channel_id=None)

    assert isinstance(reply, Refused)
    assert reply.reason is Reason.FORBIDDEN_OR_MISSING_CHANNEL
    assert "10,000" in reply.detail
    assert "20,000" in reply.detail


@pytest.mark.parametrize(
    ("fault", "cause"),
    [(THROTTLED, Cause.THROTTLED), (FAILURE, Cause.UNAVAILABLE), (LOST_REPLY, Cause.UNAVAILABLE)],
    ids=["429", "500", "dropped"],
)
async def test_a_join_that_fails_is_tried_again_later(bench: Bench, fault: Fault, cause: Cause) -> None:
    bench.strike(fault, JOIN)

    reply = await bench.channels.join(PRIVATE, bearer_arn=ADMIN, sub_channel_id=None)

    assert isinstance(reply, NotNow)
    assert cause is reply.cause
