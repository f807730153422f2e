"""One change of each kind, and what it takes to tell that it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.contract.channels.conftest import ADMIN, APP, BEARER, CHANNEL, Bench, outgoing
from worker.contract.reasons import Reason
from worker.contract.requests import (
    AddMembers,
    ChangeRequest,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    OfMessage,
    RedactMessage,
    RemoveMembers,
    UpdateMessage,
)
from worker.contract.targets import Creation
from worker.core.replies import Done, Refused, Sent
from worker.ports import Change

NEW = f"{APP}/channel/derived"
ANA, BEN = f"{APP}/user/ana", f"{APP}/user/ben"
OF = OfMessage("")
"""The MessageId is in the change: it is known only once the message was sent."""
EDITED = UpdateMessage(OF, "Order 8812 has arrived: Zoë", '{"order":8812}', "text/plain", None)
REDACT, DELETE = RedactMessage(OF, None), DeleteMessage(OF, None)
OPEN = Creation(privacy="PUBLIC", mode="UNRESTRICTED")
BATCH = "BatchCreateChannelMembership"


NOBODY = Done()


@dataclass(frozen=True, slots=True)
class Case:
    """A change, who makes it, and how what it changed can be told from what was there before."""

    request: ChangeRequest
    operation: str
    look: str
    state: Callable[[Bench], object]
    bearer_arn: str = ADMIN
    channel_arn: str = CHANNEL
    done: Done = NOBODY


def messages(bench: Bench) -> object:
    """All that can change of the channel's messages."""
    return [(m.content, m.metadata, m.content_type, m.state) for m in bench.chime.messages(CHANNEL)]


def members(bench: Bench) -> object:
    return bench.chime.members(CHANNEL)


def channels(bench: Bench) -> object:
    return bench.chime.channels()


MESSAGE, MEMBER, ROOM = "GetChannelMessage", "DescribeChannelMembership", "DescribeChannel"
CASES = {
    "update": Case(EDITED, "UpdateChannelMessage", MESSAGE, messages, bearer_arn=BEARER),
    "redact": Case(REDACT, "RedactChannelMessage", MESSAGE, messages, bearer_arn=BEARER),
    "delete": Case(DELETE, "DeleteChannelMessage", MESSAGE, messages),
    "create channel": Case(
        CreateChannel(OPEN, (ANA,), "DEFAULT"), "CreateChannel", ROOM, channels, BEARER, NEW, Done(1)
    ),
    "delete channel": Case(DeleteChannel(), "DeleteChannel", ROOM, channels),
    "add": Case(AddMembers((ANA,), "DEFAULT"), BATCH, MEMBER, members, BEARER, done=Done(1)),
    "remove": Case(RemoveMembers((BEN,)), "DeleteChannelMembership", MEMBER, members, done=Done(1)),
}
each_change = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
each_that_names = pytest.mark.parametrize(
    "case", [CASES[name] for name in ("update", "redact", "create channel", "add")]
)


async def prepared(bench: Bench, case: Case) -> Change:
    """A message in the channel, somebody to add and somebody to remove; and the change that is to come."""
    for user in (ANA, BEN):
        bench.chime.add_user(user)
    bench.chime.add_member(CHANNEL, BEN)
    sent = await bench.channels.send(outgoing())
    assert isinstance(sent, Sent)
    return change(
        case.request,
        channel_arn=case.channel_arn,
        bearer_arn=case.bearer_arn,
        message_id=sent.message_id,
    )


def change(request: ChangeRequest, *, part: int = 0, message_id: str | None = None, **arns: str) -> Change:
    usual = Change(
        channel_arn=CHANNEL,
        bearer_arn=ADMIN,
        client_request_token="token-1",
        channel_name="Orders of today",
        request=request,
        message_id=message_id,
        part=part,
    )
    return replace(usual, **arns)  # type: ignore[arg-type]


def the_reason(reply: object) -> tuple[Reason, bool]:
    assert isinstance(reply, Refused)
    return reply.reason, reply.repairable
