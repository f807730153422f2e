"""
The jobs of a SQLite ledger: how a row is stored, found and counted. It never opens a file or a transaction.

A row is its JSON; what SQL has to see of it stands beside it in columns. A row past its `expires_at` counts
as absent, and every write removes a few of those.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import assert_never

from worker.adapters.ledger.figures import Figures
from worker.core.fleet import shard_of
from worker.core.row import Ended, Ready, Row, Sending, Unclear, from_json, to_json
from worker.ports import RowUnreadable

JOBS = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE job (
        job_id     TEXT PRIMARY KEY,
        version    INTEGER NOT NULL,
        standing   TEXT NOT NULL,     -- ready, sending, unclear, or the outcome
        is_open    INTEGER NOT NULL,  -- 0: ended, and no other outcome can follow
        expires_at REAL NOT NULL,     -- seconds since 1970
        row        TEXT NOT NULL      -- worker.core.row.to_json
    );
    CREATE INDEX job_expiry ON job (expires_at, standing, is_open);  -- purging, and figures without the rows
"""
"""What version 1 of the schema was."""
DUE_JOBS = """
    ALTER TABLE job ADD COLUMN shard INTEGER;  -- of the channel
    ALTER TABLE job ADD COLUMN due REAL;       -- seconds since 1970; NULL: reconciliation has nothing to do
    CREATE INDEX job_due ON job (shard, due) WHERE due IS NOT NULL;
"""

PURGE_BATCH = 2
"""Expired rows removed by each write: more than a write can add, so that the backlog of them shrinks."""

_SELECT = "SELECT row FROM job WHERE job_id = ? AND expires_at > ?"
_UPSERT = """
    INSERT INTO job (job_id, version, standing, is_open, expires_at, row, shard, due)
    VALUES (:job_id, :version + 1, :standing, :is_open, :expires_at, :row, :shard, :due)
    ON CONFLICT (job_id) DO UPDATE SET
        version = excluded.version, standing = excluded.standing, is_open = excluded.is_open,
        expires_at = excluded.expires_at, row = excluded.row, shard = excluded.shard, due = excluded.due
    WHERE job.version = :version OR job.expires_at <= :now
"""
_PURGE = "DELETE FROM job WHERE job_id IN (SELECT job_id FROM job WHERE expires_at <= ? LIMIT ?)"
_DUE = "SELECT row FROM job WHERE shard = ? AND due <= ? AND expires_at > ? ORDER BY due"
_FIGURES = "SELECT standing, count(*), sum(is_open) FROM job WHERE expires_at > ? GROUP BY standing"
_WAITING = "SELECT count(*), coalesce(sum(due <= ?), 0) FROM job WHERE due IS NOT NULL AND expires_at > ?"


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it is stored."""

    job_id: str
    version: int
    """The version it replaces; 0 = none."""
    standing: str
    is_open: bool
    expires_at: float
    now: float
    row: str
    shard: int
    due: float | None


def record(row: Row, *, now: datetime, retention_s: float) -> Record:
    """Say how *row* is stored as its next version."""
    standing, is_open = _standing(row)
    return Record(
        job_id=row.job_id,
        version=row.version,
        standing=standing,
        is_open=is_open,
        expires_at=(now + timedelta(seconds=retention_s)).timestamp(),
        now=now.timestamp(),
        row=to_json(replace(row, version=row.version + 1)),
        shard=shard_of(row.channel_arn),
        due=None if row.due_at is None else row.due_at.timestamp(),
    )


def read_row(text: str, job_id: str) -> Row:
    """Read a stored row, or raise RowUnreadable: what is not understood must not be sent."""
    try:
        return from_json(text)
    except ValueError as fault:
        raise RowUnreadable(f"This version cannot read the ledger's row of job {job_id}.") from fault


def select(connection: Connection, job_id: str, now: float) -> str | None:
    """Return the text of a job's row; None if there is none, or if it has expired."""
    found: tuple[str] | None = connection.execute(_SELECT, (job_id, now)).fetchone()
    return found[0] if found else None


def upsert(connection: Connection, new: Record) -> str | None:
    """Store a record and return None, or return the text of the row that stands in the way."""
    connection.execute(_PURGE, (new.now, PURGE_BATCH))
    if connection.execute(_UPSERT, asdict(new)).rowcount == 1:
        return None
    return select(connection, new.job_id, new.now)


def select_due(connection: Connection, shard: int, *, now: float, limit: int) -> list[Row]:
    """Return rows of a shard that are due, the longest overdue first, without those that cannot be read."""
    rows: list[Row] = []
    for (text,) in connection.execute(_DUE, (shard, now, now)):
        with suppress(ValueError):  # a newer version's: that one's to reconcile
            rows.append(from_json(text))
        if len(rows) == limit:
            break
    return rows


def count(connection: Connection, now: float) -> Figures:
    """Count the rows that have not expired."""
    found: list[tuple[str, int, int]] = connection.execute(_FIGURES, (now,)).fetchall()
    waiting, due = connection.execute(_WAITING, (now, now)).fetchone()
    return Figures(
        jobs=sum(jobs for _, jobs, _ in found),
        open=sum(is_open for _, _, is_open in found),
        by_standing={standing: jobs for standing, jobs, _ in found},
        waiting=waiting,
        due=due,
    )


def _standing(row: Row) -> tuple[str, bool]:
    match row.state:
        case Ended(outcome=outcome):
            return outcome.value, not outcome.is_final
        case Ready() | Sending() | Unclear() as state:
            return state.kind, True
        case _:
            assert_never(row.state)
