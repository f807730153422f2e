"""A SQLite ledger of the version before: what a worker makes of it, and what a reader says."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, SHARD, ManualClock, a_due_row
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.ledger.sqlite_file import SCHEMA_VERSION, open_file
from worker.adapters.ledger.sqlite_reader import SqliteOperator, SqliteReader

JOB = "order-8812-shipped"


@pytest.fixture
def old(path: Path) -> Path:
    """A file of version 1, with a delivered job."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
    return path


async def test_a_worker_brings_an_old_file_up_to_date_and_forgets_nothing(
    old: Path, clock: ManualClock
) -> None:
    async with open_sqlite(old, clock, retention_s=RETENTION_S) as ledger:
        row = await ledger.read(JOB)
        assert row is not None
        assert (row.message_id, row.version, row.due_at) == ("message-1", 2, None)
        assert ledger.created_at.isoformat() == "2026-02-01T00:00:00+00:00"

        assert list(await ledger.due(SHARD, limit=50)) == []
        await ledger.put(a_due_row("new"))
        assert [row.job_id for row in await ledger.due(SHARD, limit=50)] == ["new"]


def test_an_old_file_has_then_the_tables_of_a_new_one(old: Path, clock: ManualClock) -> None:
    new = old.with_name("new.db")
    for path in (old, new):
        open_file(path, clock.now()).close()

    assert schema(old) == schema(new)


def test_a_migration_that_fails_leaves_the_old_file_to_be_tried_again(old: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE roll (in_the_way)")
    before = schema(old)
    with pytest.raises(LedgerRefused, match="table roll already exists"):
        open_file(old, clock.now())
    assert before == schema(old)

    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE roll")
    open_file(old, clock.now()).close()

    assert schema(old)[0] == SCHEMA_VERSION


async def test_whoever_looks_or_switches_is_told_to_start_the_worker_first(
    old: Path, clock: ManualClock
) -> None:
    with pytest.raises(LedgerRefused, match=r"has schema 1, .* start this version's worker on it"):
        SqliteReader(old, clock).read(JOB)
    with pytest.raises(LedgerRefused, match="has schema 1"):
        await SqliteOperator(old, clock).resume(None)


def schema(path: Path) -> tuple[int, set[tuple[str, ...]]]:
    """Read the schema's version, and every column and index."""
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        columns = connection.execute(
            "SELECT m.name, c.name, c.type, c.pk FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c"
        )
        return version, set(columns)
