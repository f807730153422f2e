"""A look into a ledger from outside."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, STATES, ManualClock, a_due_row, a_row
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.ledger.sqlite_reader import SqliteReader


async def test_it_sees_at_once_what_a_running_worker_has_written(path: Path, clock: ManualClock) -> None:
    reader = SqliteReader(path, clock)

    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        assert reader.read(a_row().job_id) is None
        await ledger.put(a_row())

        assert reader.read(a_row().job_id) == await ledger.read(a_row().job_id) is not None
        assert await ledger.put(a_row("job-2")) is None


async def test_it_reads_what_a_stopped_worker_has_left_and_leaves_nothing_itself(
    path: Path, clock: ManualClock
) -> None:
    """A -shm left by root's `status` would keep the worker's own user out."""
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row())
    before = sorted(path.parent.iterdir())

    assert SqliteReader(path, clock).read(a_row().job_id) is not None
    assert SqliteReader(path, clock).figures().open == 1

    assert before == sorted(path.parent.iterdir())


async def test_it_follows_a_link_to_where_the_worker_writes(path: Path, clock: ManualClock) -> None:
    alias = path.parent / "alias" / "ledger.db"
    alias.parent.mkdir()
    alias.symlink_to(path)

    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row())

        assert SqliteReader(alias, clock).read(a_row().job_id) is not None


async def test_figures_count_jobs_by_state_and_outcome_and_leave_out_the_expired(
    path: Path, clock: ManualClock
) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row("expired"))
        clock.move(RETENTION_S)
        for name, state in STATES.items():
            await ledger.put(replace(a_row(name), state=state))

        figures = SqliteReader(path, clock).figures()

    expected = {"ready": 2, "sending": 1, "unclear": 1, "accepted": 1, "delivered": 1, "rejected": 1}
    assert expected == figures.by_standing
    assert (figures.jobs, figures.open) == (7, 5)


async def test_figures_count_what_reconciliation_has_to_do_now_and_later(
    path: Path, clock: ManualClock
) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row("in the queue's care"))
        for after_s in (0, 1, 2):
            await ledger.put(a_due_row(f"job-{after_s}", after_s=after_s))
        clock.move(1)

        figures = SqliteReader(path, clock).figures()

    assert (figures.waiting, figures.due) == (3, 2)


async def test_an_expired_row_is_not_shown(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row())
        clock.move(RETENTION_S)

        assert SqliteReader(path, clock).read(a_row().job_id) is None


def test_where_there_is_no_ledger_it_says_so_and_makes_none(path: Path, clock: ManualClock) -> None:
    with pytest.raises(LedgerRefused, match="no ledger at"):
        SqliteReader(path, clock).figures()

    assert not path.exists()


def test_what_is_no_ledger_is_refused(path: Path, clock: ManualClock) -> None:
    path.write_text("not a database")

    with pytest.raises(LedgerRefused, match="no SQLite database"):
        SqliteReader(path, clock).figures()
