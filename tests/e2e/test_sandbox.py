"""The sandbox as people use it: from another terminal, with what it prints."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiobotocore.session import get_session

from worker.local.sandbox import ONE_WISH_S

HELLO = json.dumps({"id": "by-hand", "channel": "lounge", "message": {"content": "hello"}})


@pytest.mark.timeout(90)
async def test_a_job_enqueued_from_another_terminal_is_posted_and_ctrl_c_drains() -> None:
    async with sandbox("--json", "--tokens", "ignored", "--lag", "0.5") as running:
        environment = json.loads(await first_line(running))["environment"]
        await enqueue(environment, HELLO)
        contents = await contents_of(environment, channel="lounge")
        for number in (signal.SIGINT, signal.SIGTERM):  # as `timeout` does: one wish, delivered twice
            running.send_signal(number)
        _, talk = await running.communicate()

    assert ["hello"] == contents
    assert 0 == running.returncode
    assert b"worker.stopped" in talk
    assert not Path(environment["WORKER_LEDGER"].removeprefix("sqlite:///")).parent.exists()


@pytest.mark.timeout(120)
async def test_the_exports_are_all_that_the_commands_need_in_another_terminal() -> None:
    hello = ("enqueue", "--wait", "--channel", "orders", "--id", "first", "hello")
    update = ("enqueue", "--wait", "--channel", "orders", "--type", "update_message", "--message-of", "first")
    others = "pause --channel support; status; status first; dlq ls; channels; members orders; doctor"
    follow = ("messages", "orders", "--follow", "--json")
    async with sandbox("--json") as running:
        environment = json.loads(await first_line(running))["environment"]
        await line_with(running, b"worker.started")  # it makes the ledger that others read
        for words in (hello, (*update, "hello again"), *map(str.split, others.split(";"))):
            assert (0, words) == (await exit_code_of(environment, words), words)
        async with worker(*follow, environment=environment) as following:
            message = json.loads(await first_line(following))
        running.send_signal(signal.SIGINT)
        await running.communicate()

    assert ("hello again", True) == (message["content"], message["edited"])
    assert 0 == running.returncode


@pytest.mark.timeout(60)
async def test_a_second_ctrl_c_does_not_wait_for_the_drain() -> None:
    async with sandbox("--json") as running:
        environment = json.loads(await first_line(running))["environment"]
        await enqueue(environment, HELLO)
        await line_with(running, b"job.ended")  # so it polls again, and a poll is never broken off
        running.send_signal(signal.SIGINT)
        await line_with(running, b"worker.draining")
        await asyncio.sleep(ONE_WISH_S)
        running.send_signal(signal.SIGINT)
        _, talk = await running.communicate()

    assert 1 == running.returncode
    assert b"the worker ended with exit code 1" in talk


@pytest.mark.timeout(60)
async def test_without_a_worker_the_exports_are_all_that_stands_on_stdout() -> None:
    async with sandbox("--no-worker", "--queue", "fifo") as running:
        lines = [await first_line(running)]
        while not lines[-1].startswith("export WORKER_ADMIN_PORT="):
            lines.append(await first_line(running))
        running.send_signal(signal.SIGINT)
        rest, talk = await running.communicate()
    shown = in_another_terminal(lines)

    assert 0 == running.returncode
    assert b"" == rest
    assert b"aws chime-sdk-messaging list-channel-messages" in talk
    assert b"worker.started" not in talk
    assert any(
        line.startswith("WORKER_QUEUE_URL=http://127.0.0.1:") and line.endswith(".fifo") for line in shown
    )
    assert not any(line.startswith("AWS_PROFILE=") for line in shown)


@pytest.mark.parametrize("lag", ["-1", "inf", "nan", "soon"])
def test_a_lag_that_is_no_time_is_a_usage_error(lag: str) -> None:
    words = [sys.executable, "-m", "worker", "sandbox", f"--lag={lag}"]

    ended = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)

    assert 2 == ended.returncode
    assert "--lag" in ended.stderr


def sandbox(*words: str) -> AbstractAsyncContextManager[Process]:
    return worker("sandbox", *words, environment={})


@asynccontextmanager
async def worker(*words: str, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", *words), env={**os.environ, **environment}, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def exit_code_of(environment: Mapping[str, str], words: Sequence[str]) -> int | None:
    async with worker(*words, environment=environment) as process:
        await process.communicate()
    return process.returncode


def in_another_terminal(lines: list[str]) -> list[str]:
    """Paste *lines* into a shell that has a profile of its own; return its environment."""
    return subprocess.run(
        ["/bin/sh", "-c", 'eval "$(cat)"; env'],
        input="".join(lines),
        env={"AWS_PROFILE": "theirs", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    ).stdout.splitlines()


async def line_with(process: Process, words: bytes) -> None:
    """Read what is said up to the line with *words*."""
    assert process.stderr is not None
    async for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"nothing said {words!r}")


async def first_line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()


async def enqueue(environment: dict[str, str], body: str) -> None:
    async with get_session().create_client(
        "sqs", region_name="us-east-1", endpoint_url=environment["AWS_ENDPOINT_URL_SQS"]
    ) as sqs:
        await sqs.send_message(QueueUrl=environment["WORKER_QUEUE_URL"], MessageBody=body)


async def contents_of(environment: dict[str, str], *, channel: str) -> list[str]:
    """Look into a channel until something is in it; the test's time limit bounds the wait."""
    url = f"{environment['AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING']}/_emulator/messages"
    arn = f"{environment['WORKER_APP_INSTANCE_ARN']}/channel/{channel}"
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(url, params={"channel": arn}) as answer:
                messages = (await answer.json())[arn]
            if messages:
                return [message["content"] for message in messages]
            await asyncio.sleep(0.1)
