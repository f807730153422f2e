"""What a DynamoDB ledger does when answers are lost, workers race, and DynamoDB will not."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, Literal

import pytest
from aiobotocore.config import AioConfig

from tests.contract.ledger.samples import RETENTION_S, SHARD, T0, ManualClock, a_row
from tests.contract.ledger.tables import DEADLINE_S, aws, item_of, open_ledger, opened_client
from tests.integration.ledger.front import (
    SECRET,
    Front,
    Held,
    Lost,
    Play,
    Silence,
    refusal,
    web_page,
)
from worker.adapters.ledger.dynamodb import DynamoDbLedger
from worker.adapters.ledger.dynamodb_reader import DynamoDbReader
from worker.adapters.ledger.dynamodb_table import DynamoDb, Table
from worker.adapters.ledger.refused import LedgerRefused
from worker.ports import LedgerUnavailable

JOB = a_row().job_id


@pytest.fixture
async def another(dynamodb: str, table: str, clock: ManualClock) -> AsyncIterator[DynamoDbLedger]:
    """Another worker's ledger of the same table."""
    async with opened_client(dynamodb) as client:
        yield await open_ledger(client, table, clock)


def impatient(endpoint: str) -> AbstractAsyncContextManager[DynamoDb]:
    """Make a client that asks once."""
    config = AioConfig(retries={"mode": "standard", "total_max_attempts": 1})
    return aws().session.create_client("dynamodb", "us-east-1", endpoint_url=endpoint, config=config)


async def test_a_write_is_one_call_and_so_is_one_that_is_too_late(
    ledger: DynamoDbLedger, front: Front
) -> None:
    assert await ledger.put(a_row()) is None
    assert await ledger.put(a_row(claim_id="late")) is not None

    assert ["PutItem"] * 2 == front.operations


@pytest.mark.parametrize("what", ["request", "answer"])
async def test_a_write_whose_connection_breaks_is_stored_once_whether_or_not_it_had_been_carried_out(
    ledger: DynamoDbLedger, front: Front, console: Any, table: str, what: Literal["request", "answer"]
) -> None:
    """The SDK repeats it; the condition that then fails for our own row is a success."""
    front.plays.append(Lost(what))
    assert await ledger.put(a_row()) is None
    front.plays.append(Lost(what))
    assert await ledger.put(a_row(version=1)) is None

    assert (await item_of(console, table, JOB))["v"] == {"N": "2"}
    assert ["PutItem"] * 4 == front.operations


async def test_a_write_that_was_stored_without_an_answer_and_then_replaced_sees_what_replaced_it(
    ledger: DynamoDbLedger, another: DynamoDbLedger, front: Front
) -> None:
    front.plays.extend([Lost("answer"), held := Held()])
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(ledger.put(a_row()))
        await held.arrived.wait()
        await another.put(a_row(version=1, claim_id="another"))
        held.let_go.set()

    assert writing.result() == replace(a_row(version=2), claim=a_row(claim_id="another").claim)


async def test_a_write_that_was_given_up_and_arrives_late_changes_nothing(
    front: Front, another: DynamoDbLedger, table: str, clock: ManualClock
) -> None:
    """The process was paused, or the network was: meanwhile another worker took the job over."""
    async with opened_client(front.url) as client:
        ledger = DynamoDbLedger(Table(client, table, 0.5), clock, created_at=T0, retention_s=RETENTION_S)
        await another.put(a_row())
        front.plays.append(held := Held())
        with pytest.raises(LedgerUnavailable, match=r"PutItem: no answer within 0\.5 s"):
            await ledger.put(a_row(version=1, claim_id="paused"))
    await another.put(a_row(version=1, claim_id="another"))

    held.let_go.set()
    await held.done.wait()

    assert await another.read(JOB) == replace(a_row(version=2), claim=a_row(claim_id="another").claim)


async def test_of_64_writes_by_two_workers_over_one_version_one_wins(
    ledger: DynamoDbLedger, another: DynamoDbLedger
) -> None:
    await ledger.put(a_row())
    async with asyncio.TaskGroup() as group:
        writes = [
            group.create_task((ledger, another)[n % 2].put(a_row(version=1, claim_id=f"claim {n}")))
            for n in range(64)
        ]

    row = await ledger.read(JOB)
    results = [write.result() for write in writes]
    assert (1, 63) == (results.count(None), results.count(row))
    assert row is not None
    assert row == replace(a_row(version=2, claim_id=f"claim {results.index(None)}"))


async def test_two_workers_that_open_a_new_table_at_once_agree_on_its_age(
    client: DynamoDb, dynamodb: str, table: str
) -> None:
    clocks = [ManualClock(), ManualClock()]
    clocks[1].move(-60)
    async with opened_client(dynamodb) as another_client, asyncio.TaskGroup() as group:
        opening = [
            group.create_task(open_ledger(one, table, clock))
            for one, clock in zip((client, another_client), clocks, strict=True)
        ]

    [age] = {each.result().created_at for each in opening}
    assert age in [clock.now() for clock in clocks]


