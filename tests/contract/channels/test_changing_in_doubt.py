"""What a change comes to whose reply is lost or proves nothing, and what a look can still tell."""

from __future__ import annotations

import pytest

from tests.contract.channels.changing import (
    BEN,
    CASES,
    NEW,
    Case,
    change,
    each_change,
    each_that_names,
    prepared,
)
from tests.contract.channels.conftest import (
    CHANNEL,
    Bench,
)
from worker.adapters.chime_changes import changed_by, seen_by
from worker.contract.requests import AddMembers, CreateChannel
from worker.core.replies import Cause, NoReply, NotNow, Unchanged
from worker.local.chime.faults import (
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    Broken,
    BrokenBody,
    Fault,
    Redirect,
    Refuse,
)


@each_change
@pytest.mark.parametrize("fault", [LOST_REPLY, FAILURE_AFTER_EFFECT], ids=["dropped", "500"])
async def test_a_lost_reply_leaves_doubt_that_a_look_ends(bench: Bench, case: Case, fault: Fault) -> None:
    asked = await prepared(bench, case)
    bench.strike(fault, case.operation)

    reply = await bench.channels.change(asked)

    assert isinstance(reply, NoReply)
    assert case.done == await bench.channels.look_at(asked)


@each_change
@pytest.mark.parametrize("fault", [LOST_REQUEST, Redirect()], ids=["dropped", "redirect"])
async def test_a_lost_request_leaves_doubt_that_a_look_ends(bench: Bench, case: Case, fault: Fault) -> None:
    asked = await prepared(bench, case)
    bench.strike(fault, case.operation)

    reply = await bench.channels.change(asked)

    assert isinstance(reply, NoReply)
    assert Unchanged() == await bench.channels.look_at(asked)


@pytest.mark.parametrize("name", ["update", "redact", "delete channel", "remove"])
async def test_a_conflict_with_what_others_do_leaves_doubt(bench: Bench, name: str) -> None:
    """The message may be in the hand of its channel flow: a look tells, and then it is tried again."""
    case = CASES[name]
    asked = await prepared(bench, case)
    bench.strike(Refuse(status=409, code="ConflictException"), case.operation)

    reply = await bench.channels.change(asked)

    assert isinstance(reply, NoReply)
    assert Cause.CONFLICT is reply.cause


@each_that_names
@pytest.mark.parametrize("body", ["truncated", "no_members"])
async def test_a_reply_that_does_not_name_what_was_changed_leaves_doubt(
    bench: Bench, case: Case, body: BrokenBody
) -> None:
    asked = await prepared(bench, case)
    bench.strike(Broken(body=body), case.operation)

    reply = await bench.channels.change(asked)

    assert isinstance(reply, NoReply)
    assert Cause.BROKEN_REPLY is reply.cause


@each_change
@pytest.mark.parametrize("body", ["truncated", "no_members"])
async def test_a_broken_look_shows_nothing(bench: Bench, case: Case, body: BrokenBody) -> None:
    asked = await prepared(bench, case)
    if isinstance(case.request, CreateChannel | AddMembers):
        await bench.channels.change(asked)  # a refusal would stay as it is
    bench.strike(Broken(body=body), case.look)

    look = await bench.channels.look_at(asked)

    assert isinstance(look, NotNow)
    assert Cause.BROKEN_REPLY is look.cause


@each_change
@pytest.mark.parametrize(
    ("fault", "cause"),
    [(THROTTLED, Cause.THROTTLED), (LOST_REPLY, Cause.UNAVAILABLE)],
    ids=["429", "dropped"],
)
async def test_a_look_that_fails_shows_nothing(bench: Bench, case: Case, fault: Fault, cause: Cause) -> None:
    asked = await prepared(bench, case)
    bench.strike(fault, case.look)

    look = await bench.channels.look_at(asked)

    assert isinstance(look, NotNow)
    assert cause is look.cause


@pytest.mark.parametrize(
    ("name", "answer", "look"),
    [
        ("update", {"ChannelArn": CHANNEL, "MessageId": "m2"}, {"ChannelMessage": {"MessageId": "m2"}}),
        ("redact", {"ChannelArn": NEW, "MessageId": "m1"}, {"ChannelMessage": {"Redacted": True}}),
        ("create channel", {"ChannelArn": CHANNEL}, {"Channel": {"ChannelArn": CHANNEL}}),
        ("add", {}, {"ChannelMembership": {"Member": {"Arn": BEN}}}),
    ],
)
def test_an_answer_about_something_else_proves_nothing(
    name: str, answer: dict[str, object], look: dict[str, object]
) -> None:
    case = CASES[name]
    asked = change(case.request, channel_arn=case.channel_arn, message_id="m1")

    assert isinstance(changed_by(asked, answer), NoReply)
    assert isinstance(seen_by(asked, look), NotNow)
