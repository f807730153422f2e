"""Runs schedules and reports: `python -m tests.simulation --seeds N`. A failing seed repeats exactly."""

from __future__ import annotations

import asyncio

from tests.simulation.oracle import Finding, findings_of
from tests.simulation.schedule import Tokens, schedule_of
from tests.simulation.world import World
from worker.local.virtual_time import VirtualTimeLoop


def simulate(seed: int, tokens: Tokens) -> list[Finding]:
    """Live through the schedule of one seed and return what must not happen, and did."""

    async def live() -> list[Finding]:
        world = World(schedule_of(seed, tokens))
        await world.run()
        return findings_of(world)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(live())
