"""What every ledger promises to `decide` and to the loop, whatever it is made of."""

import asyncio
from dataclasses import replace

import pytest

from tests.contract.ledger.samples import RETENTION_S, STATES, T0, ManualClock, a_full_row, a_row
from worker.core.row import Ready, Row, State
from worker.ports import Ledger

ODD_IDS = [
    "a",
    "x" * 128,
    "A-Z.a_z:0@9/-",
    "../../etc/passwd",
    "%",
    "_",
    "NULL",
    "1e3",
    "0",
    "é\U0001f680'\";--",
]


def stored(row: Row) -> Row:
    return replace(row, version=row.version + 1)


async def test_a_job_that_was_never_heard_of_has_no_row(ledger: Ledger) -> None:
    assert await ledger.read("order-8812-shipped") is None


async def test_a_ledger_knows_since_when_it_remembers(ledger: Ledger, clock: ManualClock) -> None:
    clock.move(60)

    assert ledger.created_at == T0


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
async def test_a_row_comes_back_as_it_went_in_whatever_its_state(ledger: Ledger, state: State) -> None:
    row = a_full_row(state)

    assert await ledger.put(row) is None

    assert await ledger.read(row.job_id) == stored(row)


async def test_a_bare_row_comes_back_as_it_went_in(ledger: Ledger) -> None:
    row = replace(a_row(), claim=None)

    await ledger.put(row)

    assert await ledger.read(row.job_id) == stored(row)


async def test_odd_ids_are_as_good_as_any_and_never_mixed_up(ledger: Ledger) -> None:
    for job_id in ODD_IDS:
        assert await ledger.put(replace(a_row(job_id), message_id=f"message of {job_id}")) is None

    for job_id in ODD_IDS:
        row = await ledger.read(job_id)
        assert row is not None
        assert (row.job_id, row.message_id) == (job_id, f"message of {job_id}")


async def test_ids_that_differ_in_case_only_are_two_jobs(ledger: Ledger) -> None:
    await ledger.put(a_row("Order-1"))

    assert await ledger.read("order-1") is None


async def test_each_write_makes_the_next_version(ledger: Ledger) -> None:
    for version in range(3):
        assert await ledger.put(a_row(version=version)) is None

    row = await ledger.read(a_row().job_id)
    assert row is not None
    assert row.version == 3


async def test_a_job_that_has_a_row_already_cannot_begin_anew(ledger: Ledger) -> None:
    first = a_row(claim_id="first")
    await ledger.put(first)

    standing = await ledger.put(a_row(claim_id="second"))

    assert standing == stored(first)
    assert await ledger.read(first.job_id) == stored(first)


@pytest.mark.parametrize("version", [1, 3], ids=["behind", "ahead"])
async def test_a_write_from_another_version_changes_nothing_and_sees_what_stands(
    ledger: Ledger, version: int
) -> None:
    """So the late write of a worker that was paused for long cannot win."""
    await ledger.put(a_row())
    newest = replace(a_row(version=1), state=STATES["delivered"])
    await ledger.put(newest)

    standing = await ledger.put(a_row(version=version, claim_id="late"))

    assert standing == stored(newest)
    assert await ledger.read(newest.job_id) == stored(newest)


async def test_of_many_claims_at_once_exactly_one_wins_and_all_others_see_it(ledger: Ledger) -> None:
    async with asyncio.TaskGroup() as group:
        claims = [group.create_task(ledger.put(a_row(claim_id=f"claim {n}"))) for n in range(50)]

    winner = await ledger.read(a_row().job_id)
    assert [claim.result() for claim in claims].count(None) == 1
    assert [claim.result() for claim in claims].count(winner) == 49
    assert winner is not None
    assert winner.claim is not None
    assert claims[int(winner.claim.id.removeprefix("claim "))].result() is None


async def test_jobs_that_are_written_at_once_do_not_get_in_each_others_way(ledger: Ledger) -> None:
    rows = [a_row(f"job-{n}") for n in range(100)]

    async with asyncio.TaskGroup() as group:
        writes = [group.create_task(ledger.put(row)) for row in rows]

    assert {None} == {write.result() for write in writes}
    assert [stored(row) for row in rows] == [await ledger.read(row.job_id) for row in rows]


async def test_a_row_is_remembered_until_its_retention_is_over(ledger: Ledger, clock: ManualClock) -> None:
    await ledger.put(a_row())

    clock.move(RETENTION_S - 1)
    assert await ledger.read(a_row().job_id) is not None
    assert await ledger.put(a_row(claim_id="second")) is not None

    clock.move(1)
    assert await ledger.read(a_row().job_id) is None


async def test_the_retention_counts_from_the_last_write(ledger: Ledger, clock: ManualClock) -> None:
    await ledger.put(a_row())
    clock.move(RETENTION_S - 1)
    await ledger.put(a_row(version=1))

    clock.move(RETENTION_S - 1)

    assert await ledger.read(a_row().job_id) is not None


async def test_a_job_whose_row_has_expired_begins_anew(ledger: Ledger, clock: ManualClock) -> None:
    await ledger.put(replace(a_row(), state=STATES["delivered"]))
    clock.move(RETENTION_S)

    assert await ledger.put(a_row(claim_id="anew")) is None

    row = await ledger.read(a_row().job_id)
    assert row is not None
    assert (row.version, row.state) == (1, Ready())


async def test_it_begins_anew_however_many_others_have_expired(ledger: Ledger, clock: ManualClock) -> None:
    for n in range(10):
        await ledger.put(a_row(f"job-{n}"))
        clock.move(1)
    clock.move(RETENTION_S)

    anew = a_row("job-9", claim_id="anew")
    assert await ledger.put(anew) is None

    assert await ledger.read("job-9") == stored(anew)


async def test_a_write_where_no_row_stands_any_more_is_stored(ledger: Ledger, clock: ManualClock) -> None:
    """The writer knows more than a ledger that has forgotten, and nobody else has begun the job."""
    await ledger.put(a_row())
    clock.move(RETENTION_S)

    assert await ledger.put(a_row(version=1)) is None

    row = await ledger.read(a_row().job_id)
    assert row is not None
    assert row.version == 2
