"""The worker's ledger, read from another process: a file, or a table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, assert_never

from worker.cli.failures import mistaken
from worker.core.row import Row
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile

if TYPE_CHECKING:
    from worker.adapters.ledger.sqlite_reader import SqliteReader


class LedgerReader(Protocol):
    """What a command may ask a ledger."""

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job. Raise LedgerRefused or LedgerUnavailable."""


class _FileReader:
    """A file is read at once."""

    def __init__(self, reader: SqliteReader) -> None:
        self._reader = reader

    async def read(self, job_id: str) -> Row | None:
        return self._reader.read(job_id)


@asynccontextmanager
async def ledger_reader(settings: Settings) -> AsyncIterator[LedgerReader]:
    """Open the ledger that *settings* name, for reading. Raise Mistaken if no other process can read it."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (only for the command that reads)

    match settings.ledger:
        case SqliteFile(path):
            from worker.adapters.ledger.sqlite_reader import SqliteReader  # noqa: PLC0415

            yield _FileReader(SqliteReader(path, SystemClock()))
        case DynamoDbTable(table):
            from worker.adapters.ledger.dynamodb_reader import DynamoDbReader  # noqa: PLC0415
            from worker.app import dynamodb_of  # noqa: PLC0415

            async with dynamodb_of(settings) as client:
                deadline_s = settings.call_deadline_s
                yield DynamoDbReader(client, table, SystemClock(), call_deadline_s=deadline_s)
        case InMemory():
            raise mistaken(
                "WORKER_LEDGER",
                "memory: is known to the worker alone: others can read sqlite:///PATH or dynamodb://TABLE.",
            )
        case _:
            assert_never(settings.ledger)
