"""What a SQLite ledger keeps: through restarts, kill -9, full disks and cancelled callers."""

import asyncio
import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, SHARD, T0, ManualClock, a_due_row, a_row
from worker.adapters.ledger.sqlite import SqliteLedger, open_sqlite
from worker.adapters.ledger.sqlite_file import open_file
from worker.adapters.ledger.sqlite_rows import _DUE
from worker.core.row import Row
from worker.ports import LedgerUnavailable

ROOT = Path(__file__).parents[3]


async def test_a_restart_remembers_rows_and_since_when(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row())
    clock.move(60)

    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        assert ledger.created_at == T0
        assert await ledger.read(a_row().job_id) is not None


@pytest.mark.parametrize("acknowledged", [1, 40, 400])
async def test_whatever_was_acknowledged_is_there_after_kill_9_and_a_restart_may_have_it_at_once(
    path: Path, clock: ManualClock, acknowledged: int
) -> None:
    scribe = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.ledger.scribe",
        str(path),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert scribe.stdout is not None
    lines = [await scribe.stdout.readline() for _ in range(acknowledged)]
    os.kill(scribe.pid, signal.SIGKILL)
    lines += (await scribe.stdout.read()).splitlines(keepends=True)
    assert await scribe.wait() == -signal.SIGKILL
    safe = [line.decode().strip() for line in lines if line.endswith(b"\n")]

    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        lost = [job_id for job_id in safe if await ledger.read(job_id) is None]

    assert len(safe) >= acknowledged
    assert lost == []


async def test_closing_finishes_what_was_asked_for_and_leaves_one_whole_file(
    path: Path, clock: ManualClock
) -> None:
    async with asyncio.TaskGroup() as group, open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        writes = [group.create_task(ledger.put(a_row(f"job-{n}"))) for n in range(20)]
        await asyncio.sleep(0)  # all have asked, none has been answered

    assert {None} == {write.result() for write in writes}
    assert {path.name, f"{path.name}.lock"} == {entry.name for entry in path.parent.iterdir()}
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        assert None not in [await ledger.read(f"job-{n}") for n in range(20)]


async def test_a_closed_ledger_says_so_and_can_be_closed_again(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.close()

    with pytest.raises(LedgerUnavailable, match="closed"):
        await ledger.put(a_row())


async def test_a_full_disk_takes_nothing_that_it_acknowledged_and_works_again_when_there_is_space(
    path: Path, clock: ManualClock
) -> None:
    file = open_file(path, clock.now())
    limit_pages(file.connection, 40)
    ledger = SqliteLedger(file, clock, retention_s=RETENTION_S)
    rows = [a_row(f"job-{n}") for n in range(400)]

    kept: list[Row] = []
    unavailable: list[Row] = []
    for start in range(0, 400, 20):
        writes = await asyncio.gather(  # noqa: TID251 - a TaskGroup would stop at the first fault
            *(ledger.put(row) for row in rows[start : start + 20]), return_exceptions=True
        )
        for row, answer in zip(rows[start:], writes, strict=False):
            (kept if answer is None else unavailable).append(row)
            assert answer is None or isinstance(answer, LedgerUnavailable)
    missing = [row for row in kept if await ledger.read(row.job_id) is None]
    surplus = [row for row in unavailable if await ledger.read(row.job_id) is not None]
    limit_pages(file.connection, 4000)
    again = [await ledger.put(row) for row in unavailable]
    await ledger.close()

    assert kept
    assert unavailable
    assert missing == surplus == []
    assert {None} == set(again)


async def test_a_log_that_finds_no_space_is_emptied_so_that_the_next_write_works(
    path: Path, clock: ManualClock
) -> None:
    """By itself SQLite would wait for 4 MB of log, and never get there on a small disk."""
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        failures = 0
        with file_size_limit(200_000):
            for version in range(60):
                try:
                    await ledger.put(a_row(version=version))
                except LedgerUnavailable:
                    failures += 1
                    assert await ledger.put(a_row(version=version)) is None
        row = await ledger.read(a_row().job_id)

    assert failures > 0
    assert row is not None
    assert row.version == 60


async def test_a_file_locked_by_another_program_is_unavailable_for_writing_until_it_is_let_go(
    path: Path, clock: ManualClock
) -> None:
    file = open_file(path, clock.now())
    file.connection.execute("PRAGMA busy_timeout = 0")
    ledger = SqliteLedger(file, clock, retention_s=RETENTION_S)
    await ledger.put(a_row())

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerUnavailable, match="locked"):
            await ledger.put(a_row("job-2"))
        assert await ledger.read(a_row().job_id) is not None
    assert await ledger.put(a_row("job-2")) is None

    await ledger.close()


