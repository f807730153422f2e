"""The worker's ledger, read and switched from another process: a file, or a table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, assert_never

from worker.cli.failures import mistaken
from worker.core.row import Row
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile

if TYPE_CHECKING:
    from worker.adapters.ledger.dynamodb_reader import DynamoDbReader
    from worker.adapters.ledger.figures import Figures
    from worker.adapters.ledger.sqlite_reader import SqliteReader
    from worker.core.fleet import Roll
    from worker.ports import Switches


IN_MEMORY = (
    "memory: is known to the worker alone: others can read and pause sqlite:///PATH or dynamodb://TABLE."
)


class LedgerReader(Protocol):
    """What a command may ask a ledger. Every method may raise LedgerRefused or LedgerUnavailable."""

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""

    async def figures(self) -> Figures:
        """Count the jobs that are remembered."""

    async def roll(self) -> Roll:
        """Return who is there and what is paused."""


class _FileReader:
    """A file is read at once."""

    def __init__(self, reader: SqliteReader) -> None:
        self._reader = reader

    async def read(self, job_id: str) -> Row | None:
        return self._reader.read(job_id)

    async def figures(self) -> Figures:
        return self._reader.figures()

    async def roll(self) -> Roll:
        return self._reader.roll()


@asynccontextmanager
async def ledger_reader(settings: Settings) -> AsyncIterator[LedgerReader]:
    """Open the ledger that *settings* name, for reading. Raise Mistaken if no other process can read it."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (only for the command that reads)

    match settings.ledger:
        case SqliteFile(path):
            from worker.adapters.ledger.sqlite_reader import SqliteReader  # noqa: PLC0415

            yield _FileReader(SqliteReader(path, SystemClock()))
        case DynamoDbTable(table):
            async with _table(settings, table) as reader:
                yield reader
        case InMemory():
            raise mistaken("WORKER_LEDGER", IN_MEMORY)
        case _:
            assert_never(settings.ledger)


@asynccontextmanager
async def ledger_switches(settings: Settings) -> AsyncIterator[Switches]:
    """Open the ledger that *settings* name, to pause and resume. Raise Mistaken if no other process can."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415

    match settings.ledger:
        case SqliteFile(path):
            from worker.adapters.ledger.sqlite_reader import SqliteSwitches  # noqa: PLC0415

            yield SqliteSwitches(path, SystemClock())
        case DynamoDbTable(table):
            async with _table(settings, table) as switches:
                yield switches
        case InMemory():
            raise mistaken("WORKER_LEDGER", IN_MEMORY)
        case _:
            assert_never(settings.ledger)


@asynccontextmanager
async def _table(settings: Settings, table: str) -> AsyncIterator[DynamoDbReader]:
    from worker.adapters.clock import SystemClock  # noqa: PLC0415
    from worker.adapters.ledger.dynamodb_reader import DynamoDbReader  # noqa: PLC0415
    from worker.app import dynamodb_of  # noqa: PLC0415

    async with dynamodb_of(settings) as client:
        yield DynamoDbReader(client, table, SystemClock(), call_deadline_s=settings.call_deadline_s)
