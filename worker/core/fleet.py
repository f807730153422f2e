"""
The workers that share a ledger: who is alive, how many they are, and which of them owns which shard. Pure.

A heartbeat tells nothing by its time, because clocks differ: a worker is alive for as long as the others see
its heartbeat *change*. Times are loop time of the one who looks, which the caller reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from worker.core.rendezvous import owner_of

SHARDS = 64
"""Parts of the open rows; each belongs to one living worker."""
BEAT_S = 3.0
"""How often a worker writes its heartbeat."""
LAPSE_S = 15.0
"""A heartbeat that has not changed for so long is a dead worker's."""

REMEMBERED_S = 43_200.0
"""A dead worker is known to be dead for longer than any claim of its can last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One worker's heartbeat."""

    id: str
    host: str
    version: str
    started_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """An operator's wish that nothing is sent to a channel, or to none at all, until it is resumed."""

    channel_arn: str | None
    """None: every channel."""
    since: datetime


@dataclass(frozen=True, slots=True)
class Roll:
    """What a ledger knows of its workers, and what it tells all of them."""

    members: tuple[Member, ...] = ()
    pauses: tuple[Pause, ...] = ()


class Fleet:
    """What one worker makes of the heartbeats it has seen. It is always alive to itself."""

    def __init__(self, my_id: str) -> None:
        self.my_id = my_id
        self._seen: dict[str, tuple[datetime, float]] = {}
        """The last heartbeat of each other worker, and when it was new to us."""
        self._looked_at = float("-inf")
        """When the ledger was asked last: who was frozen himself since then knows nothing of the others."""

    def observe(self, members: Sequence[Member], now: float) -> None:
        """Take note of the heartbeats that stand in the ledger."""
        self._looked_at = now
        for member in members:
            last = self._seen.get(member.id)
            if member.id != self.my_id and (last is None or last[0] != member.seen_at):
                self._seen[member.id] = (member.seen_at, now)
        for old in [one for one, (_, at) in self._seen.items() if now - at > REMEMBERED_S]:
            del self._seen[old]

    def living(self) -> tuple[str, ...]:
        """Name the living workers, this one among them; sorted."""
        others = (one for one, (_, at) in self._seen.items() if self._looked_at - at <= LAPSE_S)
        return tuple(sorted({self.my_id, *others}))

    def is_dead(self, worker_id: str) -> bool:
        """Tell whether a worker was seen, and then no more. One that was never seen may be new."""
        last = self._seen.get(worker_id)
        return last is not None and self._looked_at - last[1] > LAPSE_S

    def shards(self) -> frozenset[int]:
        """Say which shards are this worker's: of the living, the one that scores highest has a shard."""
        living = self.living()
        return frozenset(shard for shard in range(SHARDS) if owner_of(str(shard), living) == self.my_id)


def shard_of(channel_arn: str) -> int:
    """Give a channel its shard, the same for every worker."""
    return int.from_bytes(sha256(channel_arn.encode()).digest()[:8]) % SHARDS
