"""A ledger in a table of DynamoDB, which workers share. A row is one conditional write; nothing is locked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from worker.adapters.ledger.dynamodb_items import WRITABLE, item_of, live_row_of, row_of, values_of
from worker.adapters.ledger.dynamodb_opening import check_table, since_when
from worker.adapters.ledger.dynamodb_table import DynamoDb, Table
from worker.core.row import Row
from worker.ports import Clock


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
        standing = await self._table.put(item, WRITABLE, values=values_of(row.version, now))
        if standing is None:
            return None
        found = row_of(standing, row.job_id)
        # The very row that was to be stored: an earlier try of the SDK stored it, and its answer was lost.
        return None if found == new else found
