"""How the process starts: what it cannot do without, what it waits for, and what it can do without."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal

import pytest

import worker
from tests.e2e.door import Door
from tests.e2e.watching import QUICK, contents, in_flight, until
from tests.support.jobs import a_job, text_of
from tests.support.programs import ended, logged, program, started, stopped
from worker.local.chime.faults import LOST_REQUEST, FaultRule
from worker.local.world import Backlog, World

ROOT = Path(worker.__file__).parents[1]
ROOTS_READ_ONLY = Path("/proc")
"""Not even root may make a file here."""

ALL_LOGS = {"WORKER_LOG_LEVEL": "debug"}

Stderr = Literal["closed", "read by nobody", "full"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("WORKER_QUEUE_URL", "{queue_url}-2"), ("WORKER_LEDGER", "sqlite:///{directory}/missing/ledger.db")],
)
async def test_a_worker_that_is_told_wrong_is_78_and_takes_no_job(
    world: World, name: str, value: str
) -> None:
    await world.enqueue([a_job("job-1")])
    wrong = {name: value.format(queue_url=world.queue_url, directory=world.directory)}

    done = await program("run", environment={**world.environment, **QUICK, **wrong})

    assert 78 == done.code
    assert done.stderr.splitlines()[-1].startswith(f"{name}: ")
    assert Backlog(visible=1, in_flight=0, delayed=0) == await world.backlog()


async def test_a_second_worker_on_a_ledger_is_78_and_the_first_goes_on(world: World) -> None:
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")
        second = await program("run", environment={**world.environment, **QUICK})
        await world.enqueue([a_job("job-1")])
        await until(lambda: not world.jobs())

        first = await stopped(process)

    assert (78, 0) == (second.code, first.code)
    assert {text_of("job-1"): 1} == contents(world)


async def test_a_chime_that_cannot_be_reached_at_the_start_costs_no_job_and_no_attempt(world: World) -> None:
    door = Door(world.chime.url)
    nowhere = {"AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING": door.url, "WORKER_MAX_ATTEMPTS": "1"}
    await world.enqueue([a_job(f"job-{n}", channel) for n, channel in enumerate(("orders", "support"))])
    async with started("run", environment={**world.environment, **QUICK, **nowhere}) as process:
        await logged(process, "worker.started")
        await in_flight(world, 2)
        await asyncio.sleep(1)  # time to fail in
        async with door.open():
            await until(lambda: not world.jobs())

            done = await stopped(process)

    assert 0 == done.code
    assert {text_of("job-0"): 1, text_of("job-1"): 1} == contents(world)
    assert [] == world.dead_letters()


async def test_a_queue_that_cannot_be_reached_at_the_start_is_waited_for(world: World) -> None:
    door = Door(world.sqs.url)
    await world.enqueue([a_job("job-1")])
    nowhere = {"AWS_ENDPOINT_URL_SQS": door.url}
    async with started("run", environment={**world.environment, **QUICK, **nowhere}) as process:
        await logged(process, "queue.unreachable")
        async with door.open():
            await logged(process, "queue.reachable")
            await until(lambda: not world.jobs())

            done = await stopped(process)

    assert 0 == done.code
    assert {text_of("job-1"): 1} == contents(world)


async def test_a_burst_on_an_empty_queue_ends_well_and_soon(world: World) -> None:
    environment = {**world.environment, **QUICK}
    async with started("run", "--burst", "--json", environment=environment) as process:
        await logged(process, "worker.started")
        async with asyncio.timeout(12):  # two polls, of which moto makes three seconds each
            done = await ended(process)

    assert (0, {}) == (done.code, done.json["ended"])


async def test_the_next_burst_posts_what_is_new_and_nothing_again(world: World) -> None:
    environment = {**world.environment, **QUICK}
    await world.enqueue([a_job(f"job-{n}") for n in range(12)])
    first = await program("run", "--burst", "--json", environment=environment)
    await world.enqueue([a_job(f"job-{n}") for n in range(13)])

    second = await program("run", "--burst", "--json", environment=environment)

    assert [(0, {"delivered": 12}), (0, {"delivered": 1})] == [
        (done.code, done.json["ended"]) for done in (first, second)
    ]
    assert {text_of(f"job-{n}"): 1 for n in range(13)} == contents(world)
    assert [] == world.jobs()


@pytest.mark.parametrize("stderr", ["closed", "read by nobody"])
async def test_jobs_are_sent_although_nobody_takes_the_log(world: World, stderr: Stderr) -> None:
    await world.enqueue([a_job(f"job-{n}") for n in range(4)])
    async with odd_worker({**world.environment, **QUICK, **ALL_LOGS}, stderr=stderr) as process:
        await until(lambda: not world.jobs())
        code = await exit_code_of(process)

    assert {text_of(f"job-{n}"): 1 for n in range(4)} == contents(world)
    assert 0 == code


async def test_jobs_are_held_and_sent_although_the_log_is_blocked(world: World) -> None:
    """The first job waits for its grace in a full hand: only extension keeps all four of them hidden."""
    world.chime.chime.faults.add(FaultRule(LOST_REQUEST, operation="SendChannelMessage", times=1))
    limits = {
        "WORKER_CONCURRENCY": "1",  # a hand of four: no poll is under way that could receive what shows up
        "WORKER_VISIBILITY_TIMEOUT_S": "4",
        "WORKER_RECONCILE_GRACE_S": "8",
    }
    await world.enqueue([a_job(f"job-{n}") for n in range(4)])
    async with odd_worker({**world.environment, **QUICK, **ALL_LOGS, **limits}, stderr="full") as process:
        await in_flight(world, 4)
        await asyncio.sleep(5.5)  # longer than the visibility timeout, shorter than the grace
        held = await world.backlog()
        await until(lambda: not world.jobs())
        code = await exit_code_of(process)

    assert Backlog(visible=0, in_flight=4, delayed=0) == held
    assert {text_of(f"job-{n}"): 1 for n in range(4)} == contents(world)
    assert 0 == code


async def test_a_working_directory_that_cannot_be_written_will_do_if_the_ledger_is_elsewhere(
    world: World,
) -> None:
    await world.enqueue([a_job("job-1")])
    async with odd_worker({**world.environment, **QUICK}, cwd=ROOTS_READ_ONLY) as process:
        await until(lambda: not world.jobs())
        code = await exit_code_of(process)

    assert 0 == code
    assert {text_of("job-1"): 1} == contents(world)


async def test_a_ledger_by_default_in_a_directory_that_cannot_be_written_is_78_and_takes_no_job(
    world: World,
) -> None:
    await world.enqueue([a_job("job-1")])
    environment = {**world.environment, **QUICK, "WORKER_LEDGER": ""}
    async with odd_worker(environment, cwd=ROOTS_READ_ONLY) as process, asyncio.timeout(20):
        code = await process.wait()

    assert 78 == code
    assert Backlog(visible=1, in_flight=0, delayed=0) == await world.backlog()


@asynccontextmanager
async def odd_worker(
    environment: Mapping[str, str], *, cwd: Path = ROOT, stderr: Stderr | None = None
) -> AsyncIterator[Process]:
    """Run a worker somewhere, its stderr in a bad way; it is killed if it still runs when the block ends."""
    redirected = "exec 2>&-; " if stderr == "closed" else ""
    with pipe_of(stderr) as log:
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", f'{redirected}exec "$@"', "sh", sys.executable, "-m", "worker", "run"),
            cwd=cwd,
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=log,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def exit_code_of(process: Process) -> int:
    """Ask it to stop, and wait for the end."""
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        return await process.wait()


@contextmanager
def pipe_of(stderr: Stderr | None) -> Iterator[int]:
    """Give the writing end of a pipe that nobody has open for reading any more, or that is full."""
    reading, writing = os.pipe()
    try:
        match stderr:
            case "full":
                fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
                os.write(writing, b"x" * 2**20)  # as much of it as goes in
                fcntl.fcntl(writing, fcntl.F_SETFL, 0)
            case "read by nobody":
                os.close(reading)
            case "closed" | None:
                pass
        yield writing
    finally:
        for end in (writing, *([] if stderr == "read by nobody" else [reading])):
            os.close(end)