async def test_a_cancelled_caller_loses_no_write_and_breaks_no_other(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        async with asyncio.TaskGroup() as group:
            writes = [group.create_task(ledger.put(a_row(f"job-{n}"))) for n in range(20)]
            await asyncio.sleep(0)  # all have asked, none has been answered
            for write in writes[::2]:
                write.cancel()

        assert [True, False] * 10 == [write.cancelled() for write in writes]
        assert None not in [await ledger.read(f"job-{n}") for n in range(20)]


async def test_many_writers_share_a_commit(path: Path, clock: ManualClock) -> None:
    """Counted in transactions: how long an fsync takes depends on the machine."""
    statements: list[str] = []
    file = open_file(path, clock.now())
    file.connection.set_trace_callback(statements.append)
    ledger = SqliteLedger(file, clock, retention_s=RETENTION_S)

    async def writer(name: int) -> None:
        for n in range(8):
            await ledger.put(a_row(f"{name}-{n}"))

    async with asyncio.TaskGroup() as group:
        for name in range(64):
            group.create_task(writer(name))
    await ledger.close()

    assert statements.count("COMMIT") <= 64 * 8 / 8


async def test_rows_past_their_retention_leave_the_file(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        for n in range(20):
            await ledger.put(a_row(f"old-{n}"))
        clock.move(RETENTION_S)
        for n in range(10):
            await ledger.put(a_row(f"new-{n}"))

    assert {f"new-{n}" for n in range(10)} == {job_id for (job_id,) in query(path, "SELECT job_id FROM job")}


async def test_what_a_newer_version_has_added_to_a_row_is_ignored(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row())
        row = await ledger.read(a_row().job_id)
        query(
            path, """UPDATE job SET row = json_set(row, '$.later', json('{"a": [1]}'), '$.claim.later', 1)"""
        )

        assert await ledger.read(a_row().job_id) == row


async def test_a_row_that_cannot_be_read_makes_its_own_job_unavailable_and_no_other(
    path: Path, clock: ManualClock
) -> None:
    """What is not understood must be neither taken for absent nor written over."""
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row("broken"))
        await ledger.put(a_row("sound"))
        query(path, "UPDATE job SET row = '{\"secret\":' WHERE job_id = 'broken'")

        with pytest.raises(LedgerUnavailable, match="job broken") as reading:
            await ledger.read("broken")
        with pytest.raises(LedgerUnavailable, match="job broken"):
            await ledger.put(a_row("broken"))
        assert "secret" not in str(reading.value)
        assert await ledger.read("sound") is not None


async def test_a_due_row_that_cannot_be_read_hides_none_that_can(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_due_row("broken"))
        await ledger.put(a_due_row("sound"))
        query(path, "UPDATE job SET row = '{}' WHERE job_id = 'broken'")

        assert [row.job_id for row in await ledger.due(SHARD, limit=1)] == ["sound"]


async def test_due_rows_are_found_by_their_index_which_holds_no_other(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_due_row("due"))
        await ledger.put(a_row("not due"))

    plan = query(path, "EXPLAIN QUERY PLAN " + _DUE.replace("?", "1"))
    assert len(plan) == 1
    assert "USING INDEX job_due (shard=? AND due<?)" in str(plan)
    assert query(path, "SELECT job_id FROM job INDEXED BY job_due WHERE due IS NOT NULL") == [("due",)]


def limit_pages(connection: sqlite3.Connection, pages: int) -> None:
    """Let the file grow to so many pages: beyond it SQLite answers as on a full disk."""
    connection.execute(f"PRAGMA max_page_count = {pages}")


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size* bytes: writing more is an I/O error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def query(path: Path, statement: str) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()
