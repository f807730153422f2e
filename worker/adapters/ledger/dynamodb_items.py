"""
How a row lies in DynamoDB, and when one may be written over another. It makes no call.

    attribute  | type |
    -----------|------|------------------------------------------------------------------------------------
    id         | S    | the job id; what is not a job begins with "#", which no job id can contain
    v          | N    | the row's version
    r          | S    | the row as JSON
    x          | N    | from when on the row counts as absent, in microseconds since 1970
    expires_at | N    | from when on DynamoDB may remove it, in seconds since 1970; it takes days to do so
    open       | N    | the shard of the job's channel; only while reconciliation has a time for it
    due        | N    | that time, in microseconds since 1970

A row is far from the 400 KB that DynamoDB allows: its history is bounded, and so is every text in it.

The index `open` holds the items that have `open` and `due`, and of a row no more than its keys. Whole rows
in it would cost two write units more for each job whose row is above 1 KB. To read a due row by its key costs
one read unit, a fifth of one write unit's price, and shows it as it stands, which an index may not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import ceil

from worker.adapters.ledger.dynamodb_table import DUE, INDEX, KEY, Item
from worker.core.fleet import shard_of
from worker.core.row import Row, from_json, to_json
from worker.ports import RowUnreadable

TTL_ATTRIBUTE = "expires_at"
TTL_MARGIN = timedelta(hours=1)
"""DynamoDB's clock is not the worker's: it may not remove what the worker still counts."""

WRITABLE = "attribute_not_exists(id) OR v = :replaced OR x <= :now"
"""The condition of a write: nothing stands there, or the version that is replaced, or an expired row."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def item_of(row: Row, *, expires_at: datetime) -> Item:
    """Say how *row* lies in the table."""
    item = {
        KEY: {"S": row.job_id},
        "v": {"N": str(row.version)},
        "r": {"S": to_json(row)},
        "x": {"N": str(micros(expires_at))},
        TTL_ATTRIBUTE: {"N": str(ceil((expires_at + TTL_MARGIN).timestamp()))},
    }
    if row.due_at is not None:
        item[INDEX] = {"N": str(shard_of(row.channel_arn))}
        item[DUE] = {"N": str(micros(row.due_at))}
    return item


def values_of(replaced_version: int, now: datetime) -> Item:
    """Fill in WRITABLE."""
    return {":replaced": {"N": str(replaced_version)}, ":now": {"N": str(micros(now))}}


def row_of(item: Item, job_id: str) -> Row:
    """Read an item, or raise RowUnreadable: what is not understood must not be sent."""
    with _reading(job_id):
        return from_json(item["r"]["S"])


def live_row_of(item: Item | None, job_id: str, *, now: datetime) -> Row | None:
    """Read an item; None if there is none, or if it is past its retention and merely not removed yet."""
    if item is None:
        return None
    with _reading(job_id):
        is_live = int(item["x"]["N"]) > micros(now)
    return row_of(item, job_id) if is_live else None


def micros(at: datetime) -> int:
    """Give an instant as a number that sorts."""
    return (at - _EPOCH) // timedelta(microseconds=1)


@contextmanager
def _reading(job_id: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, ValueError):  # cut off: its text quotes the row
        raise RowUnreadable(f"This version cannot read the ledger's row of job {job_id}.") from None
