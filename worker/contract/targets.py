"""Which channel a job is for: one that is given, or one to find by name or members. It finds nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Literal, assert_never

from worker.contract.arns import AppInstance, channel_of_arn, channel_of_id, resolve_channel, resolve_member
from worker.contract.wire_channel import (
    Channel,
    ChannelByArn,
    ChannelById,
    ChannelByName,
    ChannelOfMembers,
    CreationWire,
)

Privacy = Literal["PUBLIC", "PRIVATE"]
Mode = Literal["UNRESTRICTED", "RESTRICTED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """How a channel is made that is not there yet. Without a name it is called after its target."""

    privacy: Privacy
    mode: Mode
    name: str | None = None
    metadata: str | None = field(default=None, repr=False)
    moderator_arns: tuple[str, ...] = ()
    expiration_days: int | None = None


@dataclass(frozen=True, slots=True)
class ByArn:
    """The channel with this ARN."""

    arn: str


@dataclass(frozen=True, slots=True)
class Named:
    """The channel made for this name, or the only one that has it."""

    name: str
    creation: Creation | None = None


@dataclass(frozen=True, slots=True)
class OfMembers:
    """The channel made for exactly these users and bots, and the bearer; sorted, and each once."""

    member_arns: tuple[str, ...]
    creation: Creation | None = None


Sought = Named | OfMembers
Target = ByArn | Sought


def target_of(channel: Channel, home: AppInstance) -> Target:
    """Resolve the users and ids that *channel* names, or raise Rejected."""
    match channel:
        case str():
            return ByArn(resolve_channel(channel, home))
        case ChannelByArn(arn=arn):
            return ByArn(channel_of_arn(arn, home))
        case ChannelById(id=channel_id):
            return ByArn(channel_of_id(channel_id, home))
        case ChannelByName(name=name, create=create):
            return Named(name, _creation(create, home, privacy="PUBLIC", mode="UNRESTRICTED"))
        case ChannelOfMembers(members=members, create=create):
            # Exactly these people: nobody else sees the channel, and none of them lets others in.
            creation = _creation(create, home, privacy="PRIVATE", mode="RESTRICTED")
            return OfMembers(_members(members, home, field="channel.members"), creation)
        case _:
            assert_never(channel)


def hashable_values(target: Target) -> object:
    """Return what of a target makes two bodies the same job, as values for JSON."""
    match target:
        case ByArn(arn):
            return arn
        case Named() | OfMembers():
            return asdict(target)
        case _:
            assert_never(target)


def _creation(
    create: Literal[True] | CreationWire | None, home: AppInstance, *, privacy: Privacy, mode: Mode
) -> Creation | None:
    match create:
        case None:
            return None
        case True:
            return Creation(privacy=privacy, mode=mode)
        case CreationWire():
            return Creation(
                privacy=create.privacy or privacy,
                mode=create.mode or mode,
                name=create.name,
                metadata=create.metadata,
                moderator_arns=_members(create.moderators or [], home, field="channel.create.moderators"),
                expiration_days=create.expiration_days,
            )
        case _:
            assert_never(create)


def _members(names: list[str], home: AppInstance, *, field: str) -> tuple[str, ...]:
    return tuple(sorted({resolve_member(name, home, field=field) for name in names}))
