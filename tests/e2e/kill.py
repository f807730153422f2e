"""
Kills the worker at random moments while Chime fails, and counts in the world what became of the jobs.

`make kill` runs it at length; the tests run it once, shortly. The seed decides the faults and when the kills
come; the machine adds its own chance.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random, SystemRandom

from tests.e2e.watching import QUICK, contents, until
from tests.support.jobs import a_job, text_of
from tests.support.programs import started, stopped
from worker.local.chime.clock import WallClock
from worker.local.chime.faults import FAILURE_AFTER_EFFECT, LOST_REPLY, LOST_REQUEST, FaultRule
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import CHANNELS, World, embedded_world

BATCH = 10
FEED_EVERY_S = 0.1
KILL_WITHIN_S = 0.5
"""A kill comes at most so long after the message that it waits for."""
DONE_WITHIN_S = 240.0
TROUBLE: Mapping[str, FaultRule] = {
    "replies lost": FaultRule(LOST_REPLY, operation="SendChannelMessage", probability=0.15),
    "500 although stored": FaultRule(FAILURE_AFTER_EFFECT, operation="SendChannelMessage", probability=0.15),
    "requests lost": FaultRule(LOST_REQUEST, operation="SendChannelMessage", probability=0.05),
}
SWITCHES = Switches(tokens="ignored", list_lag_s=0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many jobs, how many of them in the queue at most (moto is slow with deep ones), how many kills."""

    jobs: int
    depth: int
    kills: int
    grace_s: float
    visibility_timeout_s: int

    @property
    def settings(self) -> Mapping[str, str]:
        """What the workers are told."""
        return {
            **QUICK,
            "WORKER_RECONCILE_GRACE_S": f"{self.grace_s:g}",
            "WORKER_VISIBILITY_TIMEOUT_S": str(self.visibility_timeout_s),
        }


FULL = Plan(jobs=200, depth=80, kills=5, grace_s=3.0, visibility_timeout_s=10)
SHORT = Plan(jobs=40, depth=40, kills=2, grace_s=2.0, visibility_timeout_s=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was counted in the channels and queues once nothing was left to do."""

    posted_once: int
    lost: Sequence[str]
    doubled: Sequence[str]
    dead_letters: Sequence[str]
    """Their reasons."""
    exit_codes: Sequence[int]
    """Of each worker, the killed ones first."""
    struck: Mapping[str, int]
    """How often each fault struck."""
    took_s: float

    @property
    def is_right(self) -> bool:
        """Whether every job was posted exactly once, and the last worker ended well."""
        return not (self.lost or self.doubled or self.dead_letters) and self.exit_codes[-1] == 0


async def run_through_kills(plan: Plan, seed: int) -> Found:
    """Feed the jobs to one worker after another, each killed but the last, and count."""
    rng, loop = Random(seed), asyncio.get_running_loop()
    chime = Chime(WallClock(), switches=SWITCHES, rng=Random(seed))
    chime.faults.add(*TROUBLE.values())
    job_ids = [f"job-{n}" for n in range(plan.jobs)]
    began_at = loop.time()
    async with embedded_world(chime=chime) as world, asyncio.timeout(DONE_WITHIN_S):
        async with asyncio.TaskGroup() as tasks:
            feeding = tasks.create_task(_feed(world, job_ids, depth=plan.depth))
            exit_codes = [await _killed_after(count, world, plan, rng) for count in _moments(plan, rng)]
            async with started("run", environment={**world.environment, **plan.settings}) as process:
                await _until_over(process, world, feeding)
                exit_codes.append((await stopped(process)).code)
            feeding.cancel()
        return _found(world, job_ids, exit_codes, took_s=loop.time() - began_at)


def _moments(plan: Plan, rng: Random) -> Sequence[int]:
    """After how many messages the kills come: while there is work left for those that follow."""
    return sorted(rng.sample(range(1, plan.jobs * 4 // 5), plan.kills))


async def _killed_after(count: int, world: World, plan: Plan, rng: Random) -> int:
    """Run a worker until so many messages are posted, one of them by itself, and a moment longer."""
    at_least = max(count, contents(world).total() + 1)
    async with started("run", environment={**world.environment, **plan.settings}) as process:
        await until(
            lambda: contents(world).total() >= at_least or process.returncode is not None,
            within_s=DONE_WITHIN_S,
        )
        await asyncio.sleep(rng.uniform(0, KILL_WITHIN_S))
        if process.returncode is None:
            process.kill()
        return await process.wait()


async def _until_over(process: Process, world: World, feeding: asyncio.Task[None]) -> None:
    """Wait until every job has left the queue, or the worker has ended, which it should not."""
    await until(
        lambda: process.returncode is not None or (feeding.done() and not world.jobs()),
        within_s=DONE_WITHIN_S,
    )


async def _feed(world: World, job_ids: Sequence[str], *, depth: int) -> None:
    """Enqueue the jobs in turn for every channel, and never let the queue grow deeper."""
    bodies = [a_job(one, CHANNELS[n % len(CHANNELS)]) for n, one in enumerate(job_ids)]
    while bodies:
        room = min(BATCH, depth - len(world.jobs()))
        if room > 0:
            await world.enqueue(bodies[:room])
            del bodies[:room]
        else:
            await asyncio.sleep(FEED_EVERY_S)


def _found(world: World, job_ids: Sequence[str], exit_codes: Sequence[int], *, took_s: float) -> Found:
    posted = contents(world)
    letters = world.dead_letters()
    dead = {json.loads(letter.body)["id"] for letter in letters}
    counts = {one: posted[text_of(one)] for one in job_ids}
    return Found(
        posted_once=sum(count == 1 for count in counts.values()),
        lost=[one for one, count in counts.items() if count == 0 and one not in dead],
        doubled=[one for one, count in counts.items() if count > 1],
        dead_letters=[letter.attributes.get("reason", "none") for letter in letters],
        exit_codes=exit_codes,
        struck={
            name: times for name, (_, times) in zip(TROUBLE, world.chime.chime.faults.struck(), strict=True)
        },
        took_s=took_s,
    )


def main(words: Sequence[str]) -> int:
    """Run the full plan once; 0 if every job was posted exactly once."""
    parser = argparse.ArgumentParser(prog="kill", description=__doc__)
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32), metavar="N")
    seed = parser.parse_args(words).seed
    found = asyncio.run(run_through_kills(FULL, seed))
    print(f"seed {seed}: {FULL.jobs} jobs in {found.took_s:.1f} s; exit codes {found.exit_codes}")  # noqa: T201
    print(f"posted once {found.posted_once}, lost {found.lost}, doubled {found.doubled}")  # noqa: T201
    print(f"dead letters {found.dead_letters}; struck {dict(found.struck)}")  # noqa: T201
    return int(not found.is_right)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
