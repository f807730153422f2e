"""
A look into a SQLite ledger from outside, and a word to its worker, whether or not one has it open.

Looking never writes and leaves nothing behind. A pause is one short transaction beside the worker's own.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from worker.adapters.ledger import sqlite_roll
from worker.adapters.ledger.figures import Figures
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite_file import (
    check_schema,
    connect_readonly,
    connect_writable,
    holds_ledger,
    refusal,
)
from worker.adapters.ledger.sqlite_rows import count, read_row, select
from worker.core.fleet import Pause, Roll
from worker.core.row import Row
from worker.ports import Clock


class SqliteReader:
    """Reads rows, figures and the roll. Each call opens the file anew, so that it sees what is committed."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = Path(os.path.realpath(path))  # where SQLite keeps the -wal
        self._clock = clock

    def read(self, job_id: str) -> Row | None:
        """Read the row of a job. Raise LedgerRefused if there is no ledger to read."""
        with _opened(self._path, connect_readonly) as connection:
            text = select(connection, job_id, self._clock.now().timestamp())
        return None if text is None else read_row(text, job_id)

    def figures(self) -> Figures:
        """Count the jobs that are remembered. Raise LedgerRefused if there is no ledger to read."""
        with _opened(self._path, connect_readonly) as connection:
            return count(connection, self._clock.now().timestamp())

    def roll(self) -> Roll:
        """Return who beat last, and what is paused. Raise LedgerRefused if there is no ledger to read."""
        with _opened(self._path, connect_readonly) as connection:
            return sqlite_roll.call_roll(connection, self._clock.now())


class SqliteOperator:
    """
    What operators have of a file, whether or not its worker runs: they read it, and say what is paused.

    Every method raises LedgerRefused if there is no ledger.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = Path(os.path.realpath(path))
        self._reader = SqliteReader(path, clock)

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""
        return self._reader.read(job_id)

    async def figures(self) -> Figures:
        """Count the jobs that are remembered."""
        return self._reader.figures()

    async def roll(self) -> Roll:
        """Return the worker that has the file, and what is paused."""
        return self._reader.roll()

    async def pause(self, pause: Pause) -> None:
        """Pause a channel, or all."""
        with _opened(self._path, connect_writable) as connection:
            sqlite_roll.pause(connection, pause)

    async def resume(self, channel_arn: str | None) -> None:
        """Resume a channel, or all."""
        with _opened(self._path, connect_writable) as connection:
            sqlite_roll.resume(connection, channel_arn)


@contextmanager
def _opened(path: Path, connect: Callable[[Path], sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
    try:
        if not holds_ledger(path):
            raise LedgerRefused(f"There is no ledger at {path}: name the one the worker uses.")
        with closing(connect(path)) as connection:
            check_schema(connection, path)
            yield connection
    except OSError as fault:
        raise LedgerRefused(f"The ledger {path} cannot be used: {fault.strerror}.") from fault
    except sqlite3.Error as fault:
        raise refusal(path, fault) from fault
