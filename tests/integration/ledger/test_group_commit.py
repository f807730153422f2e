"""What operations that share a transaction have to do with one another."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from tests.contract.ledger.samples import ManualClock
from worker.adapters.ledger.group_commit import GroupCommit, Operation
from worker.adapters.ledger.sqlite_file import open_file
from worker.ports import LedgerUnavailable

Answers = list[str | BaseException | None]


@pytest.fixture
async def commits(path: Path, clock: ManualClock) -> AsyncIterator[GroupCommit]:
    file = open_file(path, clock.now())
    file.connection.execute("PRAGMA foreign_keys = ON")
    file.connection.execute("CREATE TABLE child (key REFERENCES meta DEFERRABLE INITIALLY DEFERRED)")
    opened = GroupCommit(file)
    yield opened
    await opened.close()


def note(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("INSERT INTO meta VALUES (?, '')", (key,))


def notes(connection: sqlite3.Connection) -> str:
    rows = connection.execute("SELECT key FROM meta WHERE key <> 'created_at' ORDER BY key")
    return " ".join(key for (key,) in rows)


def nonsense(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT nonsense")


def lose_the_transaction(connection: sqlite3.Connection) -> None:
    """As SQLite does by itself after some I/O errors."""
    connection.execute("ROLLBACK")
    raise sqlite3.OperationalError("disk I/O error")


def leave_an_orphan(connection: sqlite3.Connection) -> None:
    """Do what SQLite takes now and refuses when it commits."""
    connection.execute("INSERT INTO child VALUES ('of nobody')")


async def in_one_group(commits: GroupCommit, *operations: Operation[str | None]) -> Answers:
    """Hold up the thread until all operations wait for it, so that they become one group."""
    gate = Event()
    hold_up = commits.run(lambda _: None if gate.wait(10) else "nobody opened the gate", "read")
    running = asyncio.gather(  # noqa: TID251 - a TaskGroup would stop at the first fault
        hold_up, *(commits.run(operation, "write") for operation in operations), return_exceptions=True
    )
    await asyncio.sleep(0)  # all have asked
    gate.set()
    return (await running)[1:]


async def test_a_group_is_run_in_the_order_of_asking(commits: GroupCommit) -> None:
    answers = await in_one_group(commits, notes, partial(note, key="a"), notes, partial(note, key="b"), notes)

    assert ["", None, "a", None, "a b"] == answers


async def test_an_operation_that_fails_fails_alone(commits: GroupCommit) -> None:
    answers = await in_one_group(commits, partial(note, key="a"), nonsense, partial(note, key="b"))

    assert [type(None), LedgerUnavailable, type(None)] == [type(answer) for answer in answers]
    assert await commits.run(notes, "read") == "a b"


async def test_a_bug_in_an_operation_reaches_its_caller_alone_and_as_itself(commits: GroupCommit) -> None:
    def bug(_: sqlite3.Connection) -> None:
        raise ZeroDivisionError

    answers = await in_one_group(commits, partial(note, key="a"), bug)

    assert [type(None), ZeroDivisionError] == [type(answer) for answer in answers]
    assert await commits.run(notes, "read") == "a"


async def test_a_lost_transaction_is_unavailable_for_all_of_its_group_and_the_next_one_works(
    commits: GroupCommit,
) -> None:
    answers = await in_one_group(
        commits, partial(note, key="a"), lose_the_transaction, partial(note, key="b")
    )

    assert [LedgerUnavailable] * 3 == [type(answer) for answer in answers]
    await commits.run(partial(note, key="c"), "write")
    assert await commits.run(notes, "read") == "c"


async def test_a_commit_that_fails_is_unavailable_for_all_of_its_group_and_the_next_one_works(
    commits: GroupCommit,
) -> None:
    answers = await in_one_group(commits, partial(note, key="a"), leave_an_orphan)

    assert [LedgerUnavailable] * 2 == [type(answer) for answer in answers]
    await commits.run(partial(note, key="c"), "write")
    assert await commits.run(notes, "read") == "c"
