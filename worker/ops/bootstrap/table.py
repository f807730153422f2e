"""The ledger's table, if it is one of DynamoDB, with its index, and its time to live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from worker.adapters.ledger.dynamodb_layout import (
    TIME_TO_LIVE,
    create_table_request,
    has_ledger_key,
    index_of,
    index_to_add,
    is_ledger_index,
)
from worker.adapters.ledger.dynamodb_table import INDEX
from worker.ops.bootstrap.thing import Exists, Impossible, Missing, Standing, Thing, until
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable

ACTIVE_WITHIN_S = 300.0
INDEX_PART = f"index {INDEX}"
NO_LEDGER = "its key is no ledger's, and no table's key can be changed: name another table"
ANOTHER_INDEX = (
    f"its index {INDEX} is no ledger's: `backend-worker doctor` prints the command that removes it"
)
ANOTHER_TTL = "`backend-worker doctor` prints the command that turns it off"


@dataclass(frozen=True, slots=True)
class LedgerTable:
    """The table itself; one that was made before may lack its index."""

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
        """Compare its key and its index."""
        description = await self.description()
        return Missing() if description is None else _standing(description)

    async def make(self) -> None:
        """Create it, or add its index, and wait until it can be used. What is being made is waited for."""
        ask, description = self.asker.ask, await self.description()
        if description is None:
            await ask(self.dynamodb, "CreateTable", **create_table_request(self.table))
        elif index_of(description) is None:
            added = index_to_add(description)
            await ask(self.dynamodb, "UpdateTable", TableName=self.table, **added)
        await self.until_active()

    async def until_active(self) -> None:
        """Wait for a table or an index that is being made or changed."""
        await until(self._is_active, within_s=ACTIVE_WITHIN_S, action="dynamodb:DescribeTable")

    async def _is_active(self) -> bool:
        description = await self.description() or {}
        return description.get("TableStatus") == "ACTIVE" and _standing(description) == Exists()


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
        if present == wanted:
            return Exists()
        return Impossible(f"it goes by {present}, not {wanted}: {ANOTHER_TTL}")

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


def _standing(description: Mapping[str, Any]) -> Standing:
    """Tell how a table stands that is there; `run` refuses what is Impossible here."""
    status, index = description["TableStatus"], index_of(description)
    if status not in ("CREATING", "UPDATING", "ACTIVE"):
        return Impossible(f"it is {status}: wait until it is gone, or name another table")
    if not has_ledger_key(description):
        return Impossible(NO_LEDGER)
    if index is None:
        return Missing(INDEX_PART)
    if not is_ledger_index(index, description):
        return Impossible(ANOTHER_INDEX)
    if status == "CREATING":
        return Missing()
    return Missing(INDEX_PART) if index["IndexStatus"] == "CREATING" else Exists()
