"""`run` as a supervisor and a cron job see it: exit codes, the last line, the summary."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.integration.cli.jobs import a_body, bodies
from tests.support.programs import ended, logged, program, started, stopped
from worker import app
from worker.cli.exit_codes import Failed
from worker.cli.failures import in_words
from worker.cli.run import death_of
from worker.local.chime.faults import FaultRule, Slow
from worker.local.world import World
from worker.settings import Texts, load

QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}
"""A poll is shorter than the drain, so that an idle worker stops within a second."""
LEFT = "about 0 visible, 1 hidden (in other hands, or not due yet), 0 delayed by their producer"
NOWHERE = {"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9"}


async def test_sigterm_ends_an_idle_worker_with_0(world: World) -> None:
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")

        done = await stopped(process)

    assert (0, "") == (done.code, done.stdout)
    assert [True] == [line["clean"] for line in done.logged("worker.stopped")]


async def test_a_second_signal_cuts_the_drain_short_and_is_1(world: World) -> None:
    world.chime.chime.faults.add(FaultRule(Slow(delay_s=30), operation="SendChannelMessage"))
    await world.enqueue(bodies(1))
    async with started("run", environment=world.environment) as process:
        await logged(process, "worker.started")
        await _stored(world)
        process.send_signal(signal.SIGINT)
        await logged(process, "worker.draining")

        done = await stopped(process)

    assert 1 == done.code
    assert [False] == [line["clean"] for line in done.logged("worker.stopped")]


async def test_burst_drains_the_queue_and_counts_what_ended(world: World) -> None:
    await world.enqueue([*bodies(3), *bodies(1), "nope", a_body("empty", content="")])

    done = await program("run", "--burst", "--json", environment={**world.environment, **QUICK})

    assert (0, 3) == (done.code, len(world.messages("orders")))
    assert {
        "clean": True,
        "ended": {"delivered": 3},
        "dead_lettered": {"invalid_job": 1, "unreadable": 1},
        "left": {"visible": 0, "in_flight": 0, "delayed": 0},
    } == done.json


async def test_burst_tells_people_what_stays_behind(world: World) -> None:
    await world.enqueue(bodies(2))
    await world.client.receive_message(QueueUrl=world.queue_url, VisibilityTimeout=600)

    done = await program("run", "--burst", environment={**world.environment, **QUICK})

    assert 0 == done.code
    assert [
        "ended: 1 delivered",
        "dead-lettered: none",
        f"left in the queue: {LEFT}",
    ] == done.stdout.splitlines()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WORKER_QUEUE_URL", "not-there", "there is no such queue"),
        ("WORKER_DEAD_LETTER_QUEUE_URL", "not-there", "there is no such queue"),
        ("WORKER_LEDGER", "sqlite:////not-there/ledger.db", "has no directory: create /not-there"),
        ("AWS_PROFILE", "not-there", "The config profile (not-there) could not be found"),
    ],
)
async def test_what_a_setting_names_and_is_not_there_is_78_under_its_name(
    world: World, name: str, value: str, said: str
) -> None:
    text = f"{world.queue_url}-{value}" if "QUEUE" in name else value

    done = await program("run", environment={**world.environment, name: text})

    assert (78, "") == (done.code, done.stdout)
    *_, last = done.stderr.splitlines()
    assert last.startswith(f"{name}: ")
    assert said in last


async def test_a_redrive_policy_that_leads_nowhere_is_78(world: World) -> None:
    await world.client.delete_queue(QueueUrl=world.dead_letter_queue_url)

    done = await program("run", environment={**world.environment, **QUICK})

    assert 78 == done.code
    assert "WORKER_QUEUE_URL: its redrive policy names arn:aws:sqs:" in done.stderr


async def test_a_second_worker_on_a_ledger_is_78(world: World) -> None:
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")

        done = await program("run", environment={**world.environment, **QUICK})

    assert 78 == done.code
    assert "WORKER_LEDGER: " in done.stderr
    assert "is in use by another worker" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ""),
        (("--burst",), "left in the queue: unknown, for the worker was stopped before it began\n"),
    ],
)
async def test_a_worker_waits_for_its_queue_and_stops_at_once_when_asked(
    world: World, words: tuple[str, ...], said: str
) -> None:
    async with started("run", *words, environment={**world.environment, **NOWHERE}) as process:
        await logged(process, "queue.unreachable")
        loop = asyncio.get_running_loop()
        asked_at = loop.time()

        done = await stopped(process)

    assert 0 == done.code
    assert done.stdout.endswith(said)
    assert loop.time() - asked_at < 5


async def test_a_worker_that_never_reaches_its_queue_gives_up(world: World) -> None:
    settings = load(Texts({**world.environment, **NOWHERE}))

    with (
        pytest.raises(Failed, match=r"SQS cannot be used \(GetQueueAttributes: EndpointConnectionError"),
        in_words(settings),
    ):
        await app.serve(settings, until="stopped", patience_s=1)


def test_the_death_of_a_part_is_told_by_its_class_and_never_by_its_text() -> None:
    group = ExceptionGroup("unhandled", [ExceptionGroup("unhandled", [KeyError("Hello Zoë")])])

    told = str(death_of(group))

    assert "a part of the worker died (KeyError)" in told
    assert "Zoë" not in told


async def test_a_worker_whose_credentials_come_late_serves_as_soon_as_they_are_there(
    world: World, tmp_path: Path
) -> None:
    credentials = tmp_path / "credentials"
    environment = {name: text for name, text in world.environment.items() if "KEY" not in name}
    unset = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    late = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    async with started("run", environment={**environment, **unset, **late, **QUICK}) as process:
        await logged(process, "queue.unreachable")
        credentials.write_text("[default]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
        await logged(process, "queue.reachable")
        await logged(process, "worker.started")

        done = await stopped(process)

    assert 0 == done.code


async def test_burst_that_cannot_look_is_1_and_says_so(world: World) -> None:
    async with started("run", "--burst", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")
        await world.client.delete_queue(QueueUrl=world.queue_url)

        done = await ended(process)

    assert (1, "") == (done.code, done.stdout)
    assert (
        "backend-worker: it cannot be told whether the queue is drained: the queue cannot be used"
        in done.stderr
    )


async def _stored(world: World) -> None:
    """Wait until a message was stored."""
    async with asyncio.timeout(10):
        while not world.messages("orders"):  # noqa: ASYNC110 (the emulator tells nobody)
            await asyncio.sleep(0.01)
