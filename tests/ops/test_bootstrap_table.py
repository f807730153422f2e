"""`bootstrap` where there is a table: what it adds, what only people can mend, and that `run` agrees."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from tests.contract.ledger.tables import DEADLINE_S, create_table, opened_client
from tests.integration.ledger.front import Front, Said, front_of
from tests.ops.site import Site, a_site
from worker.adapters.clock import SystemClock
from worker.adapters.ledger.dynamodb_layout import INDEX_LAYOUT
from worker.adapters.ledger.dynamodb_opening import check_table
from worker.adapters.ledger.dynamodb_table import Table
from worker.adapters.ledger.refused import LedgerRefused
from worker.ops.bootstrap.table import LedgerTable
from worker.ops.bootstrap.thing import Impossible, Missing
from worker.ops.doctor.asking import Asker

ID = {"AttributeName": "id", "AttributeType": "S"}
NO_INDEX = {"AttributeDefinitions": [ID], "GlobalSecondaryIndexes": None}
CAPACITY = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with a_site() as made:
        yield made


async def laid_out(site: Site, **layout: Any) -> str:
    """Let the worker use a table of this layout; all else there is already."""
    await site.states()
    table = await create_table(site.dynamodb, **layout)
    site.environment["WORKER_LEDGER"] = f"dynamodb://{table}"
    return table


async def is_taken_by_run(site: Site, table: str) -> bool:
    try:
        await check_table(Table(site.dynamodb, table, DEADLINE_S))
    except LedgerRefused:
        return False
    return True


async def test_a_table_that_lacks_its_index_gets_it(site: Site) -> None:
    table = await laid_out(site, **NO_INDEX)

    dry = await site.program("--dry-run")
    looked = await site.dynamodb.describe_table(TableName=table)
    done = await site.program("--yes")
    again = await site.program("--yes")

    assert [0, 0, 0] == [dry.code, done.code, again.code]
    assert f"would create  index open of ledger table {table}" in dry.stdout.splitlines()
    assert not looked["Table"].get("GlobalSecondaryIndexes")
    assert f"created       index open of ledger table {table}" in done.stdout.splitlines()
    assert f"exists        ledger table {table}" in again.stdout.splitlines()
    assert await is_taken_by_run(site, table)


async def test_the_index_of_a_table_with_its_own_capacity_gets_the_same(site: Site) -> None:
    table = await laid_out(site, **NO_INDEX, BillingMode=None, ProvisionedThroughput=CAPACITY)

    await site.states()

    [index] = (await site.dynamodb.describe_table(TableName=table))["Table"]["GlobalSecondaryIndexes"]
    assert CAPACITY.items() <= index["ProvisionedThroughput"].items()


UPSIDE_DOWN = [
    {"AttributeName": "due", "KeyType": "HASH"},
    {"AttributeName": "open", "KeyType": "RANGE"},
]
OF_TEXTS = [
    ID,
    {"AttributeName": "open", "AttributeType": "S"},
    {"AttributeName": "due", "AttributeType": "N"},
]


def with_index(**otherwise: Any) -> Mapping[str, Any]:
    return {"GlobalSecondaryIndexes": [{**INDEX_LAYOUT, **otherwise}]}


@pytest.mark.parametrize(
    ("layout", "is_mended"),
    [
        ({}, True),
        ({"ttl": None}, True),
        ({**NO_INDEX, "ttl": None}, True),
        (with_index(Projection={"ProjectionType": "ALL"}), True),
        (with_index(Projection={"ProjectionType": "KEYS_ONLY"}), False),
        (with_index(KeySchema=UPSIDE_DOWN), False),
        ({"AttributeDefinitions": OF_TEXTS}, False),
        ({**NO_INDEX, "AttributeDefinitions": [{**ID, "AttributeType": "N"}]}, False),
        ({"ttl": "expiration"}, False),
    ],
    ids=str,
)
async def test_it_fails_where_run_would_not_start_and_nowhere_else(
    site: Site, layout: Mapping[str, Any], is_mended: bool
) -> None:
    table = await laid_out(site, **layout)

    states = await site.states()

    assert is_mended == await is_taken_by_run(site, table)
    assert is_mended == ("failed" not in states.values())
    assert states["redrive policy of"] == "exists"


async def test_a_table_with_another_key_is_somebody_elses_and_stays_as_it_is(site: Site) -> None:
    key = {"AttributeDefinitions": [{**ID, "AttributeName": "pk"}]}
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    table = await laid_out(site, **{**NO_INDEX, **key, "KeySchema": schema, "ttl": None})
    before = await site.dynamodb.describe_table(TableName=table)

    done = await site.program("--yes")

    after = await site.dynamodb.describe_table(TableName=table)
    forgets = (await site.dynamodb.describe_time_to_live(TableName=table))["TimeToLiveDescription"]
    assert (1, before["Table"]) == (done.code, after["Table"])
    assert forgets["TimeToLiveStatus"] == "DISABLED"
    assert f"failed        ledger table {table}: its key is no ledger's" in done.stdout


@pytest.fixture
async def front(site: Site) -> AsyncIterator[Front]:
    async with front_of(site.environment["AWS_ENDPOINT_URL_DYNAMODB"]) as served:
        yield served


@pytest.fixture
async def table(site: Site, front: Front) -> AsyncIterator[LedgerTable]:
    """A ledger's table, complete, behind the front."""
    name = await create_table(site.dynamodb)
    async with opened_client(front.url) as client:
        yield LedgerTable(Asker(SystemClock(), deadline_s=DEADLINE_S, reach="anywhere"), client, name)


async def described(table: LedgerTable, *, status: str = "ACTIVE", index_status: str = "ACTIVE") -> Said:
    """Say what DescribeTable says of a table and an index that stand so."""
    description = await table.description()
    assert description is not None
    [index] = description["GlobalSecondaryIndexes"]
    told = {
        "TableName": table.table,
        "TableStatus": status,
        "KeySchema": description["KeySchema"],
        "AttributeDefinitions": description["AttributeDefinitions"],
        "GlobalSecondaryIndexes": [
            {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
            | {"IndexStatus": index_status}
        ],
    }
    return Said(json.dumps({"Table": told}))


@pytest.mark.parametrize(
    ("statuses", "missing"),
    [({"status": "CREATING"}, Missing()), ({"index_status": "CREATING"}, Missing("index open"))],
    ids=["table", "index"],
)
async def test_what_is_still_being_made_is_waited_for_and_not_made_again(
    table: LedgerTable, front: Front, statuses: dict[str, str], missing: Missing
) -> None:
    still = await described(table, **statuses)
    front.operations.clear()
    front.plays.extend([still] * 3)

    looked = await table.look()
    await table.make()

    assert missing == looked
    assert ["DescribeTable"] * 4 == front.operations


async def test_a_table_that_is_being_deleted_is_for_people_to_wait_for(
    table: LedgerTable, front: Front
) -> None:
    front.plays.append(await described(table, status="DELETING"))

    looked = await table.look()

    assert isinstance(looked, Impossible)
    assert "it is DELETING" in looked.why
