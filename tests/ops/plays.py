"""Every call that the worker makes of Chime, played in a world that has a policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from worker.contract.requests import (
    AddMembers,
    ChangeRequest,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    Message,
    OfJob,
    RedactMessage,
    RemoveMembers,
    UpdateMessage,
)
from worker.contract.targets import Creation
from worker.contract.wire import JobType
from worker.core.replies import Cause, NoReply, NotNow, Refused
from worker.local.chime.clock import WallClock
from worker.local.chime.iam import policy_of
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.direct_channels import DirectChannels
from worker.ports import Change, Channels, NewChannel, Outgoing

APP = "arn:aws:chime:us-east-1:111122223333:app-instance/shop"
BEARER = f"{APP}/user/backend_worker"
ANNA, BEN = f"{APP}/user/anna", f"{APP}/user/ben"
ORDERS, OLD = f"{APP}/channel/orders", f"{APP}/channel/old"


@dataclass(frozen=True, slots=True)
class Bench:
    """The worker's side of a Chime in which the bearer is admin, with a message of its own to edit."""

    channels: Channels
    message_id: str

    def change(self, request: ChangeRequest, channel_arn: str = ORDERS) -> Change:
        return Change(
            channel_arn=channel_arn,
            bearer_arn=BEARER,
            client_request_token="token",
            channel_name="New",
            request=request,
            message_id=self.message_id,
        )


Play = Callable[[Bench], Awaitable[object]]
OPEN = Creation(privacy="PUBLIC", mode="UNRESTRICTED")
EXPIRING = replace(OPEN, expiration_days=3)
HELLO = Message("hello", "STANDARD", "PERSISTENT", None, None, (), None, None, None)
OF = OfJob("one")
REQUESTS: Mapping[JobType, ChangeRequest] = {
    "update_message": UpdateMessage(OF, "new", None, None, None),
    "redact_message": RedactMessage(OF, None),
    "delete_message": DeleteMessage(OF, None),
    "create_channel": CreateChannel(OPEN, (ANNA,), "DEFAULT"),
    "add_members": AddMembers((ANNA, BEN), "DEFAULT"),
    "remove_members": RemoveMembers((BEN,)),
    "delete_channel": DeleteChannel(),
}


async def _send(bench: Bench) -> object:
    outgoing = Outgoing(
        channel_arn=ORDERS, bearer_arn=BEARER, client_request_token="two", marker=None, message=HELLO
    )
    return await bench.channels.send(outgoing)


async def _create(bench: Bench, channel_id: str, creation: Creation) -> object:
    new = NewChannel(
        channel_arn=f"{APP}/channel/{channel_id}",
        bearer_arn=BEARER,
        client_request_token=channel_id,
        name="New",
        member_arns=(),
        creation=creation,
    )
    return await bench.channels.create_channel(new)


def _change(request: ChangeRequest, channel_arn: str = ORDERS) -> Play:
    return lambda bench: bench.channels.change(bench.change(request, channel_arn))


def _look(request: ChangeRequest) -> Play:
    return lambda bench: bench.channels.look_at(bench.change(request))


PLAYS: Mapping[str, tuple[set[str], Play]] = {
    "send": ({"SendChannelMessage"}, _send),
    "list": (
        {"ListChannelMessages"},
        lambda bench: bench.channels.list_messages(ORDERS, bearer_arn=BEARER, not_before=None),
    ),
    "status": (
        {"GetChannelMessageStatus"},
        lambda bench: bench.channels.message_status(
            ORDERS, bench.message_id, bearer_arn=BEARER, sub_channel_id=None
        ),
    ),
    "join": (
        {"CreateChannelMembership"},
        lambda bench: bench.channels.join(OLD, bearer_arn=BEARER, sub_channel_id=None),
    ),
    "describe": (
        {"DescribeChannel"},
        lambda bench: bench.channels.describe_channel(ORDERS, bearer_arn=BEARER),
    ),
    "find": (
        {"ListChannels"},
        lambda bench: bench.channels.list_channels(APP, bearer_arn=BEARER, privacy="PUBLIC"),
    ),
    "make": ({"CreateChannel"}, lambda bench: _create(bench, "new", OPEN)),
    "make for a while": (
        {"CreateChannel", "PutChannelExpirationSettings"},
        lambda bench: _create(bench, "brief", EXPIRING),
    ),
    "see a message": ({"GetChannelMessage"}, _look(REQUESTS["update_message"])),
    "update": ({"UpdateChannelMessage"}, _change(REQUESTS["update_message"])),
    "redact": ({"RedactChannelMessage"}, _change(REQUESTS["redact_message"])),
    "erase": ({"DeleteChannelMessage"}, _change(REQUESTS["delete_message"])),
    "add": ({"BatchCreateChannelMembership"}, _change(AddMembers((ANNA,), "DEFAULT"))),
    "see a member": ({"DescribeChannelMembership"}, _look(REQUESTS["remove_members"])),
    "remove": ({"DeleteChannelMembership"}, _change(REQUESTS["remove_members"])),
    "delete": ({"DeleteChannel"}, _change(REQUESTS["delete_channel"], OLD)),
}


async def played(policy: Mapping[str, object]) -> dict[str, object]:
    """Play everything, each in a world of its own."""
    return {name: await play(a_bench(policy)) for name, (_, play) in PLAYS.items()}


def a_bench(policy: Mapping[str, object]) -> Bench:
    chime = Chime(WallClock(), switches=Switches(rates="off"))
    chime.add_app_instance(APP)
    for user in (BEARER, ANNA, BEN):
        chime.add_user(user)
    chime.add_admin(BEARER)
    for channel in (ORDERS, OLD):
        chime.add_channel(channel)
    for member in (BEARER, BEN):
        chime.add_member(ORDERS, member)
    sent = chime.call(
        "SendChannelMessage",
        {
            "ChannelArn": ORDERS,
            "Content": "hello",
            "Type": "STANDARD",
            "Persistence": "PERSISTENT",
            "ClientRequestToken": "one",
        },
        bearer=BEARER,
    )
    chime.policy = policy_of(policy)
    return Bench(DirectChannels(chime, deadline_s=5), str(sent["MessageId"]))


def has_failed(reply: object) -> bool:
    return isinstance(reply, Refused | NotNow | NoReply)


def is_denied(reply: object) -> bool:
    return isinstance(reply, NotNow | NoReply) and reply.cause is Cause.ACCESS_DENIED
