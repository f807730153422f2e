"""Runs schedules and reports: `python -m tests.simulation --seeds N`. A failing seed repeats exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.simulation.oracle import Finding, findings_of
from tests.simulation.schedule import Schedule, Tokens, schedule_of
from tests.simulation.world import World
from worker.local.virtual_time import VirtualTimeLoop


def simulate(seed: int, tokens: Tokens, *, make: Callable[[Schedule], World] = World) -> list[Finding]:
    """Live through the schedule of one seed and return what must not happen, and did."""
    _, findings = live(seed, tokens, make=make)
    return findings


def live(
    seed: int, tokens: Tokens, *, make: Callable[[Schedule], World] = World
) -> tuple[World, list[Finding]]:
    """Live through the schedule of one seed in a world that *make* makes; return that world too."""

    async def life() -> tuple[World, list[Finding]]:
        world = make(schedule_of(seed, tokens))
        await world.run()
        return world, findings_of(world)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(life())
