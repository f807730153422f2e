"""A look into a SQLite ledger from outside, whether or not a worker has it open. It never writes or locks."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite_file import check_schema, connect_readonly, holds_ledger, refusal
from worker.adapters.ledger.sqlite_rows import Figures, count, read_row, select
from worker.core.row import Row
from worker.ports import Clock


class SqliteReader:
    """Reads rows and figures. Each call opens the file anew, so that it always sees what is committed."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = Path(os.path.realpath(path))  # where SQLite keeps the -wal
        self._clock = clock

    def read(self, job_id: str) -> Row | None:
        """Read the row of a job. Raise LedgerRefused if there is no ledger to read."""
        with self._connection() as connection:
            text = select(connection, job_id, self._clock.now().timestamp())
        return None if text is None else read_row(text, job_id)

    def figures(self) -> Figures:
        """Count the jobs that are remembered. Raise LedgerRefused if there is no ledger to read."""
        with self._connection() as connection:
            return count(connection, self._clock.now().timestamp())

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            if not holds_ledger(self._path):
                raise LedgerRefused(f"There is no ledger at {self._path}: name the one the worker uses.")
            with closing(connect_readonly(self._path)) as connection:
                check_schema(connection, self._path)
                yield connection
        except OSError as fault:
            raise LedgerRefused(f"The ledger {self._path} cannot be read: {fault.strerror}.") from fault
        except sqlite3.Error as fault:
            raise refusal(self._path, fault) from fault
