"""
Kills and freezes workers at random moments while Chime fails; counts in the world what became of the jobs.

`make kill` runs it at length; the tests run it shortly. The seed decides the faults and when the kills come;
the machine adds its own chance.
"""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random, SystemRandom
from signal import SIGKILL
from typing import Literal, assert_never

from aiobotocore.session import get_session

from tests.e2e.herd import Herd
from tests.e2e.watching import QUICK, contents, until
from tests.support.jobs import a_job, text_of
from worker.adapters.ledger.dynamodb_items import row_of
from worker.core.identity import client_request_token
from worker.core.row import Row, Sending
from worker.local.chime.clock import WallClock, from_ms
from worker.local.chime.faults import FAILURE_AFTER_EFFECT, LOST_REPLY, LOST_REQUEST, FaultRule
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.sqs import REGION
from worker.local.world import CHANNELS, CREDENTIALS, LedgerType, World, embedded_world

BATCH = 10
FEED_EVERY_S = 0.1
STRUCK_WITHIN_S = 0.5
"""A blow comes at most so long after the message that it waits for."""
ARRIVED_S = 0.3
"""What a frozen worker sent has arrived by then."""
LAPSED_S = 7.0
"""A claim has lapsed for every other worker so long after its time: their clocks may be 5 s apart."""
DONE_WITHIN_S = 900.0
TROUBLE: Mapping[str, FaultRule] = {
    "replies lost": FaultRule(LOST_REPLY, operation="SendChannelMessage", probability=0.15),
    "500 although stored": FaultRule(FAILURE_AFTER_EFFECT, operation="SendChannelMessage", probability=0.15),
    "requests lost": FaultRule(LOST_REQUEST, operation="SendChannelMessage", probability=0.05),
}
OPTIONS = {
    "workers": (1, "side by side: several need --ledger dynamodb"),
    "jobs": (200, "to be posted"),
    "kills": (5, "by kill -9, each with a successor"),
    "freezes": (2, "by SIGSTOP, for longer than a claim lasts"),
}
SWITCHES = Switches(tokens="ignored", list_lag_s=0.4)
Blow = Literal["kill", "freeze"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many jobs, how many of them in the queue at most (moto is slow with deep ones), how many blows."""

    workers: int
    ledger: LedgerType
    jobs: int
    kills: int
    freezes: int
    depth: int = 80
    grace_s: float = 3.0
    visibility_timeout_s: int = 10

    @property
    def settings(self) -> Mapping[str, str]:
        """What the workers are told."""
        return {
            **QUICK,
            "WORKER_RECONCILE_GRACE_S": f"{self.grace_s:g}",
            "WORKER_VISIBILITY_TIMEOUT_S": str(self.visibility_timeout_s),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was counted in the channels and queues once nothing was left to do."""

    plan: Plan
    posted_once: int
    lost: Sequence[str]
    doubled: Sequence[str]
    dead_letters: Sequence[str]
    """Their reasons."""
    exit_codes: Mapping[int, int]
    """How many workers ended with each."""
    struck: Mapping[str, int]
    """How often each fault struck."""
    took_s: float

    @property
    def is_right(self) -> bool:
        """Whether every job was posted exactly once, and all workers ended well that were not killed."""
        ends = {-SIGKILL: self.plan.kills, 0: self.plan.workers}
        wrong = self.lost or self.doubled or self.dead_letters
        return not wrong and Counter(ends) == self.exit_codes and self.posted_once == self.plan.jobs


async def run_through_kills(plan: Plan, seed: int) -> Found:
    """Feed the jobs to the workers, strike these down as planned, and count."""
    chime = Chime(WallClock(), switches=SWITCHES, rng=Random(seed))
    chime.faults.add(*TROUBLE.values())
    job_ids = [f"job-{n}" for n in range(plan.jobs)]
    began_at = asyncio.get_running_loop().time()
    async with embedded_world(chime=chime, ledger=plan.ledger) as world, asyncio.timeout(DONE_WITHIN_S):
        herd = Herd({**world.environment, **plan.settings})
        async with herd.kept(plan.workers):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_feed(world, job_ids, depth=plan.depth))
                tasks.create_task(_strike_down(herd, world, plan, Random(seed)))
            await until(lambda: not world.jobs(), within_s=DONE_WITHIN_S)
        took_s = asyncio.get_running_loop().time() - began_at
        return _found(world, plan, job_ids, Counter(herd.exit_codes), took_s=took_s)


