"""The ledger's table, if it is one of DynamoDB, and its time to live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.adapters.ledger.dynamodb_layout import (
    INDEX_LAYOUT,
    KEY_SCHEMA,
    TIME_TO_LIVE,
    create_table_request,
)
from worker.adapters.ledger.dynamodb_table import INDEX
from worker.ops.bootstrap.thing import Exists, Missing, Standing, Thing, until
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable

ACTIVE_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """The table itself."""

    asker: Asker
    dynamodb: Any
    table: str

    @property
    def name(self) -> str:
        """The table, by its part."""
        return f"ledger table {self.table}"

    async def description(self) -> Mapping[str, Any] | None:
        """Ask for the TableDescription; None if there is no such table."""
        try:
            answer = await self.asker.ask(self.dynamodb, "DescribeTable", TableName=self.table)
        except NotAnswered as fault:
            if fault.is_absence:
                return None
            raise
        description: Mapping[str, Any] = answer["Table"]
        return description

    async def look(self) -> Standing:
        """Compare its key, and the key of its index."""
        description = await self.description()
        if description is None:
            return Missing()
        indexes = description.get("GlobalSecondaryIndexes", ())
        if description.get("KeySchema") != KEY_SCHEMA:
            return Exists("its key is no ledger's, and no table's key can be changed: name another table")
        if [INDEX_LAYOUT["KeySchema"]] != [
            each["KeySchema"] for each in indexes if each["IndexName"] == INDEX
        ]:
            return Exists(f"it lacks the index {INDEX}: `backend-worker doctor` prints the command")
        return Exists()

    async def make(self) -> None:
        """Create it, and wait until it can be used."""
        await self.asker.ask(self.dynamodb, "CreateTable", **create_table_request(self.table))
        await self.until_active()

    async def until_active(self) -> None:
        """Wait for a table that is being created or changed."""
        await until(self._is_active, within_s=ACTIVE_WITHIN_S, action="dynamodb:DescribeTable")

    async def _is_active(self) -> bool:
        return (await self.description() or {}).get("TableStatus") == "ACTIVE"


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """What lets the table forget."""

    table: LedgerTable

    @property
    def name(self) -> str:
        """The attribute, by its table."""
        return f"time to live of {self.table.table}"

    async def look(self) -> Standing:
        """Ask which attribute it goes by."""
        ask = self.table.asker.ask
        try:
            answer = await ask(self.table.dynamodb, "DescribeTimeToLive", TableName=self.table.table)
        except NotAnswered as fault:
            if fault.is_absence:
                return Missing()
            raise
        told = answer["TimeToLiveDescription"]
        if told.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            return Missing()
        present, wanted = told.get("AttributeName"), TIME_TO_LIVE["AttributeName"]
        return Exists(None if present == wanted else f"it goes by {present}, not {wanted}")

    async def make(self) -> None:
        """Turn it on."""
        await self.table.until_active()
        await self.table.asker.ask(
            self.table.dynamodb,
            "UpdateTimeToLive",
            TableName=self.table.table,
            TimeToLiveSpecification=TIME_TO_LIVE,
        )


def ledger_things(asker: Asker, dynamodb: Any, settings: Settings) -> Iterator[Thing]:
    """The table and its time to live; other ledgers are made by the worker itself."""
    if isinstance(settings.ledger, DynamoDbTable):
        table = LedgerTable(asker, dynamodb, settings.ledger.table)
        yield table
        yield TimeToLive(table)
