"""Where the ledger is kept, by its URL. Says nothing about whether it can be opened."""

import re
from dataclasses import dataclass
from pathlib import Path

_FORMS = "memory:, sqlite:///PATH (three slashes: relative, four: absolute) or dynamodb://TABLE"
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}", re.ASCII)
_TABLE_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/([A-Za-z0-9_.-]{3,255})", re.ASCII)


@dataclass(frozen=True, slots=True)
class InMemory:
    """A ledger that dies with the process."""


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A ledger that is one worker's own."""

    path: Path


@dataclass(frozen=True, slots=True)
class DynamoDbTable:
    """A ledger that workers share."""

    table: str


LedgerUrl = InMemory | SqliteFile | DynamoDbTable


def parse_ledger_url(text: str) -> LedgerUrl:
    """Parse one of the three forms, their scheme in any case. Raises ValueError with the mend."""
    if arn := _TABLE_ARN.fullmatch(text):
        raise ValueError(f"is the table's ARN: write dynamodb://{arn[1]}")
    scheme, _, rest = text.partition(":")
    match scheme.lower():
        case "memory" if rest.strip("/") == "":
            return InMemory()
        case "sqlite":
            return _sqlite(rest)
        case "dynamodb":
            return _dynamodb(rest)
        case _:
            raise ValueError(f"must be {_FORMS}.")


def _sqlite(rest: str) -> SqliteFile:
    if not rest.startswith("///"):
        raise ValueError(
            "needs three slashes for a relative path (sqlite:///PATH), four for an absolute one."
        )
    path = rest.removeprefix("///")
    if path == ":memory:":
        raise ValueError("must be memory: for a ledger that dies with the process.")
    if not path or path.endswith("/") or not path.isprintable():
        raise ValueError("must name a file: sqlite:///PATH.")
    return SqliteFile(Path(path))


def _dynamodb(rest: str) -> DynamoDbTable:
    table = rest.strip("/")
    if not rest.startswith("//") or not _TABLE.fullmatch(table):
        raise ValueError("must be dynamodb://TABLE, with a table name of 3 to 255 of A-Z a-z 0-9 _ . -")
    return DynamoDbTable(table)
