"""Every ledger there is, behind one fixture."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, ManualClock
from tests.contract.ledger.tables import create_table, open_ledger, opened_client, operator, served_dynamodb
from worker.adapters.ledger.memory import MemoryLedger
from worker.adapters.ledger.sqlite import open_sqlite
from worker.ports import Ledger


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    with served_dynamodb() as endpoint:
        yield endpoint


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
async def ledger(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger(clock, retention_s=RETENTION_S)
    elif request.param == "sqlite":
        async with open_sqlite(tmp_path / "ledger.db", clock, retention_s=RETENTION_S) as in_file:
            yield in_file
    else:
        async with in_a_new_table(request.getfixturevalue("dynamodb"), clock) as in_table:
            yield in_table


@asynccontextmanager
async def in_a_new_table(endpoint: str, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with operator(endpoint) as client:
        table = await create_table(client)
    async with opened_client(endpoint) as client:
        yield await open_ledger(client, table, clock)
