"""Which tables are refused as a ledger, in which words, and since when one is a ledger."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.ledger.samples import T0, ManualClock
from tests.contract.ledger.tables import create_table, open_ledger
from tests.integration.ledger.front import Front, Lost, Passed, Said, refusal
from worker.adapters.ledger.dynamodb_layout import INDEX_LAYOUT, create_table_request, index_to_add
from worker.adapters.ledger.dynamodb_opening import LEDGER_ITEM
from worker.adapters.ledger.dynamodb_table import DynamoDb
from worker.adapters.ledger.refused import LedgerRefused
from worker.ports import LedgerUnavailable

OPENING = ["DescribeTable", "DescribeTimeToLive", "PutItem"]
Layout = Mapping[str, Any]
"""What is otherwise in CreateTable's request than in a ledger's; None leaves it out."""

KEY_UPSIDE_DOWN = [
    {"AttributeName": "due", "KeyType": "HASH"},
    {"AttributeName": "open", "KeyType": "RANGE"},
]


def laid_out(*key: tuple[str, str]) -> Layout:
    """Lay out a table with this key, and no index."""
    kinds = ("HASH", "RANGE")
    return {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in key],
        "KeySchema": [
            {"AttributeName": name, "KeyType": kind} for (name, _), kind in zip(key, kinds, strict=False)
        ],
        "GlobalSecondaryIndexes": None,
    }


def with_index(**otherwise: Any) -> Layout:
    """Lay out a ledger's table with an index that is not quite a ledger's."""
    return {"GlobalSecondaryIndexes": [{**INDEX_LAYOUT, **otherwise}]}


async def test_a_table_that_is_not_there_is_refused(client: DynamoDb, clock: ManualClock) -> None:
    with pytest.raises(
        LedgerRefused, match="There is no table nowhere in this account and region: create it"
    ):
        await open_ledger(client, "nowhere", clock)


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        (laid_out(("pk", "S")), r"the key pk \(S\), a ledger has id \(S\) alone"),
        (laid_out(("id", "N")), r"the key id \(N\), a ledger has id \(S\) alone"),
        (
            laid_out(("id", "S"), ("at", "S")),
            r"the key id \(S\) and at \(S\), a ledger has id \(S\) alone",
        ),
        (laid_out(("id", "S")), "has no index open"),
        (with_index(KeySchema=KEY_UPSIDE_DOWN), "The index open .* is not a ledger's"),
        (with_index(Projection={"ProjectionType": "KEYS_ONLY"}), "The index open .* is not a ledger's"),
        ({"ttl": None}, "turn on its time to live: aws dynamodb update-time-to-live"),
        ({"ttl": "expiration"}, r"turn on its time to live \(once it is off for expiration\): aws"),
    ],
    ids=str,
)
async def test_a_table_of_another_layout_is_refused_and_left_empty(
    client: DynamoDb, console: Any, clock: ManualClock, layout: dict[str, Any], words: str
) -> None:
    table = await create_table(console, **layout)

    with pytest.raises(LedgerRefused, match=words):
        await open_ledger(client, table, clock)

    assert (await console.scan(TableName=table))["Count"] == 0


async def test_an_index_that_holds_more_than_it_must_will_do(
    client: DynamoDb, console: Any, clock: ManualClock
) -> None:
    table = await create_table(console, **with_index(Projection={"ProjectionType": "ALL"}))

    await open_ledger(client, table, clock)


@pytest.mark.parametrize("wrong", [laid_out(("id", "S")), None], ids=["none", "another"])
@pytest.mark.parametrize("capacity", [None, {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}], ids=str)
async def test_a_table_can_be_given_the_index_that_it_lacks(
    client: DynamoDb, console: Any, clock: ManualClock, wrong: Layout | None, capacity: dict[str, int] | None
) -> None:
    layout = wrong or with_index(Projection={"ProjectionType": "KEYS_ONLY"})
    if capacity:
        layout = {**layout, "BillingMode": None, "ProvisionedThroughput": capacity}
        for index in layout["GlobalSecondaryIndexes"] or ():
            index["ProvisionedThroughput"] = capacity
    table = await create_table(console, **layout)

    if not wrong:  # another index is removed first, as the refusal says: words for a shell, read as one would
        with pytest.raises(LedgerRefused) as refused:
            await open_ledger(client, table, clock)
        _, _, command = str(refused.value).partition("aws dynamodb update-table ")
        _, name, _, updates = shlex.split(command)
        await console.update_table(TableName=name, GlobalSecondaryIndexUpdates=json.loads(updates))
    with pytest.raises(LedgerRefused, match="`backend-worker bootstrap` adds it"):
        await open_ledger(client, table, clock)
    description = (await console.describe_table(TableName=table))["Table"]
    await console.update_table(TableName=table, **index_to_add(description))

    await open_ledger(client, table, clock)
    [index] = (await console.describe_table(TableName=table))["Table"]["GlobalSecondaryIndexes"]
    assert (capacity or {}).items() <= index.get("ProvisionedThroughput", {}).items()


@pytest.mark.parametrize("done", range(3), ids=OPENING)
async def test_a_missing_permission_is_refused_by_the_name_of_the_action(
    client: DynamoDb, front: Front, table: str, clock: ManualClock, done: int
) -> None:
    front.plays.extend([*[Passed()] * done, refusal("AccessDeniedException")])

    with pytest.raises(LedgerRefused, match=f"allow it dynamodb:{OPENING[done]} "):
        await open_ledger(client, table, clock)


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
async def test_what_time_may_mend_is_no_refusal(
    client: DynamoDb, front: Front, table: str, clock: ManualClock, code: str
) -> None:
    front.plays.append(refusal(code))

    with pytest.raises(LedgerUnavailable, match=f"DescribeTable: {code}"):
        await open_ledger(client, table, clock)


def described_as(status: str, *, index_status: str = "ACTIVE") -> Said:
    request = create_table_request("ledger")
    index = {**INDEX_LAYOUT, "IndexStatus": index_status}
    return Said(json.dumps({"Table": {**request, "TableStatus": status, "GlobalSecondaryIndexes": [index]}}))


async def test_an_index_that_is_being_built_is_waited_for(
    client: DynamoDb, front: Front, table: str, clock: ManualClock
) -> None:
    front.plays.append(described_as("UPDATING", index_status="CREATING"))

    with pytest.raises(LedgerUnavailable, match=r"index open of the table .* is still being built"):
        await open_ledger(client, table, clock)


async def test_a_table_that_is_being_made_is_waited_for(
    client: DynamoDb, front: Front, table: str, clock: ManualClock
) -> None:
    front.plays.append(described_as("CREATING"))

    with pytest.raises(LedgerUnavailable, match="is still being created"):
        await open_ledger(client, table, clock)


@pytest.mark.parametrize("status", ["DELETING", "ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"])
async def test_a_table_that_serves_nobody_is_refused(
    client: DynamoDb, front: Front, table: str, clock: ManualClock, status: str
) -> None:
    front.plays.append(described_as(status))

    with pytest.raises(LedgerRefused, match=f"is {status}"):
        await open_ledger(client, table, clock)


async def test_a_table_that_is_being_updated_serves(
    client: DynamoDb, front: Front, table: str, clock: ManualClock
) -> None:
    front.plays.append(described_as("UPDATING"))

    await open_ledger(client, table, clock)

    assert OPENING == front.operations


async def test_a_ledger_is_as_old_as_its_first_opening(
    client: DynamoDb, table: str, clock: ManualClock
) -> None:
    await open_ledger(client, table, clock)
    clock.move(60)

    assert (await open_ledger(client, table, clock)).created_at == T0


async def test_a_lost_answer_to_the_first_opening_is_no_hindrance(
    client: DynamoDb, front: Front, table: str, clock: ManualClock
) -> None:
    front.plays.extend([Passed(), Passed(), Lost("answer")])

    ledger = await open_ledger(client, table, clock)

    assert ledger.created_at == T0
    assert [*OPENING, "PutItem"] == front.operations


async def test_a_ledger_of_a_newer_version_is_refused(
    client: DynamoDb, console: Any, table: str, clock: ManualClock
) -> None:
    item = {"id": {"S": LEDGER_ITEM}, "schema": {"N": "2"}, "created_at": {"S": T0.isoformat()}}
    await console.put_item(TableName=table, Item=item)

    with pytest.raises(LedgerRefused, match="has schema 2, this version reads 1"):
        await open_ledger(client, table, clock)


async def test_another_programs_item_in_the_ledgers_place_is_refused(
    client: DynamoDb, console: Any, table: str, clock: ManualClock
) -> None:
    await console.put_item(TableName=table, Item={"id": {"S": LEDGER_ITEM}})

    with pytest.raises(LedgerRefused, match="is not a ledger's"):
        await open_ledger(client, table, clock)
