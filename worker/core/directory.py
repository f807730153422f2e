"""What a list of channels says about a name, and how a channel made for a job is called. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from worker.contract.limits import CHANNEL_NAME_CHARS
from worker.contract.reasons import Reason
from worker.contract.rejected import quoted
from worker.contract.targets import Creation, Named, OfMembers, Sought
from worker.core.replies import Refused, Resolved

MOST_CHANNELS = 1000
"""So many channels are looked through for a name; further ones are to be named by id or ARN."""
SHOWN_IDS = 3


@dataclass(frozen=True, slots=True)
class NamedChannel:
    """One channel of a list."""

    arn: str
    name: str


@dataclass(frozen=True, slots=True)
class ChannelPage:
    """One page of ListChannels, in no order; it may be empty and yet lead to another."""

    channels: tuple[NamedChannel, ...]
    next_token: str | None = None


class Directory:
    """The channels that were listed, by name; *began_at* is the loop time at which the list was begun."""

    def __init__(self, channels: Iterable[NamedChannel], *, began_at: float) -> None:
        self.began_at = began_at
        self._arns: defaultdict[str, set[str]] = defaultdict(set)
        self._count = 0
        for channel in channels:
            self._count += 1
            self._arns[channel.name].add(channel.arn)

    def find(self, name: str) -> Resolved | Refused:
        """Find the only channel with exactly this name."""
        match sorted(self._arns.get(name, ())):
            case [arn]:
                return Resolved(arn)
            case []:
                among = f" among the first {MOST_CHANNELS:,} listed" if self._count >= MOST_CHANNELS else ""
                return Refused(Reason.CHANNEL_NOT_FOUND, f"channel: none{among} is named {quoted(name)}.")
            case arns:
                ids = ", ".join(arn.rpartition("/")[2] for arn in arns[:SHOWN_IDS])
                more = ", …" if len(arns) > SHOWN_IDS else ""
                detail = f"channel: {len(arns)} are named {quoted(name)}; give the id of one: {ids}{more}."
                return Refused(Reason.AMBIGUOUS_CHANNEL, detail)

    def forget(self, name: str) -> None:
        """Know nothing of a name any more: what it led to is gone."""
        self._arns.pop(name, None)


def no_such_channel(target: OfMembers) -> Refused:
    """Say that nobody has made the channel of these members, or that we may not see it."""
    ids = ", ".join(arn.rpartition("/")[2] for arn in target.member_arns[:SHOWN_IDS])
    more = ", …" if len(target.member_arns) > SHOWN_IDS else ""
    return Refused(Reason.CHANNEL_NOT_FOUND, f"channel: none was made for the members {ids}{more}.")


def name_of(target: Sought, creation: Creation) -> str:
    """Say what the channel made for *target* is called."""
    if creation.name is not None:
        return creation.name
    match target:
        case Named(name=name):
            return name
        case OfMembers(member_arns=member_arns):
            return ", ".join(arn.rpartition("/")[2] for arn in member_arns)[:CHANNEL_NAME_CHARS]
        case _:
            assert_never(target)
