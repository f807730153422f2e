"""Which channel a job is for: one that is given, or one to find by name or members. It finds nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Literal, assert_never

from worker.contract.arns import AppInstance, channel_of_arn, channel_of_id, resolve_channel, resolve_member
from worker.contract.wire_channel import (
    AnyChannel,
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


_OPEN = Creation(privacy="PUBLIC", mode="UNRESTRICTED")
_CLOSED = Creation(privacy="PRIVATE", mode="RESTRICTED")
"""For exactly these people: nobody else sees the channel, and none of them lets others in."""

Sought = Named | OfMembers
Target = ByArn | Sought


def target_of(channel: AnyChannel, home: AppInstance) -> Target:
    """Resolve the users and ids that *channel* names, or raise Rejected."""
    match channel:
        case str():
            return ByArn(resolve_channel(channel, home))
        case ChannelByArn(arn=arn):
            return ByArn(channel_of_arn(arn, home))
        case ChannelById(id=channel_id):
            return ByArn(channel_of_id(channel_id, home))
        case ChannelByName(name=name, create=create):
            return Named(name, _if_wished(create, home, by_default=_OPEN))
        case ChannelOfMembers(members=members, create=create):
            creation = _if_wished(create, home, by_default=_CLOSED)
            return OfMembers(members_of(members, home, field="channel.members"), creation)
        case _:
            assert_never(channel)


def target_to_make(channel: AnyChannel, home: AppInstance) -> tuple[Target, Creation]:
    """Resolve a channel that is to be made whether it says `create` or not; an id is its name by default."""
    target = target_of(channel, home)
    create = True if isinstance(channel, str | ChannelByArn) else channel.create or True
    match target:
        case ByArn(arn):
            creation = _creation(create, home, by_default=_OPEN)
            return target, replace(creation, name=creation.name or arn.rpartition("/")[2])
        case Named():
            creation = _creation(create, home, by_default=_OPEN)
        case OfMembers():
            creation = _creation(create, home, by_default=_CLOSED)
        case _:
            assert_never(target)
    return replace(target, creation=creation), creation


def hashable_values(target: Target) -> object:
    """Return what of a target makes two bodies the same job, as values for JSON."""
    match target:
        case ByArn(arn):
            return arn
        case Named() | OfMembers():
            return asdict(target)
        case _:
            assert_never(target)


def members_of(names: list[str], home: AppInstance, *, field: str) -> tuple[str, ...]:
    """Resolve users and bots to sorted ARNs, each once; *field* is where the job names them."""
    return tuple(sorted({resolve_member(name, home, field=field) for name in names}))


def _if_wished(
    create: Literal[True] | CreationWire | None, home: AppInstance, *, by_default: Creation
) -> Creation | None:
    return None if create is None else _creation(create, home, by_default=by_default)


def _creation(create: Literal[True] | CreationWire, home: AppInstance, *, by_default: Creation) -> Creation:
    if create is True:
        return by_default
    return Creation(
        privacy=create.privacy or by_default.privacy,
        mode=create.mode or by_default.mode,
        name=create.name,
        metadata=create.metadata,
        moderator_arns=members_of(create.moderators or [], home, field="channel.create.moderators"),
        expiration_days=create.expiration_days,
    )
