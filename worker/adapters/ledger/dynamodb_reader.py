"""A look into a DynamoDB ledger from outside. It never writes, and needs no more than dynamodb:GetItem."""

from __future__ import annotations

from worker.adapters.ledger.dynamodb_items import live_row_of
from worker.adapters.ledger.dynamodb_opening import refusing
from worker.adapters.ledger.dynamodb_table import DynamoDb, Table
from worker.core.row import Row
from worker.ports import Clock


class DynamoDbReader:
    """Reads rows as the last acknowledged write left them."""

    def __init__(self, client: DynamoDb, table: str, clock: Clock, *, call_deadline_s: float) -> None:
        self._table = Table(client, table, call_deadline_s)
        self._clock = clock

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job. Raise LedgerRefused if the table is missing or forbidden."""
        with refusing():
            item = await self._table.get(job_id)
        return live_row_of(item, job_id, now=self._clock.now())
