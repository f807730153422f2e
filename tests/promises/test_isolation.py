"""Guarantee 5. A slow, throttled or forbidden channel delays no other channel."""

from __future__ import annotations

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.stage import DAY_S, JOIN, Stage
from worker.adapters.ledger.memory import MemoryLedger
from worker.core.row import Row
from worker.local.chime.faults import FAILURE, LOST_REQUEST, THROTTLED, Drip, Fault, Refuse, Slow
from worker.ports import RowUnreadable

pytestmark = pytest.mark.virtual_time

QUICK_S = 1.0
FORBIDDEN = Refuse(status=403, code="ForbiddenException", message="No")
TROUBLES = {
    "hanging": Drip(),
    "slow": Slow(delay_s=5),
    "throttled": THROTTLED,
    "forbidden": FORBIDDEN,
    "failing": FAILURE,
    "silent": LOST_REQUEST,
}


@pytest.mark.parametrize("fault", TROUBLES.values(), ids=TROUBLES.keys())
async def test_a_channel_in_trouble_delays_no_other(stage: Stage, fault: Fault) -> None:
    stage.strike(fault, channel="orders", times=None)
    stage.strike(FORBIDDEN, JOIN, channel="orders", times=None)
    stage.enqueue(*[a_job(f"order-{n}") for n in range(50)])
    alerts = [f"alert-{n}" for n in range(60)]
    enqueued_at_s = []

    async with stage.serving():
        for alert in alerts:
            enqueued_at_s.append(stage.clock.elapsed_s())
            stage.enqueue(a_job(alert, channel="alerts"))
            await stage.passes(1.3)

    arrived_at_s = [stage.stored_at_s(text_of(alert), "alerts") for alert in alerts]
    took_s = [arrived - enqueued for arrived, enqueued in zip(arrived_at_s, enqueued_at_s, strict=True)]
    assert max(took_s) < QUICK_S


async def test_a_backlog_of_a_channel_that_hangs_does_not_fill_the_hand(stage: Stage) -> None:
    stage.strike(Drip(), channel="orders", times=None)
    stage.enqueue(*[a_job(f"order-{n}") for n in range(1000)])
    stage.enqueue(*[a_job(f"alert-{n}", channel="alerts") for n in range(5)])

    async with stage.serving():
        await stage.until(lambda: len(stage.messages("alerts")) == 5, within_s=600)

    assert 5 == len(stage.messages("alerts"))
    assert stage.clock.elapsed_s() < 60


async def test_bodies_that_are_no_jobs_delay_nobody(stage: Stage) -> None:
    stage.enqueue(*["no job"] * 300, a_job())

    await stage.serve()

    assert stage.stored_at_s(text_of("order-8812")) < QUICK_S
    assert 300 == len(stage.queue.dead_letters)


async def test_a_job_that_another_one_waits_for_is_never_of_another_channel(stage: Stage) -> None:
    stage.strike(LOST_REQUEST, channel="orders")
    stage.enqueue(a_job("order-1"), a_job("order-2"), a_job("alert-1", channel="alerts"))

    await stage.serve()

    assert stage.stored_at_s(text_of("alert-1"), "alerts") < QUICK_S
    assert stage.stored_at_s(text_of("order-2")) > 10


class TornLedger(MemoryLedger):
    """Cannot read one row, as where a newer version wrote it; so nor does it write over it."""

    async def read(self, job_id: str) -> Row | None:
        if job_id == "torn":
            raise RowUnreadable("written for a test by a version to come")
        return await super().read(job_id)

    async def put(self, row: Row) -> Row | None:
        await self.read(row.job_id)
        return await super().put(row)


async def test_a_row_that_cannot_be_read_delays_no_other_job(stage: Stage) -> None:
    """Two versions work on a queue while one takes the other's place."""
    stage.ledger = TornLedger(stage.clock, retention_s=DAY_S)
    stage.enqueue(a_job("torn"), *(a_job(f"order-{n}") for n in range(20)), a_job("alert", "alerts"))

    async with stage.serving() as worker:
        await stage.until(lambda: len(stage.queue) == 1, within_s=5.0)
        assert None is worker.gear.intake.cause

    assert (20, 1) == (len(stage.messages("orders")), len(stage.messages("alerts")))
