"""
The roll of a SQLite ledger: a heartbeat, and what is paused. It never opens a file or a transaction.

The file is one worker's own, so one heartbeat is all there is: that of whoever beat last.
"""

from __future__ import annotations

from datetime import datetime
from sqlite3 import Connection

from worker.adapters.ledger.roll import roll_from, to_json
from worker.core.fleet import Member, Pause, Roll

ROLL = """
    CREATE TABLE roll (
        key  TEXT PRIMARY KEY,  -- worker: its heartbeat; a channel's ARN, or *: that it, or all, is paused
        line TEXT NOT NULL      -- worker.adapters.ledger.roll.to_json
    ) WITHOUT ROWID;
"""
WORKER = "worker"
ALL = "*"


def call_roll(connection: Connection, now: datetime) -> Roll:
    """Return who is there and what is paused."""
    return roll_from((line for (line,) in connection.execute("SELECT line FROM roll")), now)


def beat(connection: Connection, member: Member) -> Roll:
    """Store the worker's heartbeat, and return the roll."""
    connection.execute("INSERT OR REPLACE INTO roll VALUES (?, ?)", (WORKER, to_json(member)))
    return call_roll(connection, member.seen_at)


def leave(connection: Connection) -> None:
    """Remove the worker's heartbeat."""
    connection.execute("DELETE FROM roll WHERE key = ?", (WORKER,))


def pause(connection: Connection, wanted: Pause) -> None:
    """Pause a channel, or all; what is paused already stays so since then."""
    connection.execute(
        "INSERT OR IGNORE INTO roll VALUES (?, ?)", (wanted.channel_arn or ALL, to_json(wanted))
    )


def resume(connection: Connection, channel_arn: str | None) -> None:
    """Resume a channel; None resumes all, and each that was paused by itself."""
    if channel_arn is None:
        connection.execute("DELETE FROM roll WHERE key <> ?", (WORKER,))
    else:
        connection.execute("DELETE FROM roll WHERE key = ?", (channel_arn,))
