"""How rows lie in DynamoDB: what is marked, what may be removed when, and what cannot be read."""

from typing import Any

import pytest

from tests.contract.ledger.samples import RETENTION_S, STATES, T0, ManualClock, a_full_row, a_row
from tests.contract.ledger.tables import item_of
from tests.integration.ledger.front import SECRET
from worker.adapters.ledger.dynamodb import DynamoDbLedger
from worker.adapters.ledger.dynamodb_items import SHARDS, shard_of
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


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
async def test_a_row_is_marked_open_while_another_outcome_can_follow(
    ledger: DynamoDbLedger, console: Any, table: str, state: State
) -> None:
    await ledger.put(a_full_row(state))

    marked = (await item_of(console, table, JOB)).get("open")
    is_open = state not in (STATES["delivered"], STATES["rejected"])
    assert marked == ({"N": str(shard_of(a_row().channel_arn))} if is_open else None)


def test_channels_are_spread_over_all_shards() -> None:
    assert set(range(SHARDS)) == {shard_of(f"channel/{n}") for n in range(1000)}


def test_a_channel_keeps_its_shard() -> None:
    """Over versions too: rows that are marked with another one would not be found."""
    assert shard_of("arn:aws:chime:us-east-1:111122223333:app-instance/shop/channel/orders") == 52


async def test_the_longest_row_that_can_be_is_far_from_dynamodbs_limit(
    ledger: DynamoDbLedger, console: Any, table: str
) -> None:
    row = a_full_row(STATES["rejected"])
    for _ in range(HISTORY_LIMIT + 1):
        row = row.noting("unclear", T0, "\U0001f680" * 256)  # 1 KB
    assert await ledger.put(row) is None

    item = await item_of(console, table, JOB)
    assert sum(len(name) + len(str(value).encode()) for name, value in item.items()) < ITEM_LIMIT_BYTES / 8
