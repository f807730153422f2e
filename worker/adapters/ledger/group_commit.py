"""
One thread that owns a SQLite connection, and commits in one transaction whatever came in during the last.

Callers await their own operation; a group costs one fsync however many wait for it. It knows nothing of rows.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Literal, TypeVar

from worker.adapters.ledger.sqlite_file import LedgerFile
from worker.ports import LedgerUnavailable

GROUP_LIMIT = 1000
"""Operations of one transaction: a bound on how long the first of them waits for the last."""

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]
"""Statements inside a transaction that is not theirs to end. If one of them fails, those before it stand."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    operation: Operation[Any]
    access: Literal["read", "write"]
    future: asyncio.Future[Any]
    """Of what the operation returned, or the fault that it met."""


class GroupCommit:
    """The thread and its queue. To be made inside the event loop whose callers it serves."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._is_open = True
        # A daemon: a process that fails before it closes the ledger must still be able to end.
        Thread(target=self._serve, name="ledger", daemon=True).start()

    async def run(self, operation: Operation[T], access: Literal["read", "write"]) -> T:
        """
        Run an operation in order with all others; return once it is on the disk, or raise LedgerUnavailable.

        A caller that is cancelled meanwhile stops waiting; its operation runs all the same.
        """
        if not self._is_open:
            raise LedgerUnavailable(f"The ledger {self._file.path} is closed.")
        future: asyncio.Future[T | Exception] = self._loop.create_future()
        self._queue.put(_Waiting(operation, access, future))
        answer = await future
        if isinstance(answer, sqlite3.Error):
            raise LedgerUnavailable(f"The ledger {self._file.path} cannot be used: {answer}.") from answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None:
        """Finish what has been asked for, then close the file."""
        if self._is_open:
            self._is_open = False
            self._queue.put(None)
        await asyncio.shield(self._closed)

    def _serve(self) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._gather()
            answers = self._commit(group)
            self._tell(partial(_resolve, group, answers))
        self._file.close()
        self._tell(partial(self._closed.set_result, None))

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """Wait for an operation, take all that are there, and say whether they are the last."""
        items = [self._queue.get()]
        with suppress(Empty):
            while len(items) < GROUP_LIMIT:
                items.append(self._queue.get_nowait())
        return [item for item in items if item is not None], None in items

    def _commit(self, group: list[_Waiting]) -> list[Any]:
        """Run a group in one transaction. A fault is its operation's own; a lost transaction is all's."""
        connection = self._file.connection
        writes = any(waiting.access == "write" for waiting in group)
        try:
            connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
            answers = [self._attempt(waiting.operation) for waiting in group]
            connection.execute("COMMIT")
        except Exception as fault:  # told to every caller, each of which raises it
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            with suppress(sqlite3.Error):  # a disk may be full of the log alone: emptied, it begins anew
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            return [fault] * len(group)
        return answers

    def _attempt(self, operation: Operation[T]) -> T | Exception:
        try:
            return operation(self._file.connection)
        except Exception as fault:  # told to the caller, which raises it
            # A full disk or an I/O error may undo the statement or the whole transaction; SQLite says which:
            # https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
            if not self._file.connection.in_transaction:
                raise
            return fault

    def _tell(self, news: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(news)


def _resolve(group: list[_Waiting], answers: list[Any]) -> None:
    for waiting, answer in zip(group, answers, strict=True):
        if not waiting.future.done():  # its caller was cancelled
            waiting.future.set_result(answer)
