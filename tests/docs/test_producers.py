"""The examples for producers in README.md work: every job in them is one, and the snippet enqueues jobs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.docs.blocks import README
from worker.contract.arns import AppInstance
from worker.contract.envelopes import opened
from worker.contract.job import parse_job
from worker.contract.schema import job_schema
from worker.contract.wire import WIRES
from worker.local.sqs import embedded_sqs

HOME = AppInstance.parse("arn:aws:chime:us-east-1:111122223333:app-instance/docs")
SCHEMA = Draft202012Validator(job_schema())

BLOCK = re.compile(r"^```(?P<language>[a-z]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
WRAPPING_KEYS = frozenset({"Type", "detail-type", "specversion"})


def section() -> str:
    """Cut the section for producers out of the README."""
    text = README.read_text()
    begin, end = "<!-- producers -->\n", "<!-- /producers -->"
    return text[text.index(begin) + len(begin) : text.index(end)]


def blocks() -> list[tuple[str, str]]:
    """Return language and text of every example."""
    return [(found["language"], found["text"]) for found in BLOCK.finditer(section())]


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Walk over the JSON objects in a text of any language. A map of Go is one, but for its type."""
    text = text.replace("map[string]any{", "{")
    position = text.find("{")
    while position >= 0:
        try:
            value, end = json.JSONDecoder().raw_decode(text, position)
        except json.JSONDecodeError:
            end = position + 1
        else:
            yield value
        position = text.find("{", end)


def bodies_in(value: object) -> Iterator[str]:
    """Walk over the jobs, bare or wrapped, in a JSON value and in its strings that hold JSON."""
    match value:
        case {"id": _, "channel": _}:
            yield json.dumps(value)
        case dict() if value.keys() & WRAPPING_KEYS:
            yield json.dumps(value)
        case dict():
            for each in value.values():
                yield from bodies_in(each)
        case str() if value.startswith("{"):
            yield from bodies_in(json.loads(value))
        case _:
            return


def bodies() -> list[tuple[str, str]]:
    """Return language and body of every job in the examples, what a transformer fills in filled in."""
    return [
        (language, re.sub("<[a-z]+>", "8812", body))
        for language, text in blocks()
        for value in objects_in(text)
        for body in bodies_in(value)
    ]


def snippet() -> str:
    """Return the example that defines how to enqueue from Python."""
    (found,) = [text for language, text in blocks() if language == "python" and "def enqueue" in text]
    return found


def test_every_job_in_the_examples_is_a_job_to_schema_and_worker() -> None:
    for _, body in bodies():
        job = opened(body)

        assert SCHEMA.is_valid(job)
        assert parse_job(body, home=HOME, sent_at=datetime(2026, 1, 1, tzinfo=UTC)).id == job["id"]


def test_there_is_a_job_for_every_language_and_every_wrapping() -> None:
    """No example is skipped because nobody understood it."""
    languages = [language for language, _ in bodies()]
    wrapped = [body for _, body in bodies() if json.loads(body).keys() & WRAPPING_KEYS]

    assert {"json", "jsonl", "console", "python", "js", "java", "go"} == set(languages)
    assert {language for language, _ in blocks()} == set(languages)
    assert (3, 4, 3) == (len(wrapped), languages.count("json"), languages.count("console"))


def test_there_is_an_example_of_every_type_of_job() -> None:
    types = {opened(body).get("type", "send_message") for _, body in bodies()}

    assert types == set(WIRES)


DRAIN = """
import sys

kind, jobs = json.load(sys.stdin)
attributes = {"FifoQueue": "true"} if kind == "fifo" else {}
sqs = boto3.client("sqs")
queue_url = sqs.create_queue(QueueName="jobs" + ".fifo" * (kind == "fifo"), Attributes=attributes)["QueueUrl"]

enqueue(queue_url, jobs)

received = []
while messages := sqs.receive_message(
    QueueUrl=queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
).get("Messages"):
    received += [[json.loads(each["Body"]), each["Attributes"]["MessageGroupId"]] for each in messages]
    for each in messages:
        sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=each["ReceiptHandle"])
sizes = [len(batch) for batch in batches(jobs, kind == "fifo")]
json.dump({"received": received, "batches": sizes}, sys.stdout)
"""


def jobs_of(count: int, size_bytes: int) -> list[dict[str, Any]]:
    """Make jobs for two channels, one of them named by its ARN."""
    channels = ("orders", HOME.channel_arn("alerts"))
    return [{"id": f"job-{n}", "channel": channels[n % 2], "context": "x" * size_bytes} for n in range(count)]


@pytest.mark.parametrize(
    ("kind", "jobs", "batches"),
    [
        ("standard", jobs_of(25, 10), [10, 10, 5]),
        ("fifo", jobs_of(11, 10), [10, 1]),
        ("standard", jobs_of(5, 262_000), [4, 1]),
    ],
    ids=["by-number", "fifo", "by-size"],
)
async def test_the_python_snippet_enqueues_every_job_in_batches_and_groups(
    kind: str, jobs: list[dict[str, Any]], batches: list[int]
) -> None:
    """It runs as it stands in the README, in a process of its own."""
    async with embedded_sqs() as sqs:
        environment = os.environ | {"AWS_ENDPOINT_URL_SQS": sqs.url, "AWS_DEFAULT_REGION": "us-east-1"}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", snippet() + DRAIN), env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        stdout, stderr = await asyncio.wait_for(process.communicate(json.dumps([kind, jobs]).encode()), 30)

    assert b"" == stderr
    done = json.loads(stdout)
    expected = [[job, job["channel"].split("/")[-1]] for job in jobs]
    assert batches == done["batches"]
    assert sorted(expected, key=repr) == sorted(done["received"], key=repr)
