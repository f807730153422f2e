"""A SQLite ledger's file, a DynamoDB ledger's table, and the clock they are given."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.ledger.samples import ManualClock
from tests.contract.ledger.tables import create_table, open_ledger, opened_client, operator, served_dynamodb
from tests.integration.ledger.front import Front, front_of
from worker.adapters.ledger.dynamodb import DynamoDbLedger
from worker.adapters.ledger.dynamodb_table import DynamoDb


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker ledger?#%41.db"


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[str]:
    """DynamoDB's endpoint."""
    with served_dynamodb() as endpoint:
        yield endpoint


@pytest.fixture
async def console(dynamodb: str) -> AsyncIterator[Any]:
    """What an operator sees of DynamoDB, past every front."""
    async with operator(dynamodb) as client:
        yield client


@pytest.fixture
async def table(console: Any) -> str:
    return await create_table(console)


@pytest.fixture
async def front(dynamodb: str) -> AsyncIterator[Front]:
    async with front_of(dynamodb) as served:
        yield served


@pytest.fixture
async def client(front: Front) -> AsyncIterator[DynamoDb]:
    """Our client, behind the front."""
    async with opened_client(front.url) as opened:
        yield opened


@pytest.fixture
async def ledger(client: DynamoDb, table: str, clock: ManualClock, front: Front) -> DynamoDbLedger:
    opened = await open_ledger(client, table, clock)
    front.operations.clear()
    return opened
