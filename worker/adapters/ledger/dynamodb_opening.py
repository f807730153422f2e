"""What is checked before a DynamoDB table serves as a ledger, and when it became one. It makes no table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from worker.adapters.ledger.dynamodb_items import TTL_ATTRIBUTE
from worker.adapters.ledger.dynamodb_layout import has_ledger_key, index_of, is_ledger_index, key_of, told
from worker.adapters.ledger.dynamodb_table import INDEX, KEY, Table, TableUnusable
from worker.adapters.ledger.refused import LedgerRefused
from worker.ports import LedgerUnavailable

LEDGER_ITEM = "#ledger"
SCHEMA_VERSION = "1"


async def check_table(table: Table) -> None:
    """Refuse a table that cannot be a ledger as it stands. LedgerUnavailable: nobody can tell yet."""
    with refusing():
        description = await table.describe()
        _check_status(table.name, description.get("TableStatus", "missing"))
        _check_key(table.name, description)
        _check_index(table.name, description)
        time_to_live = await table.describe_time_to_live()
    _check_time_to_live(table.name, time_to_live)


async def since_when(table: Table, now: datetime) -> datetime:
    """Return when the table became a ledger: *now*, unless a worker has written down an earlier time."""
    item = {KEY: {"S": LEDGER_ITEM}, "schema": {"N": SCHEMA_VERSION}, "created_at": {"S": now.isoformat()}}
    with refusing():
        standing = await table.put_if(f"attribute_not_exists({KEY})", item, values={}) or item
    try:
        schema, created_at = standing["schema"]["N"], datetime.fromisoformat(standing["created_at"]["S"])
    except (KeyError, ValueError):
        raise LedgerRefused(
            f"The item {LEDGER_ITEM} of the table {table.name} is not a ledger's: name another table."
        ) from None
    if schema != SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger's table {table.name} has schema {schema}, this version reads {SCHEMA_VERSION}: "
            "run the version of the worker that wrote it, or name another table."
        )
    return created_at


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse, where nothing has begun yet, what is a mere pause while a worker runs."""
    try:
        yield
    except TableUnusable as fault:
        raise LedgerRefused(str(fault)) from fault


def _check_status(name: str, status: str) -> None:
    match status:
        case "ACTIVE" | "UPDATING":  # a table that is being updated serves all the same
            return
        case "CREATING":
            raise LedgerUnavailable(f"The ledger's table {name} is still being created: try again.")
        case _:
            raise LedgerRefused(f"The ledger's table {name} is {status}: make it ACTIVE, or name another.")


def _check_key(name: str, description: Mapping[str, Any]) -> None:
    if not has_ledger_key(description):
        shown = told(key_of(description, description))
        raise LedgerRefused(
            f"The table {name} has the key {shown}, a ledger has {KEY} (S) alone: name another table."
        )


def _check_index(name: str, description: Mapping[str, Any]) -> None:
    index = index_of(description)
    if index is None:
        raise LedgerRefused(
            f"The table {name} has no index {INDEX}, which finds the jobs that are still open: "
            "`backend-worker bootstrap` adds it."
        )
    if not is_ledger_index(index, description):
        deletion = json.dumps([{"Delete": {"IndexName": INDEX}}])
        raise LedgerRefused(
            f"The index {INDEX} of the table {name} is not a ledger's: remove it, then start again: "
            f"aws dynamodb update-table --table-name {name} --global-secondary-index-updates '{deletion}'"
        )
    if index.get("IndexStatus") == "CREATING":
        raise LedgerUnavailable(f"The index {INDEX} of the table {name} is still being built: try again.")


def _check_time_to_live(name: str, description: Mapping[str, Any]) -> None:
    attribute = description.get("AttributeName")
    is_on = description.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    if is_on and attribute == TTL_ATTRIBUTE:
        return
    hindrance = f" (once it is off for {attribute})" if is_on else ""
    raise LedgerRefused(
        f"The table {name} would never forget a job: turn on its time to live{hindrance}: "
        f"aws dynamodb update-time-to-live --table-name {name} "
        f"--time-to-live-specification Enabled=true,AttributeName={TTL_ATTRIBUTE}"
    )