async def _strike_down(herd: Herd, world: World, plan: Plan, rng: Random) -> None:
    """Strike after random numbers of messages: while there is work left for those that follow."""
    count = plan.kills + plan.freezes
    blows: list[Blow] = rng.sample(("kill", "freeze"), count, counts=(plan.kills, plan.freezes))
    moments = sorted(rng.sample(range(1, plan.jobs * 4 // 5), count))
    async with asyncio.TaskGroup() as tasks:
        for moment, blow in zip(moments, blows, strict=True):
            await until(partial(_has_come_to, world, moment), within_s=DONE_WITHIN_S)
            await asyncio.sleep(rng.uniform(0, STRUCK_WITHIN_S))
            match blow:
                case "kill":
                    await herd.kill_one(rng)
                case "freeze":
                    tasks.create_task(_freeze_one(herd, world, plan, rng))
                case _:
                    assert_never(blow)


def _has_come_to(world: World, count: int) -> bool:
    return contents(world).total() >= count


async def _freeze_one(herd: Herd, world: World, plan: Plan, rng: Random) -> None:
    """Freeze a worker for longer than its claims last, but not inside a send: that gap is the token's."""
    while True:
        async with herd.frozen_one(rng):
            await asyncio.sleep(ARRIVED_S)
            if not await _a_send_is_held_back(world):
                await asyncio.sleep(plan.visibility_timeout_s + LAPSED_S)
                return
        await asyncio.sleep(rng.uniform(0, STRUCK_WITHIN_S))


async def _a_send_is_held_back(world: World) -> bool:
    """Tell whether a row says that an attempt began, and its call has not come to Chime."""
    calls = world.chime.chime.calls.latest
    return any(
        not any(call.token == token and from_ms(call.at_ms) >= row.state.since for call in calls)
        for row in await _rows_being_sent(world)
        if isinstance(row.state, Sending)
        for token in [client_request_token(world.app_instance_arn, row.job_id)]
    )


async def _rows_being_sent(world: World) -> Sequence[Row]:
    """Read the rows in the middle of a send; a file has none to worry about, as it is one worker's alone."""
    if world.ledger_table is None:
        return ()
    async with get_session().create_client(
        "dynamodb",
        REGION,
        endpoint_url=world.sqs.url,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    ) as client:
        pages = client.get_paginator("scan").paginate(
            TableName=world.ledger_table,
            FilterExpression="contains(r, :sending)",
            ExpressionAttributeValues={":sending": {"S": '"kind":"sending"'}},
        )
        return [row_of(item, item["id"]["S"]) async for page in pages for item in page["Items"]]


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


def _found(
    world: World, plan: Plan, job_ids: Sequence[str], exit_codes: Mapping[int, int], *, took_s: float
) -> Found:
    posted = contents(world)
    letters = world.dead_letters()
    dead = {json.loads(letter.body)["id"] for letter in letters}
    counts = {one: posted[text_of(one)] for one in job_ids}
    return Found(
        plan=plan,
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
    """Run a plan once; 0 if every job was posted exactly once."""
    parser = ArgumentParser(prog="kill", description=__doc__, formatter_class=ArgumentDefaultsHelpFormatter)
    for name, (default, meaning) in OPTIONS.items():
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=meaning)
    parser.add_argument("--ledger", choices=["sqlite", "dynamodb"], default="sqlite", help="of the workers")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(2**32), metavar="N")
    asked = vars(parser.parse_args(words))
    seed, plan = asked.pop("seed"), Plan(**asked)
    if plan.workers > 1 and plan.ledger == "sqlite":
        parser.error("several workers cannot share a file: give --ledger dynamodb")
    found = asyncio.run(run_through_kills(plan, seed))
    print(f"seed {seed}, {plan}: {found.took_s:.1f} s")  # noqa: T201
    print(f"posted once {found.posted_once}, lost {found.lost}, doubled {found.doubled}")  # noqa: T201
    print(f"dead letters {found.dead_letters}; struck {dict(found.struck)}")  # noqa: T201
    print(f"exit codes {dict(found.exit_codes)}")  # noqa: T201
    return int(not found.is_right)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
