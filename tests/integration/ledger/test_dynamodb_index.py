"""What the index costs, and what becomes of due rows and of the roll when DynamoDB will not."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from tests.contract.ledger.samples import CHANNEL, SHARD, T0, ManualClock, a_due_row, a_member, a_row
from tests.contract.ledger.tables import DEADLINE_S
from tests.integration.ledger.front import Front, Lost, Passed, Play, Said, refusal
from worker.adapters.ledger.dynamodb import DynamoDbLedger
from worker.adapters.ledger.dynamodb_reader import DynamoDbReader
from worker.adapters.ledger.dynamodb_table import DynamoDb
from worker.adapters.ledger.refused import LedgerRefused
from worker.core.fleet import SHARDS, Pause, Roll
from worker.ports import LedgerUnavailable

THROTTLED = refusal("ProvisionedThroughputExceededException")


@pytest.fixture
def reader(client: DynamoDb, table: str, clock: ManualClock) -> DynamoDbReader:
    return DynamoDbReader(client, table, clock, call_deadline_s=DEADLINE_S)


def an_index_that_holds(*job_ids: str) -> Said:
    """Say what a Query says that has not heard of the last writes."""
    items = [
        {"id": {"S": job_id}, "open": {"N": str(SHARD)}, "due": {"N": str(n)}}
        for n, job_id in enumerate(job_ids)
    ]
    return Said(json.dumps({"Items": items, "Count": len(items), "ScannedCount": len(items)}))


async def test_a_pass_over_a_shard_is_one_query_and_a_read_of_each_due_row(
    ledger: DynamoDbLedger, front: Front
) -> None:
    for job_id in ("a", "b"):
        await ledger.put(a_due_row(job_id))
    await ledger.put(a_due_row("later", after_s=1))
    front.operations.clear()

    await ledger.due(SHARD, limit=50)
    await ledger.due(SHARD + 1, limit=50)

    assert ["Query", "GetItem", "GetItem", "Query"] == front.operations


async def test_a_heartbeat_is_a_write_and_a_query_and_leaving_is_a_write(
    ledger: DynamoDbLedger, front: Front
) -> None:
    await ledger.beat(a_member())
    await ledger.leave("worker-1")

    assert ["PutItem", "Query", "PutItem"] == front.operations


async def test_an_index_that_is_behind_makes_nothing_due_that_is_not(
    ledger: DynamoDbLedger, front: Front
) -> None:
    """Another worker has judged, put off or moved the rows since."""
    await ledger.put(a_row("judged"))
    await ledger.put(replace(a_row("put off"), due_at=T0 + timedelta(seconds=30)))
    await ledger.put(a_due_row("due"))
    front.plays.append(an_index_that_holds("judged", "put off", "removed", "due"))

    assert [row.job_id for row in await ledger.due(SHARD, limit=1)] == ["due"]


@pytest.mark.parametrize("call", ["due", "beat"])
async def test_a_throttled_query_is_asked_three_times_and_then_given_up(
    ledger: DynamoDbLedger, front: Front, call: Literal["due", "beat"]
) -> None:
    asking = ledger.due(SHARD, limit=1) if call == "due" else ledger.beat(a_member())
    front.plays.extend([*([Passed()] if call == "beat" else []), *[THROTTLED] * 3])

    with pytest.raises(LedgerUnavailable, match="Query: ProvisionedThroughputExceededException"):
        await asking

    assert front.operations.count("Query") == 3
    assert await ledger.beat(a_member()) == Roll(members=(a_member(),))


@pytest.mark.parametrize("what", ["request", "answer"])
async def test_a_heartbeat_whose_connection_breaks_is_written_all_the_same(
    ledger: DynamoDbLedger, front: Front, what: Literal["request", "answer"]
) -> None:
    front.plays.append(Lost(what))

    assert await ledger.beat(a_member()) == Roll(members=(a_member(),))
    assert ["PutItem", "PutItem", "Query"] == front.operations


async def test_a_worker_that_may_not_ask_the_index_is_told_which_permission_it_lacks(
    ledger: DynamoDbLedger, front: Front
) -> None:
    front.plays.append(refusal("AccessDeniedException"))

    with pytest.raises(LedgerUnavailable, match="allow it dynamodb:Query on its index open"):
        await ledger.due(SHARD, limit=1)


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFoundException"])
async def test_an_index_that_goes_while_a_worker_runs_is_an_outage_and_told_as_what_it_is(
    ledger: DynamoDbLedger, front: Front, table: str, code: str
) -> None:
    """DynamoDB says the first; moto the second, as both say of a table that is not there."""
    front.plays.append(refusal(code))

    with pytest.raises(
        LedgerUnavailable, match=f"table {table}.* has no index open.*`backend-worker bootstrap`"
    ):
        await ledger.due(SHARD, limit=1)

    assert await ledger.put(a_due_row("job-1")) is None


@pytest.mark.parametrize("play", [Lost("request"), Lost("answer"), THROTTLED], ids=str)
async def test_a_pause_that_is_repeated_by_the_sdk_is_one_pause(
    reader: DynamoDbReader, front: Front, play: Play
) -> None:
    front.plays.append(play)

    await reader.pause(Pause(CHANNEL, T0))

    assert await reader.roll() == Roll(pauses=(Pause(CHANNEL, T0),))


async def test_to_resume_all_needs_no_index_that_is_up_to_date(
    ledger: DynamoDbLedger, reader: DynamoDbReader, front: Front
) -> None:
    """Whoever pauses everything by mistake resumes it within the second."""
    await reader.pause(Pause(None, T0))
    front.plays.extend([Passed(), an_index_that_holds()])

    await reader.resume(None)

    assert (await ledger.beat(a_member())).pauses == ()


async def test_figures_count_what_the_index_holds_and_read_no_row(
    ledger: DynamoDbLedger, reader: DynamoDbReader, front: Front, clock: ManualClock
) -> None:
    await ledger.put(a_row("closed"))
    await ledger.beat(a_member())
    for n in range(5):
        await ledger.put(replace(a_due_row(f"job-{n}", after_s=n), channel_arn=f"{CHANNEL}-{n}"))
    clock.move(1)
    front.operations.clear()

    figures = await reader.figures()

    assert (figures.open, figures.by_standing, figures.waiting, figures.due) == (None, {}, 5, 2)
    assert figures.jobs >= 6
    assert ["DescribeTable", *["Query"] * SHARDS] == front.operations


@pytest.mark.parametrize("call", ["figures", "roll", "pause", "resume"])
async def test_whoever_looks_or_switches_is_told_what_has_to_be_mended(
    client: DynamoDb, clock: ManualClock, call: str
) -> None:
    nowhere = DynamoDbReader(client, "nowhere", clock, call_deadline_s=DEADLINE_S)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "figures": nowhere.figures,
        "roll": nowhere.roll,
        "pause": lambda: nowhere.pause(Pause(None, T0)),
        "resume": lambda: nowhere.resume(None),
    }

    with pytest.raises(LedgerRefused, match="There is no table nowhere"):
        await calls[call]()
