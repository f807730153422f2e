"""What every ledger promises to reconciliation: the rows that are due, and no others."""

from dataclasses import replace
from datetime import timedelta

from tests.contract.ledger.samples import CHANNEL, RETENTION_S, SHARD, T0, ManualClock, a_due_row, a_row
from worker.core.fleet import SHARDS, shard_of
from worker.ports import Ledger

ELSEWHERE = f"{CHANNEL}-of-another-shard"


async def due_ids(ledger: Ledger, *, limit: int = 50) -> list[str]:
    return [row.job_id for row in await ledger.due(SHARD, limit=limit)]


async def test_a_ledger_without_jobs_has_none_that_is_due(ledger: Ledger) -> None:
    assert list(await ledger.due(SHARD, limit=50)) == []


async def test_a_row_that_is_due_comes_back_as_it_stands(ledger: Ledger) -> None:
    row = a_due_row("job-1")
    await ledger.put(row)

    assert [replace(row, version=1)] == list(await ledger.due(SHARD, limit=50))


async def test_a_row_is_due_from_its_moment_on_and_not_before(ledger: Ledger, clock: ManualClock) -> None:
    await ledger.put(a_due_row("job-1", after_s=5))

    clock.at += timedelta(seconds=5, microseconds=-1)
    assert await due_ids(ledger) == []

    clock.at += timedelta(microseconds=1)
    assert await due_ids(ledger) == ["job-1"]


async def test_the_longest_overdue_come_first_and_no_more_than_are_asked_for(
    ledger: Ledger, clock: ManualClock
) -> None:
    for after_s in (3, 1, 4, 0, 2):
        await ledger.put(a_due_row(f"job-{after_s}", after_s=after_s))
    clock.move(3)

    assert await due_ids(ledger) == ["job-0", "job-1", "job-2", "job-3"]
    assert await due_ids(ledger, limit=2) == ["job-0", "job-1"]


async def test_a_row_that_is_in_the_queues_care_is_not_due(ledger: Ledger) -> None:
    await ledger.put(a_row("in hand"))
    await ledger.put(a_due_row("left alone"))

    assert await due_ids(ledger) == ["left alone"]


async def test_a_row_that_is_closed_is_due_no_more(ledger: Ledger) -> None:
    row = a_due_row("job-1")
    await ledger.put(row)

    await ledger.put(replace(row, version=1, due_at=None))

    assert await due_ids(ledger) == []


async def test_a_row_that_is_put_off_is_due_later_and_only_once(ledger: Ledger, clock: ManualClock) -> None:
    row = a_due_row("job-1")
    await ledger.put(row)
    await ledger.put(replace(row, version=1, due_at=T0 + timedelta(seconds=30)))
    assert await due_ids(ledger) == []

    clock.move(30)

    assert await due_ids(ledger) == ["job-1"]


async def test_a_row_is_due_in_the_shard_of_its_channel_and_nowhere_else(ledger: Ledger) -> None:
    await ledger.put(a_due_row("job-1"))

    found = {shard: [row.job_id for row in await ledger.due(shard, limit=50)] for shard in range(SHARDS)}

    assert {shard: ["job-1"] if shard == SHARD else [] for shard in range(SHARDS)} == found


async def test_a_row_whose_channel_turns_out_to_be_another_moves_to_its_shard(ledger: Ledger) -> None:
    await ledger.put(replace(a_due_row("job-1"), channel_arn=""))

    await ledger.put(replace(a_due_row("job-1"), channel_arn=ELSEWHERE, version=1))

    assert [row.version for row in await ledger.due(shard_of(ELSEWHERE), limit=50)] == [2]
    assert list(await ledger.due(shard_of(""), limit=50)) == []


async def test_a_write_that_is_refused_makes_nothing_due(ledger: Ledger) -> None:
    await ledger.put(a_row("job-1"))

    assert await ledger.put(a_due_row("job-1")) is not None

    assert await due_ids(ledger) == []


async def test_an_expired_row_is_not_due_and_hides_none_that_is(ledger: Ledger, clock: ManualClock) -> None:
    for n in range(3):
        await ledger.put(a_due_row(f"expired-{n}"))
    clock.move(RETENTION_S)
    await ledger.put(a_due_row("alive", after_s=1))

    assert await due_ids(ledger, limit=1) == ["alive"]


async def test_a_long_backlog_is_given_out_in_its_order(ledger: Ledger, clock: ManualClock) -> None:
    """Longer than a page of any ledger."""
    for n in range(210):
        await ledger.put(a_due_row(f"job-{n}", after_s=n))
    clock.move(300)

    assert [f"job-{n}" for n in range(210)] == await due_ids(ledger, limit=1000)
