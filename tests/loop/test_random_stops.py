"""However a worker ends, each delivery was settled once, or comes back when its visibility ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.mortal import Life
from tests.support.stage import CHANNELS, Stage
from worker.local.chime.faults import LOST_REPLY, LOST_REQUEST, THROTTLED, FaultRule, Slow

pytestmark = pytest.mark.virtual_time

JOBS = [f"order-{n}" for n in range(25)]


def a_troubled_stage(rng: Random) -> Stage:
    stage = Stage(fifo=rng.random() < 0.3)
    stage.limits = replace(stage.limits, drain_s=rng.choice((1.0, 5.0, 25.0)))
    for fault in (LOST_REPLY, LOST_REQUEST, THROTTLED, Slow(delay_s=3), Slow(delay_s=8)):
        stage.chime.faults.add(FaultRule(fault, probability=0.08))
    for job_id in JOBS:
        channel = rng.choice(CHANNELS)
        stage.enqueue(a_job(job_id, channel=channel), group=channel)
    return stage


@pytest.mark.parametrize("seed", range(40))
async def test_after_any_stop_nothing_stays_hidden(seed: int) -> None:
    rng = Random(seed)
    stage = a_troubled_stage(rng)

    async with stage.serving() as worker:
        await stage.passes(rng.uniform(0, 12))
        worker.stop()
        if rng.random() < 0.3:
            await stage.passes(rng.uniform(0, 2))
            worker.stop()
        await worker.ended()

    assert 0 == stage.queue.in_flight


@pytest.mark.parametrize("seed", range(40))
async def test_after_any_sequence_of_stops_and_kills_each_job_is_one_message(seed: int) -> None:
    rng = Random(seed)
    stage = a_troubled_stage(rng)

    for _ in range(rng.randint(1, 6)):
        life = Life(dies_at=rng.randint(1, 120))
        async with stage.serving(life=life) as worker:
            await stage.until(life.dead.is_set, within_s=rng.uniform(0, 30))
            if life.dead.is_set():
                worker.task.cancel()
    await stage.serve()

    messages = Counter(text for channel in CHANNELS for text in stage.messages(channel))
    assert Counter(map(text_of, JOBS)) == messages
    assert 0 == len(stage.queue)
