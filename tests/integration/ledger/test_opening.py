"""What a SQLite ledger refuses to be opened on, and that it leaves it alone."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, ManualClock, a_row
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.ledger.sqlite_file import SCHEMA_VERSION, open_file

NOBODY = 65534


async def a_ledger_of_some_rows(path: Path, clock: ManualClock) -> None:
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        for n in range(100):
            await ledger.put(a_row(f"job-{n}"))


def test_a_second_worker_is_refused_by_the_name_of_the_file(path: Path, clock: ManualClock) -> None:
    with (
        closing(open_file(path, clock.now())),
        pytest.raises(LedgerRefused, match="another worker") as second,
    ):
        open_file(path, clock.now())

    assert str(path) in str(second.value)
    open_file(path, clock.now()).close()


def test_a_second_name_of_the_file_is_no_way_around_the_lock(path: Path, clock: ManualClock) -> None:
    alias = path.with_name("alias.db")
    alias.symlink_to(path)

    with closing(open_file(path, clock.now())), pytest.raises(LedgerRefused, match="another worker"):
        open_file(alias, clock.now())


def test_an_empty_file_becomes_a_ledger(path: Path, clock: ManualClock) -> None:
    path.touch()

    open_file(path, clock.now()).close()

    assert path.stat().st_size > 0


def test_what_a_crash_left_of_a_first_start_is_no_hindrance(path: Path, clock: ManualClock) -> None:
    Path(f"{path}.new").write_bytes(b"half a ledger")

    open_file(path, clock.now()).close()

    assert not Path(f"{path}.new").exists()


def _text(path: Path) -> None:
    path.write_text("order-8812-shipped,delivered\n" * 100)


def _short(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0")


def _other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE job (job_id TEXT PRIMARY KEY)")


@pytest.mark.parametrize("make", [_text, _short, _other_program], ids=["text", "short", "other program"])
def test_what_is_no_ledger_is_refused_and_not_a_byte_of_it_or_beside_it_changes(
    path: Path, clock: ManualClock, make: Callable[[Path], None]
) -> None:
    make(path)
    before = contents(path.parent)

    with pytest.raises(LedgerRefused, match="left alone"):
        open_file(path, clock.now())

    assert before == contents(path.parent)


def _overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)


def _truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [_overwritten, _truncated])
async def test_a_damaged_ledger_is_refused_and_left_as_it_is(
    path: Path, clock: ManualClock, damage: Callable[[Path], None]
) -> None:
    await a_ledger_of_some_rows(path, clock)
    damage(path)
    before = contents(path.parent)

    with pytest.raises(LedgerRefused, match="damaged"):
        open_file(path, clock.now())

    assert before == contents(path.parent)


async def test_a_damaged_ledger_with_a_crashs_leftovers_is_refused_and_keeps_them(
    path: Path, clock: ManualClock, tmp_path: Path
) -> None:
    await a_ledger_of_some_rows(path, clock)
    copy = tmp_path / "crashed" / path.name
    copy.parent.mkdir()
    async with open_sqlite(path, clock, retention_s=RETENTION_S) as ledger:
        await ledger.put(a_row("last"))
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    _overwritten(copy)
    before = contents(copy.parent)

    with pytest.raises(LedgerRefused, match="damaged"):
        open_file(copy, clock.now())

    after = contents(copy.parent)
    assert before == {name: after[name] for name in before}


async def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(
    path: Path, clock: ManualClock
) -> None:
    await a_ledger_of_some_rows(path, clock)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    before = contents(path.parent)

    with pytest.raises(LedgerRefused, match=f"schema {SCHEMA_VERSION + 1}"):
        open_file(path, clock.now())

    assert before == contents(path.parent)


def test_a_log_without_its_file_is_refused_rather_than_thrown_away(path: Path, clock: ManualClock) -> None:
    Path(f"{path}-wal").write_bytes(b"rows of the file that is gone")

    with pytest.raises(LedgerRefused, match="is gone"):
        open_file(path, clock.now())

    assert Path(f"{path}-wal").read_bytes() == b"rows of the file that is gone"
    assert not path.exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing/ledger.db", "create"),
        ("directory", "not a file"),
        ("file/ledger.db", "create"),
        ("pipe", "not a file"),
    ],
)
def test_a_place_that_can_hold_no_file_is_refused_in_words(
    tmp_path: Path, clock: ManualClock, place: str, words: str
) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(LedgerRefused, match=words) as refused:
        open_file(tmp_path / place, clock.now())

    assert str(tmp_path / place) in str(refused.value)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that everybody may read."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def as_nobody(shared: Path) -> Iterator[None]:
    """Give up root's power to write everywhere, if these tests have it."""
    had = os.geteuid()
    shared.chmod(0o555)
    if had == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(had)
    shared.chmod(0o755)


@pytest.mark.usefixtures("as_nobody")
def test_a_directory_that_cannot_be_written_is_refused(shared: Path, clock: ManualClock) -> None:
    with pytest.raises(LedgerRefused, match="Permission denied"):
        open_file(shared / "ledger.db", clock.now())


def test_a_ledger_that_can_only_be_read_is_refused(
    shared: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> None:
    """SQLite would open it without a word, and fail at the first claim."""
    path = shared / "ledger.db"
    open_file(path, clock.now()).close()
    path.chmod(0o444)
    Path(f"{path}.lock").chmod(0o666)
    request.getfixturevalue("as_nobody")

    with pytest.raises(LedgerRefused, match=r"readonly|unable to open"):
        open_file(path, clock.now())


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of a directory but the lock, which may stay."""
    return {e.name: e.read_bytes() for e in directory.iterdir() if e.is_file() and e.suffix != ".lock"}
