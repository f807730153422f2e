"""`enqueue` against an SQS that refuses single entries of a batch."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from tests.integration.cli.jobs import bodies
from tests.support.programs import program


@dataclass(slots=True)
class FickleSqs:
    """Answers SendMessageBatch, and refuses each job as often as *refusals* says."""

    refusals: Counter[str] = field(default_factory=Counter)
    batches: list[list[str]] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        assert "AmazonSQS.SendMessageBatch" == request.headers["X-Amz-Target"]
        entries = {
            each["Id"]: json.loads(each["MessageBody"])["id"] for each in (await request.json())["Entries"]
        }
        self.batches.append(list(entries.values()))
        refused = {entry for entry, job_id in entries.items() if self.refusals[job_id] > 0}
        self.refusals.subtract(entries[entry] for entry in refused)
        answer = {
            "Successful": [
                {"Id": entry, "MessageId": f"sqs-{job_id}", "MD5OfMessageBody": "0" * 32}
                for entry, job_id in entries.items()
                if entry not in refused
            ],
            "Failed": [{"Id": entry, "SenderFault": False, "Code": "InternalError"} for entry in refused],
        }
        return web.json_response(answer, content_type="application/x-amz-json-1.0")


@pytest.fixture
async def sqs() -> AsyncIterator[FickleSqs]:
    fickle = FickleSqs()
    application = web.Application()
    application.router.add_post("/{path:.*}", fickle.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    fickle.url = f"http://{host}:{port}"
    yield fickle
    await runner.cleanup()


def environment(sqs: FickleSqs) -> dict[str, str]:
    return {
        "AWS_REGION": "us-east-1",
        "WORKER_QUEUE_URL": f"{sqs.url}/123456789012/jobs",
        "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:123456789012:app-instance/shop",
    }


async def test_what_a_batch_refused_is_sent_again_alone(sqs: FickleSqs) -> None:
    sqs.refusals["orders-1"] = 1

    done = await program("enqueue", "--file", "-", environment=environment(sqs), stdin="\n".join(bodies(3)))

    assert (0, "") == (done.code, done.stderr)
    assert [["orders-0", "orders-1", "orders-2"], ["orders-1"]] == sqs.batches


async def test_what_is_refused_twice_is_told_by_line_and_the_rest_is_enqueued(sqs: FickleSqs) -> None:
    sqs.refusals["orders-1"] = 2

    done = await program(
        "enqueue", "--file", "-", "--json", environment=environment(sqs), stdin="\n".join(bodies(12))
    )

    assert 1 == done.code
    assert [{"id": "orders-1", "line": 2, "enqueued": False, "cause": "InternalError"}] == [
        line for line in done.json_lines if not line["enqueued"]
    ]
    assert 12 == len(done.json_lines)
    assert "1 of 12 job(s) are not in the queue" in done.stderr
