"""Workers on one queue and one table: they share the jobs, and double none when some are killed or frozen."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random, SystemRandom
from signal import SIGKILL

import pytest

from tests.e2e.kill import Plan, run_through_kills
from tests.e2e.watching import QUICK, contents, until
from tests.support.jobs import a_job, text_of
from tests.support.programs import ended, logged, started, stopped
from worker.local.chime.clock import WallClock
from worker.local.chime.faults import FAILURE_AFTER_EFFECT, LOST_REPLY, FaultRule
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import embedded_world

CHANNELS = ("orders", "support", "alerts", "receipts")
JOBS = tuple(f"job-{n}" for n in range(60))
TWICE = JOBS[:10]
"""Enqueued twice, one receive's worth after the other: both workers begin them at the same time."""
KILLED_AFTER = 20
"""Messages in all channels together: both workers are at work, and have plenty in hand."""
SETTINGS: Mapping[str, str] = {
    **QUICK,
    "WORKER_BEARER_RATE": "5",  # a half each of what the emulator grants, as Chime does
    "WORKER_RECONCILE_GRACE_S": "2",
    "WORKER_VISIBILITY_TIMEOUT_S": "6",
}

FLEET = Plan(workers=3, ledger="dynamodb", jobs=72, kills=3, freezes=1, grace_s=2.0, visibility_timeout_s=4)


@pytest.mark.timeout(120)
async def test_three_workers_lose_and_repeat_nothing_when_they_are_killed_and_frozen() -> None:
    seed = SystemRandom().randrange(2**32)

    found = await run_through_kills(FLEET, seed)

    assert found.is_right, f"seed {seed}: {found}"
    assert 0 < sum(found.struck.values())


@pytest.mark.timeout(90)
async def test_two_workers_share_a_table_and_lose_and_repeat_nothing_when_one_is_killed() -> None:
    seed = SystemRandom().randrange(2**32)
    chime = _lossy_chime(seed)
    bodies = {one: a_job(one, CHANNELS[n % len(CHANNELS)]) for n, one in enumerate(JOBS)}

    async with embedded_world(ledger="dynamodb", channels=CHANNELS, not_joined=(), chime=chime) as world:
        environment = {**world.environment, **SETTINGS}
        async with (
            started("run", environment=environment) as survivor,
            started("run", environment=environment) as victim,
        ):
            for each in (survivor, victim):
                await logged(each, "worker.started")
            await world.enqueue([bodies[one] for one in (*TWICE, *JOBS)])
            await until(lambda: contents(world).total() >= KILLED_AFTER)
            victim.kill()
            killed = await ended(victim)
            async with started("run", environment=environment) as successor:
                await until(lambda: not world.jobs() or successor.returncode is not None, within_s=40)
                survived, succeeded = await stopped(survivor), await stopped(successor)
        posted, left, dead = contents(world), world.jobs(), world.dead_letters()

    said = f"seed {seed}: {posted}"
    assert {text_of(one): 1 for one in JOBS} == posted, said
    assert ([], []) == (left, dead), said
    assert [-SIGKILL, 0, 0] == [killed.code, survived.code, succeeded.code], said
    assert all(done.logged("job.ended") for done in (killed, survived)), said
    assert 0 < sum(times for _, times in chime.faults.struck()), said


def _lossy_chime(seed: int) -> Chime:
    """Ignore tokens, show messages late, and now and then store one without saying so."""
    chime = Chime(WallClock(), switches=Switches(tokens="ignored", list_lag_s=0.4), rng=Random(seed))
    chime.faults.add(
        FaultRule(LOST_REPLY, operation="SendChannelMessage", probability=0.15),
        FaultRule(FAILURE_AFTER_EFFECT, operation="SendChannelMessage", probability=0.1),
    )
    return chime
