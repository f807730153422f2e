"""
The roll in DynamoDB: items beside the rows, in the same index, so that one Query reads all of them.

    attribute  | type | #worker/ID           | #pause/CHANNEL_ARN, #pause/*
    -----------|------|----------------------|-----------------------------------------------
    open       | N    | -1                   | -1, which is nobody's shard
    due        | N    | the minute of it     | beyond all time: read with every heartbeat
    m          | S    | the line as JSON; the one attribute that the index holds beside keys
    expires_at | N    | an hour later        |

`due` is the minute, not the moment: a key that changes is two writes of the index, and a text is one.
Nothing is deleted: an item that loses `open` leaves the index, and its time to live does the rest. So a
worker needs no right to delete.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from worker.adapters.ledger.dynamodb_items import TTL_ATTRIBUTE, TTL_MARGIN, micros
from worker.adapters.ledger.dynamodb_table import DUE, INDEX, KEY, LINE, Item, Table
from worker.adapters.ledger.roll import REMEMBERED, roll_from, to_json
from worker.core.fleet import Member, Pause, Roll

ROLL_SHARD = -1
BEYOND_ALL_TIME = 10**18

_NOT_THERE = f"attribute_not_exists({DUE})"


def worker_key(worker_id: str) -> str:
    """Name the item of a worker's heartbeat."""
    return f"#worker/{worker_id}"


def heartbeat(member: Member) -> Item:
    """Say how a heartbeat lies in the table."""
    due = micros(member.seen_at.replace(second=0, microsecond=0))
    return {**_line(worker_key(member.id), member, due=due), TTL_ATTRIBUTE: _ttl(member.seen_at)}


async def call_roll(table: Table, now: datetime) -> Roll:
    """Return who is there and what is paused, as of a moment ago."""
    since = micros(now - REMEMBERED - timedelta(minutes=1))
    entries = table.indexed(ROLL_SHARD, since=since, until=BEYOND_ALL_TIME)
    return roll_from([entry[LINE]["S"] async for entry in entries if "S" in entry.get(LINE, {})], now)


async def pause(table: Table, wanted: Pause) -> None:
    """Pause a channel, or all; what is paused already stays so since then."""
    item = _line(_pause_key(wanted.channel_arn), wanted, due=BEYOND_ALL_TIME)
    await table.put_if(_NOT_THERE, item, values={})


async def resume(table: Table, channel_arn: str | None, now: datetime) -> None:
    """Resume a channel; None resumes all, and each that was paused by itself."""
    await strike(table, _pause_key(channel_arn), now)
    if channel_arn is None:
        for each in (await call_roll(table, now)).pauses:
            await strike(table, _pause_key(each.channel_arn), now)


async def strike(table: Table, key: str, now: datetime) -> None:
    """Take an item off the roll."""
    await table.put({KEY: {"S": key}, TTL_ATTRIBUTE: _ttl(now)})


def _pause_key(channel_arn: str | None) -> str:
    return f"#pause/{channel_arn or '*'}"


def _line(key: str, line: Member | Pause, *, due: int) -> Item:
    return {
        KEY: {"S": key},
        INDEX: {"N": str(ROLL_SHARD)},
        DUE: {"N": str(due)},
        LINE: {"S": to_json(line)},
    }


def _ttl(at: datetime) -> dict[str, str]:
    return {"N": str(ceil((at + TTL_MARGIN).timestamp()))}
