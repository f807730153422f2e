"""How rows lie in DynamoDB: what is marked, what may be removed when, and what cannot be read."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.ledger.samples import (
    RETENTION_S,
    SHARD,
    STATES,
    T0,
    ManualClock,
    a_due_row,
    a_full_row,
    a_member,
    a_row,
)
from tests.contract.ledger.tables import DEADLINE_S, item_of
from tests.integration.ledger.front import SECRET
from worker.adapters.ledger.dynamodb import DynamoDbLedger
from worker.adapters.ledger.dynamodb_reader import DynamoDbReader
from worker.adapters.ledger.dynamodb_table import INDEX, DynamoDb
from worker.core.fleet import SHARDS, Pause, Roll, shard_of
from worker.core.row import HISTORY_LIMIT, State
from worker.ports import LedgerUnavailable

JOB = a_row().job_id
ITEM_LIMIT_BYTES = 400 * 1024


async def test_a_row_that_this_version_cannot_read_is_unavailable_and_not_quoted(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    item = {"id": {"S": JOB}, "v": {"N": "1"}, "x": {"N": "9" * 17}, "r": {"S": f'{{"version": "{SECRET}"}}'}}
    await console.put_item(TableName=table, Item=item)

    for call in (ledger.read(JOB), ledger.put(a_row())):
        with pytest.raises(
            LedgerUnavailable, match=f"cannot read the ledger's row of job {JOB}"
        ) as unavailable:
            await call
        assert unavailable.value.__cause__ is None


async def test_a_row_that_has_expired_counts_as_absent_although_dynamodb_still_has_it(
    ledger: DynamoDbLedger, console: Any, table: str, clock: ManualClock
) -> None:
    await ledger.put(a_row())
    clock.move(RETENTION_S)

    item = await item_of(console, table, JOB)
    assert await ledger.read(JOB) is None
    assert await ledger.put(a_row(claim_id="anew")) is None
    assert item["v"] == {"N": "1"}


async def test_dynamodb_may_remove_a_row_only_when_it_has_expired_by_every_clock(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    """Whole seconds, as its time to live wants them, and an hour for clocks that differ."""
    await ledger.put(a_row())

    expires_at = (await item_of(console, table, JOB))["expires_at"]["N"]
    assert expires_at.isdecimal()
    assert T0.timestamp() + RETENTION_S + 3600 <= int(expires_at) <= T0.timestamp() + RETENTION_S + 3601


async def test_of_a_row_the_index_holds_its_keys_alone(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    """What more it held would be written twice."""
    await ledger.put(a_due_row(JOB, after_s=7))

    [entry] = (await console.scan(TableName=table, IndexName=INDEX))["Items"]
    assert entry == {"id": {"S": JOB}, "open": {"N": str(SHARD)}, "due": {"N": "1772366407123456"}}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
async def test_a_row_is_in_the_index_if_it_has_a_time_and_whatever_its_state_only_then(
    ledger: DynamoDbLedger, console: Any, table: str, state: State
) -> None:
    row = replace(a_full_row(state), due_at=None)

    for version, due_at, held in ((0, None, 0), (1, T0, 1), (2, None, 0)):
        await ledger.put(replace(row, version=version, due_at=due_at))
        assert (await console.scan(TableName=table, IndexName=INDEX))["Count"] == held


def test_channels_are_spread_over_all_shards() -> None:
    assert set(range(SHARDS)) == {shard_of(f"channel/{n}") for n in range(1000)}


def test_a_channel_keeps_its_shard() -> None:
    """Over versions too: rows that are marked with another one would not be found."""
    assert shard_of("arn:aws:chime:us-east-1:111122223333:app-instance/shop/channel/orders") == 52


async def test_a_heartbeat_may_be_removed_in_an_hour_and_a_pause_never(
    ledger: DynamoDbLedger, console: Any, table: str, client: DynamoDb, clock: ManualClock
) -> None:
    await ledger.beat(a_member())
    await DynamoDbReader(client, table, clock, call_deadline_s=DEADLINE_S).pause(Pause(None, T0))

    expires_at = int((await item_of(console, table, "#worker/worker-1"))["expires_at"]["N"])
    assert T0.timestamp() + 3600 <= expires_at <= T0.timestamp() + 3601
    assert "expires_at" not in await item_of(console, table, "#pause/*")


async def test_who_left_is_removed_by_dynamodb_itself(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    await ledger.beat(a_member())

    await ledger.leave("worker-1")

    assert {"id", "expires_at"} == set(await item_of(console, table, "#worker/worker-1"))


async def test_heartbeats_of_one_minute_leave_the_keys_of_the_index_as_they_are(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    """A key that changes is two writes of the index: one removes, one adds."""
    keys = set()
    for seconds in (0, 3, 59, 60):
        await ledger.beat(a_member(seen_at=T0 + timedelta(seconds=seconds)))
        keys.add((await item_of(console, table, "#worker/worker-1"))["due"]["N"])

    assert len(keys) == 2


@pytest.mark.parametrize("line", [{"S": '{"later": 1}'}, {"S": "{"}, {"N": "1"}, None], ids=str)
async def test_what_a_newer_version_has_on_the_roll_is_left_out(
    ledger: DynamoDbLedger, console: Any, table: str, line: dict[str, str] | None
) -> None:
    item = {"id": {"S": "#later/1"}, "open": {"N": "-1"}, "due": {"N": "9" * 18}}
    await console.put_item(TableName=table, Item={**item, **({"m": line} if line else {})})

    assert await ledger.beat(a_member()) == Roll(members=(a_member(),))


async def test_what_a_newer_version_has_added_to_a_heartbeat_is_ignored(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    await ledger.beat(a_member())
    item = await item_of(console, table, "#worker/worker-1")
    text = item["m"]["S"].replace("{", '{"later": [1], ', 1)
    await console.put_item(TableName=table, Item={**item, "m": {"S": text}, "l": {"S": "later"}})

    assert (await ledger.beat(a_member("worker-2"))).members == (a_member(), a_member("worker-2"))


async def test_a_due_row_that_this_version_cannot_read_hides_none_that_it_can(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    await ledger.put(a_due_row("unreadable"))
    item = await item_of(console, table, "unreadable")
    await console.put_item(TableName=table, Item={**item, "r": {"S": "{}"}})
    await ledger.put(a_due_row("readable"))

    assert [row.job_id for row in await ledger.due(SHARD, limit=1)] == ["readable"]


async def test_the_longest_row_that_can_be_is_far_from_dynamodbs_limit(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    row = a_full_row(STATES["rejected"])
    for _ in range(HISTORY_LIMIT + 1):
        row = row.noting("unclear", T0, "\U0001f680" * 256)  # 1 KB
    assert await ledger.put(row) is None

    item = await item_of(console, table, JOB)
    assert sum(len(name) + len(str(value).encode()) for name, value in item.items()) < ITEM_LIMIT_BYTES / 8
