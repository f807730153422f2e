"""A ledger that dies with the process: for tests, simulations and a first look. It never touches a disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.adapters.ledger.roll import roll_of
from worker.core.fleet import Member, Pause, Roll, shard_of
from worker.core.row import Row
from worker.ports import Clock


@dataclass(frozen=True, slots=True)
class _Kept:
    row: Row
    expires_at: datetime


class MemoryLedger:
    """Rows in a dict, the one written longest ago first; and Switches, for whoever is in the same process."""

    def __init__(self, clock: Clock, *, retention_s: float) -> None:
        self.is_shared = False
        """Workers of one process may share it, as a simulated fleet does."""
        self._clock = clock
        self._retention = timedelta(seconds=retention_s)
        self._created_at = clock.now()
        self._kept: dict[str, _Kept] = {}
        self._due: dict[str, tuple[int, datetime]] = {}
        """The index: by job id, the shard and the time of each row that will be due."""
        self._members: dict[str, Member] = {}
        self._pauses: dict[str | None, Pause] = {}

    @property
    def created_at(self) -> datetime:
        """When this ledger was made."""
        return self._created_at

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""
        kept = self._kept.get(job_id)
        return kept.row if kept and kept.expires_at > self._clock.now() else None

    async def put(self, row: Row) -> Row | None:
        """Store the row, or return the one that stands in the way."""
        now = self._clock.now()
        self._purge(now)
        standing = await self.read(row.job_id)
        if standing is not None and standing.version != row.version:
            return standing
        self._remove(row.job_id)  # so that it is the newest again
        self._kept[row.job_id] = _Kept(replace(row, version=row.version + 1), now + self._retention)
        if row.due_at is not None:
            self._due[row.job_id] = shard_of(row.channel_arn), row.due_at
        return None

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        """Return rows of a shard whose time has come, the longest overdue first."""
        now = self._clock.now()
        self._purge(now)
        found = sorted((at, job_id) for job_id, (its, at) in self._due.items() if its == shard and at <= now)
        return [self._kept[job_id].row for _, job_id in found[:limit]]

    async def beat(self, member: Member) -> Roll:
        """Store a worker's heartbeat, and return the roll."""
        self._members[member.id] = member
        return await self.roll()

    async def leave(self, worker_id: str) -> None:
        """Remove a worker's heartbeat."""
        self._members.pop(worker_id, None)

    async def roll(self) -> Roll:
        """Return who is there and what is paused."""
        return roll_of((*self._members.values(), *self._pauses.values()), self._clock.now())

    async def pause(self, pause: Pause) -> None:
        """Pause a channel, or all; what is paused already stays so since then."""
        self._pauses.setdefault(pause.channel_arn, pause)

    async def resume(self, channel_arn: str | None) -> None:
        """Resume a channel, or all."""
        if channel_arn is None:
            self._pauses.clear()
        self._pauses.pop(channel_arn, None)

    def due_rows(self) -> Sequence[Row]:
        """Return all rows that reconciliation has, or will have, something to do with."""
        return [self._kept[job_id].row for job_id in self._due]

    def _purge(self, now: datetime) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].expires_at > now:
                break
            self._remove(oldest)

    def _remove(self, job_id: str) -> None:
        self._kept.pop(job_id, None)
        self._due.pop(job_id, None)
