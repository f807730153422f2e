"""A ledger in a SQLite file: one worker's own, safe from kill -9 and power cuts. It writes no SQL itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from worker.adapters.ledger import sqlite_roll
from worker.adapters.ledger.group_commit import GroupCommit
from worker.adapters.ledger.sqlite_file import LedgerFile, open_file
from worker.adapters.ledger.sqlite_rows import read_row, record, select, select_due, upsert
from worker.core.fleet import Member, Roll
from worker.core.row import Row
from worker.ports import Clock


@asynccontextmanager
async def open_sqlite(path: Path, clock: Clock, *, retention_s: float) -> AsyncIterator[SqliteLedger]:
    """
    Hold the ledger at *path* open, making it if there is none. Raise LedgerRefused if it cannot be.

    Opening blocks the event loop, for milliseconds as a rule: it happens before anything is served.
    """
    ledger = SqliteLedger(open_file(path, clock.now()), clock, retention_s=retention_s)
    try:
        yield ledger
    finally:
        await ledger.close()


class SqliteLedger:
    """Rows in a SQLite file, written in groups by a thread of its own."""

    is_shared = False
    """The file's lock proves that whoever left a claim in it is dead."""

    def __init__(self, file: LedgerFile, clock: Clock, *, retention_s: float) -> None:
        self._created_at = file.created_at
        self._commits = GroupCommit(file)
        self._clock = clock
        self._retention_s = retention_s

    @property
    def created_at(self) -> datetime:
        """When the file was made."""
        return self._created_at

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""
        now = self._clock.now().timestamp()
        text = await self._commits.run(partial(select, job_id=job_id, now=now), "read")
        return None if text is None else read_row(text, job_id)

    async def put(self, row: Row) -> Row | None:
        """Store the row and return once it is on the disk, or return the one that stands in the way."""
        new = record(row, now=self._clock.now(), retention_s=self._retention_s)
        text = await self._commits.run(partial(upsert, new=new), "write")
        return None if text is None else read_row(text, row.job_id)

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        """Return rows of a shard whose time has come, the longest overdue first."""
        now = self._clock.now().timestamp()
        return await self._commits.run(partial(select_due, shard=shard, now=now, limit=limit), "read")

    async def beat(self, member: Member) -> Roll:
        """Store this worker's heartbeat, and return it, the only one, with what is paused."""
        return await self._commits.run(partial(sqlite_roll.beat, member=member), "write")

    async def leave(self, worker_id: str) -> None:
        """Remove this worker's heartbeat, the only one."""
        await self._commits.run(sqlite_roll.leave, "write")

    async def close(self) -> None:
        """Finish what has been asked for, then give up the file and its lock."""
        await self._commits.close()
