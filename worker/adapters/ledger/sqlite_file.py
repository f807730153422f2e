"""
The file of a SQLite ledger: found, checked, locked, opened. It never reads or writes a row.

What is no sound ledger of this version is refused before a byte is written to it or beside it: the first
bytes are read without SQLite, the rest through a connection that cannot write.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite_roll import ROLL
from worker.adapters.ledger.sqlite_rows import DUE_JOBS, JOBS

APPLICATION_ID = int.from_bytes(b"CBWL")
"""Marks the file as ours: bytes 68 to 71 of a SQLite file (https://www.sqlite.org/fileformat2.html)."""
MIGRATIONS = (JOBS, DUE_JOBS + ROLL)
"""What makes each version of the schema out of the one before it, out of nothing at first."""
SCHEMA_VERSION = len(MIGRATIONS)
LOCKED_WAIT_S = 1.0
"""How long a statement waits for another program that is writing to the file."""
CHECK_LIMIT_BYTES = 256 * 2**20
"""Up to here the whole file is checked at start, at about 2 GB/s; of larger ones only header and schema."""

_MAGIC = b"SQLite format 3\0"
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """An open ledger: a connection, for one thread at a time, and the lock that makes it one worker's own."""

    path: Path
    connection: sqlite3.Connection
    created_at: datetime
    held: ExitStack

    def close(self) -> None:
        """Move everything into the main file, then let another worker have it."""
        self.held.close()


def open_file(path: Path, now: datetime) -> LedgerFile:
    """Open the ledger at *path* for this process alone, made if there is none; or raise LedgerRefused."""
    path = Path(os.path.realpath(path))  # two names of one file must meet in one lock
    try:
        _check_place(path)
        holds_ledger(path)
        return _open_locked(path, now)
    except OSError as fault:
        raise LedgerRefused(
            f"The ledger {path} cannot be used: {fault.strerror}. The worker must be able to write in "
            f"{path.parent}: let it, or name a file where it may, as sqlite:////DIRECTORY/FILE."
        ) from fault
    except sqlite3.Error as fault:
        raise refusal(path, fault) from fault


def holds_ledger(path: Path) -> bool:
    """Tell a ledger (True) from a missing or empty file (False) by its first bytes; refuse anything else."""
    if path.exists() and not path.is_file():
        raise LedgerRefused(
            f"The ledger {path} is not a file: name one, such as {path / 'worker-ledger.db'}."
        )
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    if not header:
        return False
    if header[:16] != _MAGIC:
        raise LedgerRefused(
            f"{path} is no SQLite database, and was left alone: name another file for the ledger."
        )
    if int.from_bytes(header[68:72]) != APPLICATION_ID:
        raise LedgerRefused(
            f"{path} is another program's, and was left alone: name another file for the ledger."
        )
    return True


def connect_readonly(path: Path) -> sqlite3.Connection:
    """Open a ledger for reading, also while a worker is writing to it. Nothing is left beside the file."""
    # Where there is no -wal, nobody has the file open. Reading it in the usual way would make a -wal and a
    # -shm and leave them, owned by whoever looked: https://www.sqlite.org/wal.html#read_only_databases.
    options = "mode=ro" if _wal(path).exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{_uri(path)}?{options}", uri=True, isolation_level=None, timeout=LOCKED_WAIT_S)


def connect_writable(path: Path) -> sqlite3.Connection:
    """Open a ledger that is there for writing: the worker does, and whoever has a word for it."""
    return sqlite3.connect(
        f"{_uri(path)}?mode=rw",
        uri=True,
        isolation_level=None,  # transactions are ours to begin and end
        check_same_thread=False,  # opened here, then owned by the thread that commits
        timeout=LOCKED_WAIT_S,
    )


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a ledger that another version of the worker has laid out."""
    version = _version(connection)
    if version < SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger {path} has schema {version}, this version reads {SCHEMA_VERSION}: "
            "start this version's worker on it, which brings it up to date."
        )
    _check_not_newer(version, path)


def refusal(path: Path, fault: sqlite3.Error) -> LedgerRefused:
    """Put a fault met while opening into words."""
    # The low byte is the primary result code: https://www.sqlite.org/rescode.html
    if getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _DAMAGE:
        return _damaged(path)
    return LedgerRefused(f"The ledger {path} cannot be used: {fault}.")


def _open_locked(path: Path, now: datetime) -> LedgerFile:
    with ExitStack() as held:
        _lock(held.enter_context(Path(f"{path}.lock").open("ab")), path)
        if holds_ledger(path):
            _check(path)
        else:
            _create(path, now)
        connection = held.enter_context(closing(_connect(path)))
        _migrate(connection)
        (created_at,) = connection.execute("SELECT value FROM meta WHERE key = 'created_at'").fetchone()
        return LedgerFile(path, connection, datetime.fromisoformat(created_at), held.pop_all())


def _check_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise LedgerRefused(f"The ledger {path} has no directory: create {path.parent}, or name another.")


def _lock(lock: IO[bytes], path: Path) -> None:
    """Take the lock beside the file; the kernel gives it up when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise LedgerRefused(
            f"The ledger {path} is in use by another worker: stop that one, or name another file; "
            "workers that share a queue share a dynamodb:// ledger."
        ) from fault


def _check(path: Path) -> None:
    with closing(connect_readonly(path)) as connection:
        _check_not_newer(_version(connection), path)
        if path.stat().st_size > CHECK_LIMIT_BYTES:
            return
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise _damaged(path)


def _create(path: Path, now: datetime) -> None:
    """Make an empty ledger under another name, then move it into place: a crash never leaves half of one."""
    if _wal(path).exists():
        raise LedgerRefused(
            f"The ledger {path} is gone, but its {_wal(path).name} is there: restore that or remove this."
        )
    draft = Path(f"{path}.new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _migrate(connection)
        connection.execute("INSERT INTO meta VALUES ('created_at', ?)", (now.isoformat(),))
    draft.replace(path)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, in one transaction."""
    if (version := _version(connection)) < SCHEMA_VERSION:
        missing = "".join(MIGRATIONS[version:])
        connection.executescript(
            f"BEGIN IMMEDIATE; {missing} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
        )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _check_not_newer(version: int, path: Path) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger {path} has schema {version}, this version reads {SCHEMA_VERSION}: "
            "run the version of the worker that wrote it, or name another file."
        )


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect_writable(path)
    with ExitStack() as undo:
        undo.callback(connection.close)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")  # SQLite opens a file it may not write to without a word
        connection.execute("COMMIT")
        undo.pop_all()
    return connection


def _damaged(path: Path) -> LedgerRefused:
    return LedgerRefused(
        f"The ledger {path} is damaged, and was left alone: restore it from a backup, or move it away to "
        "begin a new one, which will not know what has been sent."
    )


def _uri(path: Path) -> str:
    return f"file:{quote(os.fspath(path))}"


def _wal(path: Path) -> Path:
    return Path(f"{path}-wal")
