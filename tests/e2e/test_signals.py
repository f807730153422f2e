"""Signals: how soon the process ends, with which exit code, and that it holds nothing back from the queue."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence

import pytest

from tests.e2e.watching import QUICK, contents, in_flight, until
from tests.support.jobs import a_job, text_of
from tests.support.programs import Done, ended, logged, started
from worker.local.chime.faults import FaultRule, Slow
from worker.local.world import Backlog, World

SLACK_S = 5.0
"""What a busy machine may add to any of the bounds."""
BOTH_SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
HUNG = FaultRule(Slow(delay_s=300), operation="SendChannelMessage")
SMALL_HAND = {**QUICK, "WORKER_CONCURRENCY": "1", "WORKER_VISIBILITY_TIMEOUT_S": "60"}
"""A hand of four. Once it is full no poll is under way, so that the count of what is in flight is exact."""


@BOTH_SIGNALS
async def test_an_idle_worker_ends_as_soon_as_its_poll_does(world: World, number: signal.Signals) -> None:
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")

        done, took_s = await ended_by(number, process)

    assert (0, [True]) == (done.code, [line["clean"] for line in done.logged("worker.stopped")])
    assert took_s < 2 + SLACK_S


@BOTH_SIGNALS
async def test_a_busy_worker_ends_what_it_has_begun_and_gives_back_the_rest(
    world: World, number: signal.Signals
) -> None:
    jobs = [f"job-{n}" for n in range(60)]
    await world.enqueue(
        [a_job(one, channel) for one, channel in zip(jobs, channels_in_turn(60), strict=True)]
    )
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await until(lambda: contents(world).total() >= 5)

        done, took_s = await ended_by(number, process)

    sent, left = contents(world), ids_of(world)
    assert 0 == done.code
    assert took_s < 3 + SLACK_S
    assert Backlog(visible=len(left), in_flight=0, delayed=0) == await world.backlog()
    assert sorted(jobs) == sorted([*left, *(one for one in jobs if sent[text_of(one)] == 1)])
    assert left


@pytest.mark.parametrize(
    ("limits", "code", "within_s"),
    [
        ({"WORKER_VISIBILITY_TIMEOUT_S": "9", "WORKER_SHUTDOWN_TIMEOUT_S": "15"}, 0, 3),
        ({"WORKER_VISIBILITY_TIMEOUT_S": "60", "WORKER_SHUTDOWN_TIMEOUT_S": "3"}, 1, 3),
    ],
    ids=["the call's deadline ends it", "the drain limit ends it"],
)
async def test_a_hung_chime_holds_up_the_end_no_longer_than_its_limits(
    world: World, limits: Mapping[str, str], code: int, within_s: float
) -> None:
    world.chime.chime.faults.add(HUNG)
    await world.enqueue([a_job(f"job-{n}") for n in range(8)])
    async with started("run", environment={**world.environment, **SMALL_HAND, **limits}) as process:
        await until(lambda: contents(world).total() >= 1)
        await in_flight(world, 4)

        done, took_s = await ended_by(signal.SIGTERM, process)

    assert code == done.code
    assert took_s < within_s + SLACK_S
    assert Backlog(visible=8, in_flight=0, delayed=0) == await world.backlog()


async def test_a_second_signal_ends_the_drain_at_once_and_still_gives_everything_back(world: World) -> None:
    world.chime.chime.faults.add(HUNG)
    await world.enqueue([a_job(f"job-{n}") for n in range(8)])
    patient = {**SMALL_HAND, "WORKER_SHUTDOWN_TIMEOUT_S": "25"}
    async with started("run", environment={**world.environment, **patient}) as process:
        await until(lambda: contents(world).total() >= 1)
        await in_flight(world, 4)
        process.send_signal(signal.SIGTERM)
        await logged(process, "worker.draining")

        done, took_s = await ended_by(signal.SIGTERM, process)

    assert (1, [False]) == (done.code, [line["clean"] for line in done.logged("worker.stopped")])
    assert took_s < SLACK_S
    assert Backlog(visible=8, in_flight=0, delayed=0) == await world.backlog()


async def test_a_signal_at_any_moment_of_the_start_ends_the_worker_and_leaves_the_jobs_alone(
    world: World,
) -> None:
    """Before there is a handler the signal's own default ends the process: nothing has been received yet."""
    start_s = await seconds_to_start(world)
    await world.enqueue([a_job(f"job-{n}") for n in range(3)])
    for part in (0.05, 0.4, 0.7, 0.85, 0.95, 1.0):
        async with started("run", environment={**world.environment, **QUICK}) as process:
            await asyncio.sleep(part * start_s)

            done, took_s = await ended_by(signal.SIGTERM, process)

        assert done.code in (0, -signal.SIGTERM)
        assert "Traceback" not in done.stderr
        assert took_s < 2 + SLACK_S
        assert Backlog(visible=len(ids_of(world)), in_flight=0, delayed=0) == await world.backlog()

    assert 3 == len(ids_of(world)) + contents(world).total()


async def seconds_to_start(world: World) -> float:
    """How long a worker takes from its exec to its first poll on this machine."""
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")
        return loop.time() - began_at


async def ended_by(number: signal.Signals, process: Process) -> tuple[Done, float]:
    """Send a signal; return how the process ended, and the seconds until then."""
    loop = asyncio.get_running_loop()
    sent_at = loop.time()
    process.send_signal(number)
    return await ended(process), loop.time() - sent_at


def channels_in_turn(count: int) -> Sequence[str]:
    return [("orders", "support", "alerts")[n % 3] for n in range(count)]


def ids_of(world: World) -> list[str]:
    """The ids of the jobs that are in the queue, in whosever hand."""
    return [json.loads(job.body)["id"] for job in world.jobs()]
