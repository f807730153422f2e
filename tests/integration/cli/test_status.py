"""`status` of a job and of the whole: beside a running worker and after it, once and again and again."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL

import pytest

from tests.integration.cli.jobs import a_body
from tests.integration.cli.test_messages_follow import line_of, talk_of
from tests.support.programs import WITHIN_S, ended, logged, program, started, stopped
from worker.cli.status import REDRAW
from worker.local.world import World

QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}
NOWHERE = {"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9"}


async def test_a_job_has_the_same_status_beside_the_worker_and_after_it(world: World) -> None:
    await world.enqueue([a_body("order-1"), a_body("order-2", content="")])
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "job.ended")
        await logged(process, "job.ended")
        beside = await program("status", "order-1", environment=world.environment)
        await stopped(process)

    after = await program("status", "order-1", environment=world.environment)
    rejected = await program("status", "order-2", "--json", environment=world.environment)
    [stored] = world.messages("orders")
    assert (0, "") == (after.code, after.stderr)
    assert beside.stdout == after.stdout
    assert f"message   {stored.message_id}" in after.stdout.splitlines()
    assert "next      nothing: the job has ended" in after.stdout.splitlines()
    assert ("rejected", "invalid_job") == (rejected.json["outcome"], rejected.json["reason"])


async def test_only_the_ledger_has_to_be_named(world: World) -> None:
    await world.enqueue([a_body("order-1")])
    await program("run", "--burst", environment={**world.environment, **QUICK})

    done = await program(
        "status", "order-1", "--json", "--ledger", world.environment["WORKER_LEDGER"], environment={}
    )

    assert (0, "delivered") == (done.code, done.json["outcome"])


async def test_a_job_that_nobody_knows_is_1_and_a_sentence(world: World) -> None:
    await program("run", "--burst", environment={**world.environment, **QUICK})

    done = await program("status", "order-\x1b", environment=world.environment)

    assert (1, "") == (done.code, done.stdout)
    assert done.stderr.startswith("backend-worker: the ledger does not know job order-\\x1b: ")


async def test_without_an_id_queues_ledger_and_workers_are_told(world: World) -> None:
    await world.enqueue([a_body("order-1"), a_body("order-2", content="")])
    await world.client.send_message(QueueUrl=world.queue_url, MessageBody="later", DelaySeconds=60)
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "job.ended")
        await logged(process, "job.ended")

        told = await program("status", "--json", environment=world.environment)

    [worker] = told.json["workers"]
    assert (0, "") == (told.code, told.stderr)
    assert (1, 1) == (told.json["dead_letters"], told.json["queue"]["delayed"])
    assert {"delivered": 1, "rejected": 1} == told.json["ledger"]["by_standing"]
    assert (True, 10) == (worker["living"], worker["bearer_rate_per_s"])
    assert ([], {}) == (told.json["pauses"], told.json["unreadable"])


async def test_two_workers_of_a_table_have_half_the_rate_each(table_world: World) -> None:
    environment = {**table_world.environment, **QUICK}
    async with started("run", environment=environment) as one, started("run", environment=environment) as two:
        await logged(one, "worker.started")
        await logged(two, "worker.started")

        told = await program("status", environment=environment)

    lines = told.stdout.splitlines()
    assert "workers       2" in lines
    assert 2 == sum(line.endswith(": 5 calls/s a bearer") for line in lines)
    assert any(
        line.endswith(" jobs, by a count of hours ago; 0 to reconcile, 0 of them now") for line in lines
    )


async def test_a_part_that_cannot_be_read_hides_no_other_and_is_1(table_world: World) -> None:
    environment = table_world.environment
    no_queue, no_ledger = [
        await program("status", "--json", environment={**environment, **other})
        for other in (NOWHERE, {"WORKER_LEDGER": "memory:"})
    ]
    await table_world.client.delete_queue(QueueUrl=table_world.dead_letter_queue_url)
    no_letters = await program("status", "--json", environment=environment)

    assert [1, 1, 1] == [done.code for done in (no_queue, no_ledger, no_letters)]
    assert ({"queue", "dead_letters"}, []) == (no_queue.json["unreadable"].keys(), no_queue.json["workers"])
    assert {"ledger", "workers"} == no_ledger.json["unreadable"].keys()
    assert "is known to the worker alone" in no_ledger.json["unreadable"]["ledger"]
    assert (0, 0) == (no_ledger.json["queue"]["visible"], no_ledger.json["dead_letters"])
    assert {"dead_letters"} == no_letters.json["unreadable"].keys()


async def test_on_a_pipe_watching_prints_one_look_after_the_other_until_ctrl_c(table_world: World) -> None:
    async with started("status", "--watch", "0.1", "--json", environment=table_world.environment) as process:
        first = json.loads(await line_of(process))
        await table_world.enqueue([a_body("order-1")])
        looks = [json.loads(await line_of(process))]
        while looks[-1]["queue"]["visible"] == 0:
            looks.append(json.loads(await line_of(process)))
        process.send_signal(signal.SIGINT)
        done = await ended(process)

    assert (0, "") == (done.code, done.stderr)
    assert (0, 1) == (first["queue"]["visible"], looks[-1]["queue"]["visible"])


async def test_on_a_terminal_each_look_takes_the_place_of_the_last(table_world: World) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, **table_world.environment, "TERM": "xterm"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", "status", "--watch", "0.1"),
        env=environment,
        stdin=DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    async with asyncio.timeout(WITHIN_S):
        while shown.count(b"at  ") < 2:
            shown += await asyncio.to_thread(os.read, ours, 4096)
        process.send_signal(signal.SIGINT)
        code = await process.wait()
    os.close(ours)

    assert 0 == code
    assert shown.startswith(REDRAW.encode() + b"at  ")
    assert shown.count(REDRAW.encode()) == shown.count(b"at  ")


async def test_watching_a_job_waits_for_it_and_ends_with_it(world: World) -> None:
    async with started("run", environment={**world.environment, **QUICK}) as worker:
        await logged(worker, "worker.started")
        async with started(
            "status", "order-1", "--watch", "0.1", "--json", environment=world.environment
        ) as process:
            waiting = await talk_of(process)
            await world.enqueue([a_body("order-1")])
            done = await ended(process)
        await stopped(worker)

    assert waiting.startswith("the ledger does not know job order-1: ")
    assert (0, "delivered") == (done.code, done.json_lines[-1]["outcome"])
    assert all(not line["final"] for line in done.json_lines[:-1])


@pytest.mark.parametrize("words", [("status", "order-1"), ("pause",), ("resume",)])
async def test_a_table_is_looked_for_in_the_region_that_is_named(
    table_world: World, words: tuple[str, ...]
) -> None:
    environment = table_world.environment
    home = environment["WORKER_APP_INSTANCE_ARN"].replace("us-east-1", "eu-central-1")

    by_name = await program(*words, environment={**environment, "AWS_REGION": "eu-west-1"})
    by_home = await program(
        *words,
        environment={
            **environment,
            "WORKER_APP_INSTANCE_ARN": home,
            "AWS_REGION": "",
            "AWS_DEFAULT_REGION": "",
        },
    )

    assert [78, 78] == [done.code for done in (by_name, by_home)]
    assert "WORKER_LEDGER: " in by_name.stderr
    assert "WORKER_LEDGER: " in by_home.stderr
