"""The worker's ledger, read from another process; only a file can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from worker.cli.failures import mistaken
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile

if TYPE_CHECKING:
    from worker.adapters.ledger.sqlite_reader import SqliteReader


def ledger_reader(settings: Settings) -> SqliteReader:
    """Make a reader of the ledger that *settings* name. Raises Mistaken if no other process can read it."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (only for the command that reads)
    from worker.adapters.ledger.sqlite_reader import SqliteReader  # noqa: PLC0415

    match settings.ledger:
        case SqliteFile(path):
            return SqliteReader(path, SystemClock())
        case InMemory():
            raise mistaken(
                "WORKER_LEDGER", "memory: is known to the worker alone: others can read a sqlite:///PATH."
            )
        case DynamoDbTable():
            raise mistaken(
                "WORKER_LEDGER", "this version has no dynamodb:// yet: it can read a sqlite:///PATH."
            )
        case _:
            assert_never(settings.ledger)
