"""What a job asks Chime for, one shape a type, every name resolved to an ARN. It asks for nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, assert_never

from worker.contract.arns import AppInstance, resolve_member
from worker.contract.fields import MembershipType
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.targets import Creation, OfMembers, Target, members_of, target_of, target_to_make
from worker.contract.wire import (
    AddMembersWire,
    ChangingWire,
    CreateChannelWire,
    DeleteChannelWire,
    DeleteMessageWire,
    JobWire,
    RedactMessageWire,
    RemoveMembersWire,
    SendMessageWire,
    UpdateMessageWire,
)
from worker.contract.wire_message import MessageWire, PushWire


@dataclass(frozen=True, slots=True)
class Push:
    """The push notification of a message. Texts are kept out of its repr."""

    title: str | None = field(repr=False)
    body: str | None = field(repr=False)
    type: Literal["DEFAULT", "VOIP"]


@dataclass(frozen=True, slots=True)
class Message:
    """A Chime message to be sent. Its attributes are sorted by name; texts are kept out of its repr."""

    content: str = field(repr=False)
    type: Literal["STANDARD", "CONTROL"]
    persistence: Literal["PERSISTENT", "NON_PERSISTENT"]
    metadata: str | None = field(repr=False)
    content_type: str | None = field(repr=False)
    attributes: tuple[tuple[str, tuple[str, ...]], ...] = field(repr=False)
    push: Push | None
    target_arn: str | None
    sub_channel_id: str | None


@dataclass(frozen=True, slots=True)
class OfJob:
    """The message that this job sent: the ledger knows its MessageId, and its sub-channel."""

    job_id: str


@dataclass(frozen=True, slots=True)
class OfMessage:
    """The message with this MessageId."""

    message_id: str


MessageOf = OfJob | OfMessage


@dataclass(frozen=True, slots=True)
class UpdateMessage:
    """An earlier message's new content. The sub-channel is told only with a MessageId."""

    of: MessageOf
    content: str = field(repr=False)
    metadata: str | None = field(repr=False)
    content_type: str | None = field(repr=False)
    sub_channel_id: str | None


@dataclass(frozen=True, slots=True)
class RedactMessage:
    """An earlier message, to be redacted."""

    of: MessageOf
    sub_channel_id: str | None


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """An earlier message, to be deleted."""

    of: MessageOf
    sub_channel_id: str | None


@dataclass(frozen=True, slots=True)
class CreateChannel:
    """
    A channel to be made, and all members that it gets; sorted, and each once.

    CreateChannel itself takes ten of them, and none that are HIDDEN. Of a target that is found by name or
    members the creation is the target's own; without a name it is called after that.
    """

    creation: Creation
    member_arns: tuple[str, ...]
    membership_type: MembershipType


@dataclass(frozen=True, slots=True)
class DeleteChannel:
    """The job's channel, to be deleted."""


@dataclass(frozen=True, slots=True)
class AddMembers:
    """Members to be added; sorted, and each once."""

    member_arns: tuple[str, ...]
    membership_type: MembershipType


@dataclass(frozen=True, slots=True)
class RemoveMembers:
    """Members to be removed; sorted, and each once."""

    member_arns: tuple[str, ...]


ChangeRequest = (
    UpdateMessage | RedactMessage | DeleteMessage | CreateChannel | DeleteChannel | AddMembers | RemoveMembers
)
"""What changes something otherwise than by sending."""
Request = Message | ChangeRequest


def asked_by(wire: JobWire, home: AppInstance) -> tuple[Target, Request]:
    """Resolve what a job names, and check what only holds between its fields, or raise Rejected."""
    if isinstance(wire, CreateChannelWire):
        return _creation(wire, home)
    return target_of(wire.channel, home), _request(wire, home)


def _creation(wire: CreateChannelWire, home: AppInstance) -> tuple[Target, Request]:
    target, creation = target_to_make(wire.channel, home)
    member_arns = members_of(wire.members or [], home, field="members")
    if wire.membership_type is not None and not member_arns:
        raise _invalid("membership_type: is that of members, and the job has none.")
    if isinstance(target, OfMembers):
        if member_arns:
            raise _invalid("members: the channel is that of channel.members, and of nobody else.")
        member_arns = target.member_arns
    return target, CreateChannel(creation, member_arns, wire.membership_type or "DEFAULT")


def _request(
    wire: SendMessageWire | ChangingWire | DeleteChannelWire | AddMembersWire | RemoveMembersWire,
    home: AppInstance,
) -> Request:
    match wire:
        case SendMessageWire(message=message):
            return _message(message, home)
        case UpdateMessageWire() | RedactMessageWire() | DeleteMessageWire():
            return _change(wire)
        case DeleteChannelWire():
            return DeleteChannel()
        case AddMembersWire(members=members, membership_type=membership_type):
            return AddMembers(members_of(members, home, field="members"), membership_type)
        case RemoveMembersWire(members=members):
            return RemoveMembers(members_of(members, home, field="members"))
        case _:
            assert_never(wire)


def _change(wire: ChangingWire) -> Request:
    of, sub_channel_id = _message_of(wire)
    match wire:
        case UpdateMessageWire(message=new):
            return UpdateMessage(of, new.content, new.metadata, new.content_type, sub_channel_id)
        case RedactMessageWire():
            return RedactMessage(of, sub_channel_id)
        case DeleteMessageWire():
            return DeleteMessage(of, sub_channel_id)
        case _:
            assert_never(wire)


def _message_of(wire: ChangingWire) -> tuple[MessageOf, str | None]:
    match wire.message_of:
        case str(job_id) if job_id == wire.id:
            raise _invalid("message_of: is this job's own id, not that of the job that sent the message.")
        case str(job_id):
            return OfJob(job_id), None
        case named:
            return OfMessage(named.message_id), named.sub_channel_id


def _message(wire: MessageWire, home: AppInstance) -> Message:
    return Message(
        content=wire.content,
        type=wire.type,
        persistence=wire.persistence,
        metadata=wire.metadata,
        content_type=wire.content_type,
        attributes=tuple((name, tuple(values)) for name, values in sorted((wire.attributes or {}).items())),
        push=None if wire.push is None else _push(wire.push),
        target_arn=None if wire.target is None else resolve_member(wire.target, home, field="message.target"),
        sub_channel_id=wire.sub_channel_id,
    )


def _push(wire: PushWire) -> Push:
    return Push(title=wire.title, body=wire.body, type=wire.type)


def _invalid(detail: str) -> Rejected:
    return Rejected(Reason.INVALID_JOB, detail)
