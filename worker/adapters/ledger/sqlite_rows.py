"""
The table of a SQLite ledger: how a row is stored, found and counted. It never opens a file or a transaction.

A row is its JSON; what SQL has to see of it stands beside it in columns. A row past its `expires_at` counts
as absent, and every write removes a few of those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import assert_never

from worker.core.row import Ended, Ready, Row, Sending, Unclear, from_json, to_json
from worker.ports import LedgerUnavailable

SCHEMA = """
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

PURGE_BATCH = 2
"""Expired rows removed by each write: more than a write can add, so that the backlog of them shrinks."""

_SELECT = "SELECT row FROM job WHERE job_id = ? AND expires_at > ?"
_UPSERT = """
    INSERT INTO job (job_id, version, standing, is_open, expires_at, row)
    VALUES (:job_id, :version + 1, :standing, :is_open, :expires_at, :row)
    ON CONFLICT (job_id) DO UPDATE SET
        version = excluded.version, standing = excluded.standing, is_open = excluded.is_open,
        expires_at = excluded.expires_at, row = excluded.row
    WHERE job.version = :version OR job.expires_at <= :now
"""
_PURGE = "DELETE FROM job WHERE job_id IN (SELECT job_id FROM job WHERE expires_at <= ? LIMIT ?)"
_FIGURES = "SELECT standing, count(*), sum(is_open) FROM job WHERE expires_at > ? GROUP BY standing"


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


@dataclass(frozen=True, slots=True)
class Figures:
    """How many jobs a ledger remembers, and how they stand."""

    open: int
    """Jobs that have not ended for good."""
    by_standing: Mapping[str, int]
    """By state (`ready`, `sending`, `unclear`) or, once they have ended, by outcome."""


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
    )


def read_row(text: str, job_id: str) -> Row:
    """Read a stored row, or raise LedgerUnavailable: what is not understood must not be sent."""
    try:
        return from_json(text)
    except ValueError as fault:
        raise LedgerUnavailable(f"This version cannot read the ledger's row of job {job_id}.") from fault


def select(connection: Connection, job_id: str, now: float) -> str | None:
    """Return the text of a job's row; None if there is none, or if it has expired."""
    found: tuple[str] | None = connection.execute(_SELECT, (job_id, now)).fetchone()
    return found[0] if found else None


def upsert(connection: Connection, new: Record) -> str | None:
    """Store a record and return None, or return the text of the row that stands in the way."""
    connection.execute(_PURGE, (new.now, PURGE_BATCH))
    values = {
        "job_id": new.job_id,
        "version": new.version,
        "standing": new.standing,
        "is_open": new.is_open,
        "expires_at": new.expires_at,
        "now": new.now,
        "row": new.row,
    }
    if connection.execute(_UPSERT, values).rowcount == 1:
        return None
    return select(connection, new.job_id, new.now)


def count(connection: Connection, now: float) -> Figures:
    """Count the rows that have not expired."""
    found: list[tuple[str, int, int]] = connection.execute(_FIGURES, (now,)).fetchall()
    return Figures(
        open=sum(is_open for _, _, is_open in found),
        by_standing={standing: jobs for standing, jobs, _ in found},
    )


def _standing(row: Row) -> tuple[str, bool]:
    match row.state:
        case Ended(outcome=outcome):
            return outcome.value, not outcome.is_final
        case Ready() | Sending() | Unclear() as state:
            return state.kind, True
        case _:
            assert_never(row.state)
