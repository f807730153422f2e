"""What changing something otherwise than by sending comes to, and what a look at it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.channels.changing import (
    ANA,
    CASES,
    EDITED,
    NEW,
    OF,
    OPEN,
    Case,
    each_change,
    messages,
    prepared,
    the_reason,
)
from tests.contract.channels.conftest import (
    ADMIN,
    BEARER,
    CHANNEL,
    CONTENT,
    STRANGER,
    Bench,
)
from worker.contract.reasons import Reason
from worker.contract.requests import CreateChannel, UpdateMessage
from worker.contract.targets import Creation
from worker.core.replies import Cause, Done, NotNow, Refused, Unchanged
from worker.local.chime.faults import (
    THROTTLED,
    Refuse,
)


@each_change
async def test_a_change_is_made_and_a_look_tells_before_from_after(bench: Bench, case: Case) -> None:
    asked = await prepared(bench, case)
    before = case.state(bench)

    assert Unchanged() == await bench.channels.look_at(asked)
    assert before == case.state(bench)
    assert case.done == await bench.channels.change(asked)
    assert before != case.state(bench)
    assert case.done == await bench.channels.look_at(asked)


async def test_an_update_replaces_content_metadata_and_content_type(bench: Bench) -> None:
    asked = await prepared(bench, CASES["update"])

    await bench.channels.change(asked)
    rich = messages(bench)
    await bench.channels.change(replace(asked, request=UpdateMessage(OF, "Plain", None, None, None)))

    assert [(EDITED.content, EDITED.metadata, EDITED.content_type, "plain")] == rich
    assert [("Plain", None, None, "plain")] == messages(bench)


@pytest.mark.parametrize(
    "other",
    [
        replace(EDITED, content=CONTENT),
        replace(EDITED, metadata="other"),
        replace(EDITED, metadata=None),
        replace(EDITED, content_type=None),
    ],
    ids=["content", "metadata", "no metadata", "no content type"],
)
async def test_another_update_is_not_taken_for_this_one(bench: Bench, other: UpdateMessage) -> None:
    asked = await prepared(bench, CASES["update"])
    await bench.channels.change(asked)

    look = await bench.channels.look_at(replace(asked, request=other))

    assert Unchanged() == look


@each_change
async def test_a_change_made_twice_is_made_once(bench: Bench, case: Case) -> None:
    """Of what is gone Chime may say that it is forbidden; where it says NotFound, that is a success."""
    bench.chime.switches = replace(bench.chime.switches, missing="NotFoundException", tokens="ignored")
    asked = await prepared(bench, case)

    first = await bench.channels.change(asked)
    after = case.state(bench)
    second = await bench.channels.change(asked)

    assert (case.done, case.done) == (first, second)
    assert after == case.state(bench)


@pytest.mark.parametrize("case", [CASES["delete"], CASES["remove"]], ids=["delete", "remove"])
async def test_a_removal_that_is_forbidden_since_nothing_is_left_is_told_by_a_look(
    bench: Bench, case: Case
) -> None:
    asked = await prepared(bench, case)
    await bench.channels.change(asked)

    again = await bench.channels.change(asked)

    assert (Reason.FORBIDDEN_OR_MISSING_CHANNEL, False) == the_reason(again)
    assert case.done == await bench.channels.look_at(asked)


async def test_a_channel_that_is_there_is_as_good_as_made_and_stays_as_it_is(bench: Bench) -> None:
    asked = replace(await prepared(bench, CASES["create channel"]), channel_arn=CHANNEL)

    reply = await bench.channels.change(asked)

    assert Done(1) == reply
    assert ANA not in bench.chime.members(CHANNEL)


async def test_everything_that_is_said_of_a_channel_arrives(bench: Bench) -> None:
    creation = Creation(
        privacy="PRIVATE", mode="RESTRICTED", metadata="m", moderator_arns=(ADMIN,), expiration_days=3
    )
    asked = await prepared(bench, CASES["create channel"])
    request = CreateChannel(creation, (ANA, BEARER), "DEFAULT")

    await bench.channels.change(replace(asked, request=request))

    channel = bench.chime.call("DescribeChannel", {"ChannelArn": NEW}, bearer=ADMIN)["Channel"]
    assert isinstance(channel, dict)
    assert {
        "Name": "Orders of today",
        "Privacy": "PRIVATE",
        "Mode": "RESTRICTED",
        "Metadata": "m",
        "ExpirationSettings": {"ExpirationDays": 3, "ExpirationCriterion": "LAST_MESSAGE_TIMESTAMP"},
    }.items() <= channel.items()
    assert {BEARER, ADMIN, ANA} == set(bench.chime.members(NEW))


@each_change
async def test_a_change_turned_away_at_the_door_is_no_doubt(bench: Bench, case: Case) -> None:
    asked = await prepared(bench, case)
    bench.strike(THROTTLED, case.operation)
    throttled = await bench.channels.change(asked)
    bench.strike(Refuse(status=403, code="AccessDeniedException"), case.operation)
    denied = await bench.channels.change(asked)

    assert isinstance(throttled, NotNow)
    assert isinstance(denied, NotNow)
    assert (Cause.THROTTLED, Cause.ACCESS_DENIED) == (throttled.cause, denied.cause)


@pytest.mark.parametrize(
    ("name", "bearer_arn", "repairable"),
    [
        ("update", ADMIN, True),  # not its own: joining does not help, but Chime says no more than this
        ("redact", ANA, True),
        ("delete", BEARER, False),
        ("delete channel", BEARER, False),
        ("add", ANA, True),
        ("remove", BEARER, False),
    ],
)
async def test_who_may_not_is_refused_and_joins_only_where_that_may_help(
    bench: Bench, name: str, bearer_arn: str, repairable: bool
) -> None:
    asked = replace(await prepared(bench, CASES[name]), bearer_arn=bearer_arn)
    before = CASES[name].state(bench)

    reply = await bench.channels.change(asked)

    assert (Reason.FORBIDDEN_OR_MISSING_CHANNEL, repairable) == the_reason(reply)
    assert before == CASES[name].state(bench)


async def test_a_channel_with_a_member_that_chime_does_not_know_is_refused(bench: Bench) -> None:
    asked = await prepared(bench, CASES["create channel"])

    reply = await bench.channels.change(
        replace(asked, request=CreateChannel(OPEN, (ANA, STRANGER), "DEFAULT"))
    )

    assert (Reason.FORBIDDEN_OR_MISSING_CHANNEL, False) == the_reason(reply)


@each_change
async def test_a_bearer_that_chime_does_not_know_neither_changes_nor_looks(bench: Bench, case: Case) -> None:
    asked = replace(await prepared(bench, case), bearer_arn=STRANGER)

    replies = [await bench.channels.change(asked), await bench.channels.look_at(asked)]

    assert [(Reason.BEARER_INVALID, False)] * 2 == [the_reason(reply) for reply in replies]


async def test_no_text_of_an_update_comes_out_with_a_refusal(bench: Bench) -> None:
    asked = await prepared(bench, CASES["update"])
    said = f"Bad: {EDITED.content}"
    bench.strike(Refuse(status=400, code="BadRequestException", message=said), "UpdateChannelMessage")

    reply = await bench.channels.change(asked)

    assert isinstance(reply, Refused)
    assert EDITED.content not in reply.detail
    assert EDITED.content not in repr(asked)
