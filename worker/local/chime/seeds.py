"""What a Chime is to begin with: a value that can be written as JSON, and put in."""

from dataclasses import dataclass

from pydantic import ConfigDict, TypeAdapter

from worker.local.chime.records import Fallback
from worker.local.chime.roles import Mode, Privacy
from worker.local.chime.state import Chime
from worker.local.chime.treatments import Treatment

STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class SeedFlow:
    """A channel flow; its first message meets the first treatment, and the last one stays."""

    arn: str
    treatments: tuple[Treatment, ...] = ()
    name: str | None = None
    fallback: Fallback = "ABORT"


@dataclass(frozen=True, slots=True)
class SeedChannel:
    """A channel to begin with, the users or bots that are its members, and the ARN of its channel flow."""

    arn: str
    name: str | None = None
    privacy: Privacy = "PUBLIC"
    mode: Mode = "UNRESTRICTED"
    members: tuple[str, ...] = ()
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Seed:
    """What is to be there, by ARN; put in in this order, and never implied by one another."""

    app_instances: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    flows: tuple[SeedFlow, ...] = ()
    channels: tuple[SeedChannel, ...] = ()


# A list, because a TypeAdapter takes a config only around dataclasses, not for one.
_SEEDS = TypeAdapter(list[Seed], config=STRICT)


def seed_of(text: bytes) -> Seed:
    """The seed that JSON describes; raises ValueError if it does not describe one."""
    [seed] = _SEEDS.validate_json(b"[" + text + b"]")
    return seed


def plant(chime: Chime, seed: Seed) -> None:
    """Put everything of *seed* into *chime*; raises ChimeError at the first that does not fit."""
    for arn in seed.app_instances:
        chime.add_app_instance(arn)
    for arn in seed.users:
        chime.add_user(arn)
    for arn in seed.admins:
        chime.add_admin(arn)
    for flow in seed.flows:
        chime.add_flow(flow.arn, *flow.treatments, name=flow.name, fallback=flow.fallback)
    for channel in seed.channels:
        chime.add_channel(channel.arn, name=channel.name, privacy=channel.privacy, mode=channel.mode)
        for member in channel.members:
            chime.add_member(channel.arn, member)
        if channel.flow is not None:
            chime.associate_flow(channel.arn, channel.flow)