@pytest.mark.parametrize(
    "play",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("RequestLimitExceeded"),
        refusal("ThrottlingException"),
        refusal("InternalServerError", 500),
        refusal("AccessDeniedException"),
        refusal("ResourceNotFoundException"),
        refusal("ExpiredTokenException"),
        refusal("UnrecognizedClientException"),
        refusal("InvalidSignatureException"),
        refusal("ValidationException"),
        refusal("odd\u202ecode"),
        web_page(),
        Lost("request"),
    ],
    ids=str,
)
@pytest.mark.parametrize("call", ["GetItem", "PutItem", "Query"])
async def test_whatever_dynamodb_will_not_do_is_unavailable_and_its_words_are_not_repeated(
    front: Front, console: Any, table: str, clock: ManualClock, play: Play, call: str
) -> None:
    """Asked once, for how often the SDK asks is shown elsewhere, and it waits between."""
    async with impatient(front.url) as client:
        ledger = DynamoDbLedger(Table(client, table, DEADLINE_S), clock, created_at=T0, retention_s=1)
        front.plays.append(play)
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "GetItem": lambda: ledger.read(JOB),
            "PutItem": lambda: ledger.put(a_row()),
            "Query": lambda: ledger.due(SHARD, limit=1),
        }
        with pytest.raises(LedgerUnavailable) as unavailable:
            await calls[call]()

    assert re.search(f"{table}.*{call}", str(unavailable.value))
    assert str(unavailable.value).isprintable()
    assert SECRET not in str(unavailable.value)
    assert unavailable.value.__cause__ is None
    assert (await console.scan(TableName=table))["Count"] == 0


async def test_a_throttled_write_is_asked_three_times_and_then_given_up(
    ledger: DynamoDbLedger, front: Front
) -> None:
    front.plays.extend([refusal("ProvisionedThroughputExceededException")] * 3)

    with pytest.raises(
        LedgerUnavailable, match=r"PutItem: ProvisionedThroughputExceededException \(HTTP 400"
    ):
        await ledger.put(a_row())

    assert ["PutItem"] * 3 == front.operations
    assert await ledger.put(a_row()) is None


async def test_a_read_sees_every_write_that_was_acknowledged_before(
    ledger: DynamoDbLedger, front: Front
) -> None:
    """What moto always does, and DynamoDB on demand."""
    await ledger.read(JOB)

    assert front.requests[-1]["ConsistentRead"] is True


async def test_silence_is_asked_again_before_the_deadline_has_passed(
    front: Front, table: str, clock: ManualClock
) -> None:
    async with opened_client(front.url, deadline_s=3) as client:
        ledger = DynamoDbLedger(Table(client, table, 3), clock, created_at=T0, retention_s=1)
        front.plays.append(Silence())

        assert await ledger.put(a_row()) is None

    assert ["PutItem"] * 2 == front.operations


async def test_a_table_that_goes_while_a_worker_runs_is_an_outage(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    await console.delete_table(TableName=table)

    with pytest.raises(LedgerUnavailable, match="There is no table"):
        await ledger.put(a_row())


async def test_a_refusal_that_does_not_show_what_stands_is_followed_by_a_read(
    ledger: DynamoDbLedger, another: DynamoDbLedger, front: Front
) -> None:
    await another.put(a_row(claim_id="another"))
    front.plays.append(refusal("ConditionalCheckFailedException"))

    standing = await ledger.put(a_row())

    assert standing == replace(a_row(version=1), claim=a_row(claim_id="another").claim)
    assert ["PutItem", "GetItem"] == front.operations


async def test_a_row_that_goes_between_refusal_and_read_is_tried_again_later(
    ledger: DynamoDbLedger, front: Front
) -> None:
    front.plays.append(refusal("ConditionalCheckFailedException"))

    with pytest.raises(LedgerUnavailable, match="went while it was written"):
        await ledger.put(a_row())


async def test_a_reader_sees_what_workers_have_written_and_writes_nothing(
    ledger: DynamoDbLedger, client: DynamoDb, front: Front, table: str, clock: ManualClock
) -> None:
    await ledger.put(a_row())
    front.operations.clear()
    reader = DynamoDbReader(client, table, clock, call_deadline_s=DEADLINE_S)

    assert await reader.read(JOB) == replace(a_row(version=1))
    assert await reader.read("unheard-of") is None
    clock.move(RETENTION_S)
    assert await reader.read(JOB) is None
    assert ["GetItem"] * 3 == front.operations


async def test_a_reader_says_what_has_to_be_mended(
    client: DynamoDb, front: Front, clock: ManualClock
) -> None:
    reader = DynamoDbReader(client, "nowhere", clock, call_deadline_s=DEADLINE_S)
    with pytest.raises(LedgerRefused, match="There is no table nowhere"):
        await reader.read(JOB)

    front.plays.append(refusal("AccessDeniedException"))
    with pytest.raises(LedgerRefused, match="allow it dynamodb:GetItem"):
        await reader.read(JOB)
