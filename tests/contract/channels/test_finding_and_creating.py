"""What asking for a channel, making one and listing them comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.channels.conftest import ADMIN, APP, BEARER, CHANNEL, MISSING, PRIVATE, STRANGER, Bench
from worker.contract.reasons import Reason
from worker.contract.targets import Creation, Privacy
from worker.core.directory import ChannelPage, NamedChannel
from worker.core.replies import Cause, NotNow, Refused, Resolved
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
from worker.ports import NewChannel

CREATE, DESCRIBE, LIST = "CreateChannel", "DescribeChannel", "ListChannels"
NEW = f"{APP}/channel/derived"
TROUBLES = [
    pytest.param(THROTTLED, Cause.THROTTLED, id="429"),
    pytest.param(FAILURE, Cause.UNAVAILABLE, id="500"),
    pytest.param(Redirect(), Cause.REDIRECT, id="redirect"),
    pytest.param(LOST_REPLY, Cause.UNAVAILABLE, id="dropped"),
    pytest.param(Drip(interval_s=0.3), Cause.TIMEOUT, id="drip"),
    pytest.param(Refuse(status=403, code="AccessDeniedException"), Cause.ACCESS_DENIED, id="access denied"),
]
BROKEN: list[BrokenBody] = ["truncated", "html", "empty", "no_members", "list"]


def a_channel(**fields: object) -> NewChannel:
    new = NewChannel(
        channel_arn=NEW,
        bearer_arn=BEARER,
        client_request_token="token-1",
        name="Orders of today",
        member_arns=(),
        creation=Creation(privacy="PUBLIC", mode="UNRESTRICTED"),
    )
    return replace(new, **fields)  # type: ignore[arg-type]


def described(bench: Bench, channel_arn: str = NEW) -> dict[str, object]:
    """What Chime says of a channel to an admin."""
    answer = bench.chime.call(DESCRIBE, {"ChannelArn": channel_arn}, bearer=ADMIN)["Channel"]
    assert isinstance(answer, dict)
    return answer


async def listed(bench: Bench, *, privacy: Privacy = "PUBLIC", token: str | None = None) -> ChannelPage:
    page = await bench.channels.list_channels(APP, bearer_arn=ADMIN, privacy=privacy, next_token=token)
    assert isinstance(page, ChannelPage)
    return page


async def test_a_new_channel_is_there_with_its_creator_in_it(bench: Bench) -> None:
    reply = await bench.channels.create_channel(a_channel())

    assert Resolved(NEW) == reply
    assert [BEARER] == bench.chime.members(NEW)
    assert {"Orders of today", "PUBLIC", "UNRESTRICTED"} <= {
        value for value in described(bench).values() if isinstance(value, str)
    }


async def test_everything_that_is_said_of_a_new_channel_arrives(bench: Bench) -> None:
    creation = Creation(
        privacy="PRIVATE", mode="RESTRICTED", metadata="m", moderator_arns=(BEARER, ADMIN), expiration_days=3
    )
    bench.chime.add_user(f"{APP}/user/ana")

    await bench.channels.create_channel(a_channel(creation=creation, member_arns=(BEARER, f"{APP}/user/ana")))

    channel = described(bench)
    assert ("PRIVATE", "RESTRICTED", "m") == (channel["Privacy"], channel["Mode"], channel["Metadata"])
    assert {"ExpirationDays": 3, "ExpirationCriterion": "LAST_MESSAGE_TIMESTAMP"} == channel[
        "ExpirationSettings"
    ]
    assert {BEARER, ADMIN, f"{APP}/user/ana"} == set(bench.chime.members(NEW))
    moderators = bench.chime.call("ListChannelModerators", {"ChannelArn": NEW}, bearer=ADMIN)
    assert ADMIN in str(moderators)


async def test_a_channel_that_is_there_already_is_as_good_and_stays_as_it_is(bench: Bench) -> None:
    await bench.channels.create_channel(a_channel())

    reply = await bench.channels.create_channel(
        a_channel(client_request_token="token-2", name="Another name", bearer_arn=ADMIN)
    )

    assert Resolved(NEW) == reply
    assert "Orders of today" == described(bench)["Name"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"bearer_arn": STRANGER}, Reason.BEARER_INVALID),
        ({"member_arns": (STRANGER,)}, Reason.FORBIDDEN_OR_MISSING_CHANNEL),
        ({"channel_arn": f"{APP}/channel/no such id"}, Reason.BAD_REQUEST),
    ],
    ids=["unknown bearer", "unknown member", "malformed"],
)
async def test_a_channel_that_chime_does_not_let_us_make_is_refused(
    bench: Bench, fields: dict[str, object], reason: Reason
) -> None:
    reply = await bench.channels.create_channel(a_channel(**fields))

    assert isinstance(reply, Refused)
    assert (reason, False) == (reply.reason, reply.repairable)
    assert reply.detail.startswith("channel: Chime does not let the bearer make it: ")
    assert NEW not in bench.chime.channels()


async def test_a_quota_that_is_used_up_is_told(bench: Bench) -> None:
    bench.strike(Refuse(status=400, code="ResourceLimitExceededException", message="too many"), CREATE)

    reply = await bench.channels.create_channel(a_channel())

    assert isinstance(reply, Refused)
    assert "20,000" in reply.detail


async def test_a_refusal_never_shows_the_metadata(bench: Bench) -> None:
    bench.strike(
        Refuse(status=400, code="BadRequestException", message="Cannot take s3cret-metadata"), CREATE
    )
    creation = Creation(privacy="PUBLIC", mode="UNRESTRICTED", metadata="s3cret-metadata")

    reply = await bench.channels.create_channel(a_channel(creation=creation))

    assert isinstance(reply, Refused)
    assert "s3cret" not in reply.detail


@pytest.mark.parametrize(("fault", "cause"), TROUBLES)
async def test_a_creation_that_fails_is_made_again_and_makes_one_channel(
    bench: Bench, fault: Fault, cause: Cause
) -> None:
    bench.strike(fault, CREATE)

    first = await bench.channels.create_channel(a_channel())
    second = await bench.channels.create_channel(a_channel(client_request_token="token-2"))

    assert isinstance(first, NotNow)
    assert (cause, Resolved(NEW)) == (first.cause, second)
    assert 1 == bench.chime.channels().count(NEW)


@pytest.mark.parametrize(
    ("channel_arn", "bearer_arn"), [(CHANNEL, BEARER), (PRIVATE, ADMIN), (CHANNEL, ADMIN)]
)
async def test_a_channel_that_is_there_is_found(bench: Bench, channel_arn: str, bearer_arn: str) -> None:
    assert Resolved(channel_arn) == await bench.channels.describe_channel(channel_arn, bearer_arn=bearer_arn)


@pytest.mark.parametrize(
    ("channel_arn", "bearer_arn", "reason"),
    [
        (MISSING, ADMIN, Reason.FORBIDDEN_OR_MISSING_CHANNEL),
        (PRIVATE, BEARER, Reason.FORBIDDEN_OR_MISSING_CHANNEL),
        (CHANNEL, STRANGER, Reason.BEARER_INVALID),
    ],
    ids=["missing", "private", "unknown bearer"],
)
async def test_a_channel_that_is_not_there_or_not_ours_to_see_is_refused(
    bench: Bench, channel_arn: str, bearer_arn: str, reason: Reason
) -> None:
    reply = await bench.channels.describe_channel(channel_arn, bearer_arn=bearer_arn)

    assert isinstance(reply, Refused)
    assert reason is reply.reason


@pytest.mark.parametrize(("fault", "cause"), TROUBLES)
async def test_a_question_that_fails_says_nothing_of_the_channel(
    bench: Bench, fault: Fault, cause: Cause
) -> None:
    bench.strike(fault, DESCRIBE)
    bench.strike(fault, LIST)

    found = await bench.channels.describe_channel(CHANNEL, bearer_arn=BEARER)
    page = await bench.channels.list_channels(APP, bearer_arn=BEARER, privacy="PUBLIC")

    assert isinstance(found, NotNow)
    assert isinstance(page, NotNow)
    assert {cause} == {found.cause, page.cause}


@pytest.mark.parametrize("body", BROKEN)
async def test_a_broken_answer_proves_nothing(bench: Bench, body: BrokenBody) -> None:
    for operation in (CREATE, DESCRIBE, LIST):
        bench.strike(Broken(body=body), operation)

    replies = [
        await bench.channels.create_channel(a_channel()),
        await bench.channels.describe_channel(CHANNEL, bearer_arn=BEARER),
        await bench.channels.list_channels(APP, bearer_arn=BEARER, privacy="PUBLIC"),
    ]

    assert [Cause.BROKEN_REPLY] * 3 == [reply.cause for reply in replies if isinstance(reply, NotNow)]


async def test_public_and_private_channels_are_listed_apart(bench: Bench) -> None:
    pages = [await listed(bench, privacy="PUBLIC"), await listed(bench, privacy="PRIVATE")]

    assert [
        ChannelPage((NamedChannel(CHANNEL, "orders"),)),
        ChannelPage((NamedChannel(PRIVATE, "private"),)),
    ] == pages


async def test_who_is_no_admin_does_not_list_private_channels(bench: Bench) -> None:
    reply = await bench.channels.list_channels(APP, bearer_arn=BEARER, privacy="PRIVATE")

    assert isinstance(reply, Refused)


async def test_pages_lead_through_all_channels(bench: Bench) -> None:
    for n in range(60):
        bench.chime.add_channel(f"{APP}/channel/more-{n:02}", name=f"Channel {n}")

    first = await listed(bench)
    second = await listed(bench, token=first.next_token)

    assert (50, 11, None) == (len(first.channels), len(second.channels), second.next_token)
    names = {channel.name for channel in (*first.channels, *second.channels)}
    assert {"orders", *(f"Channel {n}" for n in range(60))} == names


async def test_an_app_instance_without_channels_has_an_empty_list(bench: Bench) -> None:
    for channel_arn in (CHANNEL, PRIVATE):
        bench.chime.call("DeleteChannel", {"ChannelArn": channel_arn}, bearer=ADMIN)

    assert ChannelPage(()) == await listed(bench)
