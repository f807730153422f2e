"""Every ledger there is, behind one fixture."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, ManualClock
from tests.contract.ledger.tables import (
    DEADLINE_S,
    OTHER_SERVER,
    create_table,
    open_ledger,
    opened_client,
    operator,
    served_dynamodb,
)
from worker.adapters.ledger.dynamodb_reader import DynamoDbReader
from worker.adapters.ledger.memory import MemoryLedger
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.ledger.sqlite_reader import SqliteOperator
from worker.ports import Ledger, Switches


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    if OTHER_SERVER is not None:
        yield OTHER_SERVER
        return
    with served_dynamodb() as endpoint:
        yield endpoint


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
async def opened(
    request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[tuple[Ledger, Switches]]:
    if request.param == "memory":
        in_memory = MemoryLedger(clock, retention_s=RETENTION_S)
        yield in_memory, in_memory
    elif request.param == "sqlite":
        path = tmp_path / "ledger.db"
        async with open_sqlite(path, clock, retention_s=RETENTION_S) as in_file:
            yield in_file, SqliteOperator(path, clock)
    else:
        async with in_a_new_table(request.getfixturevalue("dynamodb"), clock) as in_table:
            yield in_table


@pytest.fixture
def ledger(opened: tuple[Ledger, Switches]) -> Ledger:
    return opened[0]


@pytest.fixture
def switches(opened: tuple[Ledger, Switches]) -> Switches:
    """What operators have of the same ledger."""
    return opened[1]


@asynccontextmanager
async def in_a_new_table(endpoint: str, clock: ManualClock) -> AsyncIterator[tuple[Ledger, Switches]]:
    async with operator(endpoint) as client:
        table = await create_table(client)
    async with opened_client(endpoint) as client:
        switches = DynamoDbReader(client, table, clock, call_deadline_s=DEADLINE_S)
        yield await open_ledger(client, table, clock), switches
