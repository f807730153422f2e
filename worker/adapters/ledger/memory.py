"""A ledger that dies with the process: for tests, simulations and a first look. It never touches a disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.core.row import Row
from worker.ports import Clock


@dataclass(frozen=True, slots=True)
class _Kept:
    row: Row
    expires_at: datetime


class MemoryLedger:
    """Rows in a dict, the one written longest ago first."""

    def __init__(self, clock: Clock, *, retention_s: float) -> None:
        self.is_shared = False
        """Workers of one process may share it, as a simulated fleet does."""
        self._clock = clock
        self._retention = timedelta(seconds=retention_s)
        self._created_at = clock.now()
        self._kept: dict[str, _Kept] = {}

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
        self._kept.pop(row.job_id, None)  # so that it is the newest again
        self._kept[row.job_id] = _Kept(replace(row, version=row.version + 1), now + self._retention)
        return None

    def _purge(self, now: datetime) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].expires_at > now:
                break
            del self._kept[oldest]
