"""What operators tell the worker of a SQLite ledger, beside it or while it is away."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.ledger.samples import CHANNEL, RETENTION_S, T0, ManualClock, a_member, a_row
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.ledger.sqlite_file import open_file
from worker.adapters.ledger.sqlite_reader import SqliteOperator, SqliteReader
from worker.core.fleet import Pause, Roll

ALL = Pause(None, T0)


async def test_what_is_paused_while_no_worker_runs_is_told_to_the_next_and_leaves_nothing_beside_the_file(
    path: Path, clock: ManualClock
) -> None:
    """A -shm left by root's `pause` would keep the worker's own user out."""
    open_file(path, clock.now()).close()
    before = sorted(path.parent.iterdir())

    await SqliteOperator(path, clock).pause(ALL)

    assert before == sorted(path.parent.iterdir())
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        assert (await ledger.beat(a_member())).pauses == (ALL,)


async def test_a_worker_that_writes_all_the_time_lets_operators_in_and_loses_nothing(
    path: Path, clock: ManualClock
) -> None:
    switches = SqliteOperator(path, clock)
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger, asyncio.TaskGroup() as group:
        writes = [group.create_task(ledger.put(a_row(f"job-{n}"))) for n in range(500)]
        for n in range(10):
            await switches.pause(Pause(f"{CHANNEL}-{n}", T0))
            await asyncio.sleep(0)

        assert len((await ledger.beat(a_member())).pauses) == 10
        assert {None} == {await write for write in writes}


async def test_a_worker_that_was_killed_is_no_member_once_another_has_the_file(
    path: Path, clock: ManualClock
) -> None:
    """The file's lock proves it dead: nobody has to wait for its heartbeat to stop."""
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.beat(a_member("killed"))

    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        assert await ledger.beat(a_member("next")) == Roll(members=(a_member("next"),))


async def test_a_reader_sees_who_runs_and_what_is_paused(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.beat(a_member())
        await SqliteOperator(path, clock).pause(ALL)

        assert SqliteReader(path, clock).roll() == Roll((a_member(),), (ALL,))


async def test_where_there_is_no_ledger_nothing_can_be_paused_and_none_is_made(
    path: Path, clock: ManualClock
) -> None:
    with pytest.raises(LedgerRefused, match="no ledger at"):
        await SqliteOperator(path, clock).pause(ALL)

    assert list(path.parent.iterdir()) == []


async def test_a_file_that_another_program_holds_is_refused_in_words(path: Path, clock: ManualClock) -> None:
    open_file(path, clock.now()).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(LedgerRefused, match="cannot be used: database is locked"):
            await SqliteOperator(path, clock).pause(ALL)
