"""
A look into a DynamoDB ledger from outside, and a word to all its workers.

Looking never writes, and needs no more than dynamodb:GetItem, for figures and the roll dynamodb:Query and
DescribeTable as well. A pause is a PutItem.
"""

from __future__ import annotations

from worker.adapters.ledger import dynamodb_roll
from worker.adapters.ledger.dynamodb_items import live_row_of, micros
from worker.adapters.ledger.dynamodb_opening import refusing
from worker.adapters.ledger.dynamodb_table import DUE, DynamoDb, Table
from worker.adapters.ledger.figures import Figures
from worker.core.fleet import SHARDS, Pause, Roll
from worker.core.row import Row
from worker.ports import Clock

COUNT_LIMIT = 1000
"""Of a shard no more are counted than this."""


class DynamoDbReader:
    """Reads and switches. Every method raises LedgerRefused if the table is missing or forbidden."""

    def __init__(self, client: DynamoDb, table: str, clock: Clock, *, call_deadline_s: float) -> None:
        self._table = Table(client, table, call_deadline_s)
        self._clock = clock

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job, as the last acknowledged write left it."""
        with refusing():
            item = await self._table.get(job_id)
        return live_row_of(item, job_id, now=self._clock.now())

    async def figures(self) -> Figures:
        """
        Count what the index holds, shard by shard, up to COUNT_LIMIT of each; rows are not read.

        `jobs` is DynamoDB's own count of items, which is up to six hours old.
        """
        now = micros(self._clock.now())
        times: list[int] = []
        with refusing():
            jobs = (await self._table.describe()).get("ItemCount", 0)
            for shard in range(SHARDS):
                times += await self._due_times(shard)
        due = sum(time <= now for time in times)
        return Figures(jobs=jobs, open=None, by_standing={}, waiting=len(times), due=due)

    async def roll(self) -> Roll:
        """Return who is there and what is paused, as of a moment ago."""
        with refusing():
            return await dynamodb_roll.call_roll(self._table, self._clock.now())

    async def pause(self, pause: Pause) -> None:
        """Pause a channel, or all."""
        with refusing():
            await dynamodb_roll.pause(self._table, pause)

    async def resume(self, channel_arn: str | None) -> None:
        """Resume a channel, or all."""
        with refusing():
            await dynamodb_roll.resume(self._table, channel_arn, self._clock.now())

    async def _due_times(self, shard: int) -> list[int]:
        times: list[int] = []
        async for entry in self._table.indexed(shard, since=0, until=dynamodb_roll.BEYOND_ALL_TIME):
            times.append(int(entry[DUE]["N"]))
            if len(times) == COUNT_LIMIT:
                break
        return times
