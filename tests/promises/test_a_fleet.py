"""Workers that share a ledger: they split the rate, take over from the dead, and heed one operator's word."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.jobs import a_job
from tests.support.mortal import Life
from tests.support.stage import DAY_S, HOME, SOMEBODY, Stage
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.outcome import Outcome
from worker.core.fleet import BEAT_S, LAPSE_S, SHARDS, Member, Pause, Roll
from worker.core.row import Claim, Row, Sending, Unclear
from worker.local.chime.faults import LOST_REPLY, Refuse
from worker.ports import LedgerUnavailable

pytestmark = pytest.mark.virtual_time

ACCESS_DENIED = Refuse(code="AccessDeniedException", status=403, message="not authorized")
FROZEN_UNTIL_S = 90.0
EXPIRED = Refuse(code="ExpiredTokenException", status=403, message="expired")


@pytest.fixture
async def fleet(stage: Stage) -> Stage:
    stage.ledger.is_shared = True
    return stage


async def test_the_living_split_the_rate_evenly(fleet: Stage) -> None:
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(fleet.serving()) for _ in range(2)]
        await fleet.passes(2 * BEAT_S)
        assert [5.0, 5.0] == [worker.gear.turns.rate_per_s() for worker in workers]


async def test_a_worker_that_leaves_gives_its_share_back_at_once(fleet: Stage) -> None:
    async with fleet.serving() as first:
        async with fleet.serving():
            await fleet.passes(2 * BEAT_S)
            assert 5.0 == first.gear.turns.rate_per_s()
        await fleet.passes(20.0)
        assert 10.0 == first.gear.turns.rate_per_s()
        assert 1 == len((await fleet.ledger.roll()).members)


async def test_a_dead_workers_shards_and_claims_move_on_within_seconds(fleet: Stage) -> None:
    async with fleet.serving() as survivor, fleet.serving(life=(life := Life())) as victim:
        await fleet.passes(2 * BEAT_S)
        claim = Claim("claim", fleet.clock.now() + timedelta(hours=1), victim.gear.identity.worker_id)
        assert survivor.gear.is_live(claim)
        assert len(survivor.gear.heart.fleet.shards()) < SHARDS

        life.dead.set()
        await fleet.passes(LAPSE_S + 2 * BEAT_S)

        assert not survivor.gear.is_live(claim)
        assert SHARDS == len(survivor.gear.heart.fleet.shards())
        victim.task.cancel()


async def test_a_job_of_a_dead_worker_is_taken_over_as_in_doubt(fleet: Stage) -> None:
    fleet.enqueue(a_job())
    await fleet.serve_until_killed_in_a_send()
    [sending] = [row for row in fleet.rows if isinstance(row.state, Sending)]
    assert "worker 1" == (sending.claim and sending.claim.worker_id)

    await fleet.serve()

    assert 1 == len(fleet.messages())
    assert Outcome.DELIVERED == (await fleet.end_of()).outcome


class FreezingLedger(MemoryLedger):
    """Freezes the worker that lives *life* as soon as it has stored that its attempt begins."""

    life = Life()

    async def put(self, row: Row) -> Row | None:
        standing = await super().put(row)
        if isinstance(row.state, Sending) and row.claim and row.claim.worker_id == "worker 1":
            self.life.frozen_until = max(self.life.frozen_until, FROZEN_UNTIL_S)
        return standing


async def test_a_worker_frozen_for_longer_than_its_heartbeat_does_not_send_what_was_taken_over(
    fleet: Stage,
) -> None:
    """When it wakes up its claim still stands; but it has not been heard of for so long that others sent."""
    fleet.limits = replace(fleet.limits, visibility_timeout_s=300.0)
    fleet.ledger = FreezingLedger(fleet.clock, retention_s=DAY_S)
    fleet.ledger.is_shared = True
    [message_id] = fleet.enqueue(a_job())

    async with fleet.serving(life=fleet.ledger.life):
        await fleet.passes(12.0)  # its poll is over: the next delivery is another worker's
        async with fleet.serving():
            fleet.queue.duplicate(message_id)
            await fleet.until(lambda: bool(fleet.messages()), within_s=FROZEN_UNTIL_S)
            assert fleet.clock.elapsed_s() < FROZEN_UNTIL_S
            await fleet.passes(2 * FROZEN_UNTIL_S)

    assert 1 == len(fleet.messages())


async def test_a_grace_is_not_shortened_where_another_workers_clock_is_slow(fleet: Stage) -> None:
    fleet.chime.switches = replace(fleet.chime.switches, list_lag_s=9.9)
    fleet.workers_clock.error_s = lambda elapsed_s: -4.0
    fleet.enqueue(a_job())
    fleet.strike(LOST_REPLY)
    async with fleet.serving():
        await fleet.until(lambda: any(isinstance(row.state, Unclear) for row in fleet.rows))

    fleet.workers_clock.error_s = lambda elapsed_s: 0.0
    await fleet.serve()

    assert 1 == len(fleet.messages())


async def test_a_paused_channel_waits_and_the_others_flow(fleet: Stage) -> None:
    await fleet.ledger.pause(Pause(HOME.channel_arn("alerts"), fleet.clock.now()))
    fleet.enqueue(a_job("a", "alerts"), a_job("b", "orders"))

    async with fleet.serving():
        await fleet.passes(60)
        assert ([], 1) == (fleet.messages("alerts"), len(fleet.messages("orders")))
        await fleet.ledger.resume(HOME.channel_arn("alerts"))
        await fleet.until(fleet.is_empty, within_s=BEAT_S + 35)

    assert 1 == len(fleet.messages("alerts"))


async def test_a_pause_of_all_stops_every_worker_within_seconds(fleet: Stage) -> None:
    async with fleet.serving() as one, fleet.serving() as other:
        await fleet.ledger.pause(Pause(None, fleet.clock.now()))
        await fleet.passes(2 * BEAT_S)
        fleet.enqueue(a_job())
        await fleet.passes(60)
        assert ["operator"] * 2 == [worker.service.waits_for() for worker in (one, other)]
        assert ([], 1) == (fleet.messages(), len(fleet.queue))

        await fleet.ledger.resume(None)
        await fleet.until(fleet.is_empty, within_s=30)

    assert 1 == len(fleet.messages())


async def test_each_channel_of_a_pool_sees_one_sender(stage: Stage) -> None:
    stage.chime.add_admin(SOMEBODY)
    stage.pool = (*stage.pool, SOMEBODY)
    for n in range(10):
        stage.open_channel(f"c-{n}")
    stage.enqueue(*(a_job(f"job-{n}-{k}", f"c-{n}") for n in range(10) for k in range(3)))

    await stage.serve()

    senders = [
        {message.sender_arn for message in stage.chime.messages(HOME.channel_arn(f"c-{n}"))}
        for n in range(10)
    ]
    assert {1} == set(map(len, senders))
    assert 2 == len(set.union(*senders))


async def test_a_channel_found_by_name_is_served_by_the_same_bearer_as_by_its_id(stage: Stage) -> None:
    stage.chime.add_admin(SOMEBODY)
    stage.pool = (*stage.pool, SOMEBODY)
    for n in range(8):
        stage.open_channel(f"c-{n}")
    stage.enqueue(*(a_job(f"id-{n}", f"c-{n}") for n in range(8)))
    stage.enqueue(*(a_job(f"name-{n}", {"name": f"c-{n}"}) for n in range(8)))

    await stage.serve()

    for n in range(8):
        messages = stage.chime.messages(HOME.channel_arn(f"c-{n}"))
        assert (2, 1) == (len(messages), len({message.sender_arn for message in messages}))


async def test_expired_credentials_stop_the_intake_until_a_job_proves_that_they_are_back(
    stage: Stage,
) -> None:
    stage.enqueue(*(a_job(f"job-{n}") for n in range(3)))
    stage.strike(EXPIRED, times=8)

    async with stage.serving() as worker:
        await stage.until(lambda: worker.gear.intake.cause == "bearer", within_s=5)
        assert "bearer" == worker.gear.intake.cause
        await stage.until(stage.is_empty)
        assert worker.gear.intake.cause is None

    assert 3 == len(stage.messages())
    assert {0, 1} >= {(await stage.row(f"job-{n}")).attempts for n in range(3)}


async def test_access_denied_to_one_channel_stops_only_its_lane(stage: Stage) -> None:
    stage.enqueue(*(a_job(f"alert-{n}", "alerts") for n in range(5)))
    stage.strike(ACCESS_DENIED, channel="alerts", times=None)

    async with stage.serving() as worker:
        for n in range(20):
            stage.enqueue(a_job(f"order-{n}"))
            await stage.passes(5)
            assert worker.gear.intake.cause is None

    assert 20 == len(stage.messages("orders"))
    assert 5 == len(stage.queue)


class MuteLedger(MemoryLedger):
    """Takes rows, and no heartbeats while it is *mute*: the index is throttled, or forbidden."""

    mute = False

    async def beat(self, member: Member) -> Roll:
        if self.mute:
            raise LedgerUnavailable("out for a test")
        return await super().beat(member)


async def test_heartbeats_that_are_not_taken_are_an_outage_and_no_crash_of_a_job(fleet: Stage) -> None:
    fleet.ledger = ledger = MuteLedger(fleet.clock, retention_s=DAY_S)
    fleet.ledger.is_shared = True

    async with fleet.serving():
        await fleet.passes(BEAT_S)
        ledger.mute = True
        await fleet.passes(LAPSE_S)
        fleet.enqueue(a_job())
        await fleet.passes(1800)
        assert [] == fleet.queue.dead_letters
        ledger.mute = False
        await fleet.until(fleet.is_empty, within_s=120)

    assert 1 == len(fleet.messages())
    assert 0 == (await fleet.row()).crashes


async def test_a_claim_that_this_worker_gave_up_on_is_nobodys(fleet: Stage) -> None:
    """Its handling ended with a fault of the ledger; the table still says that this worker has the job."""
    async with fleet.serving() as worker:
        until = fleet.clock.now() + timedelta(seconds=60)
        left = Claim("left behind", until, worker.gear.identity.worker_id)

        assert not worker.gear.is_live(left)
        worker.gear.live_claims.add("left behind")
        assert worker.gear.is_live(left)
