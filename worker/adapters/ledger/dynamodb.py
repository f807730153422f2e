"""A ledger in a table of DynamoDB, which workers share. A row is one conditional write; nothing is locked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from worker.adapters.ledger.dynamodb_items import WRITABLE, item_of, live_row_of, micros, row_of, values_of
from worker.adapters.ledger.dynamodb_opening import check_table, since_when
from worker.adapters.ledger.dynamodb_roll import call_roll, heartbeat, strike, worker_key
from worker.adapters.ledger.dynamodb_table import KEY, DynamoDb, Table
from worker.core.fleet import Member, Roll
from worker.core.row import Row
from worker.ports import Clock, RowUnreadable


async def open_dynamodb(
    client: DynamoDb, table: str, clock: Clock, *, retention_s: float, call_deadline_s: float
) -> DynamoDbLedger:
    """
    Check *table* and open it; it must be there, and may be empty. The client stays its maker's to close.

    Raise LedgerRefused if something has to be mended first, LedgerUnavailable if waiting may help.
    *call_deadline_s* is for one call with all the SDK's retries.
    """
    opened = Table(client, table, call_deadline_s)
    await check_table(opened)
    created_at = await since_when(opened, clock.now())
    return DynamoDbLedger(opened, clock, created_at=created_at, retention_s=retention_s)


class DynamoDbLedger:
    """Rows as items. Versions fence: of two workers that write at once, the table lets one win."""

    is_shared = True

    def __init__(self, table: Table, clock: Clock, *, created_at: datetime, retention_s: float) -> None:
        self._table = table
        self._clock = clock
        self._created_at = created_at
        self._retention = timedelta(seconds=retention_s)

    @property
    def created_at(self) -> datetime:
        """When the first worker opened the table."""
        return self._created_at

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""
        item = await self._table.get(job_id)
        return live_row_of(item, job_id, now=self._clock.now())

    async def put(self, row: Row) -> Row | None:
        """Store the row, or return the one that stands in the way."""
        now = self._clock.now()
        new = replace(row, version=row.version + 1)
        item = item_of(new, expires_at=now + self._retention)
        standing = await self._table.put_if(WRITABLE, item, values=values_of(row.version, now))
        if standing is None:
            return None
        found = row_of(standing, row.job_id)
        # The very row that was to be stored: an earlier try of the SDK stored it, and its answer was lost.
        return None if found == new else found

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        """Return rows of a shard whose time has come, the longest overdue first, each as it stands."""
        now = self._clock.now()
        rows: list[Row] = []
        async for entry in self._table.indexed(shard, since=0, until=micros(now)):
            job_id = entry[KEY]["S"]
            item = await self._table.get(job_id)
            with suppress(RowUnreadable):  # a newer version's row: that one's to reconcile
                row = live_row_of(item, job_id, now=now)
                if row is not None and row.due_at is not None and row.due_at <= now:
                    rows.append(row)
            if len(rows) == limit:
                break
        return rows

    async def beat(self, member: Member) -> Roll:
        """Store this worker's heartbeat, and return who is there and what is paused, as of a moment ago."""
        await self._table.put(heartbeat(member))
        return await call_roll(self._table, self._clock.now())

    async def leave(self, worker_id: str) -> None:
        """Strike this worker's heartbeat from the roll."""
        await strike(self._table, worker_key(worker_id), self._clock.now())
