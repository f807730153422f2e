"""The worker's ledger, read and switched from another process: a file, or a table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, assert_never

from worker.cli.failures import mistaken
from worker.core.row import Row
from worker.ports import Switches
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile

if TYPE_CHECKING:
    from worker.adapters.ledger.figures import Figures

IN_MEMORY = (
    "memory: is known to the worker alone: others can read and pause sqlite:///PATH or dynamodb://TABLE."
)


class LedgerReader(Switches, Protocol):
    """What a command may do with a ledger. Every method may raise LedgerRefused or LedgerUnavailable."""

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""

    async def figures(self) -> Figures:
        """Count the jobs that are remembered."""


@asynccontextmanager
async def ledger_reader(settings: Settings) -> AsyncIterator[LedgerReader]:
    """Open the ledger that *settings* name. Raise Mistaken if no other process can have it."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (only for the command that reads)

    match settings.ledger:
        case SqliteFile(path):
            from worker.adapters.ledger.sqlite_reader import SqliteOperator  # noqa: PLC0415

            yield SqliteOperator(path, SystemClock())
        case DynamoDbTable(table):
            from worker.adapters.ledger.dynamodb_reader import DynamoDbReader  # noqa: PLC0415
            from worker.app import dynamodb_of  # noqa: PLC0415

            async with dynamodb_of(settings) as client:
                deadline_s = settings.call_deadline_s
                yield DynamoDbReader(client, table, SystemClock(), call_deadline_s=deadline_s)
        case InMemory():
            raise mistaken("WORKER_LEDGER", IN_MEMORY)
        case _:
            assert_never(settings.ledger)
