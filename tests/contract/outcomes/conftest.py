"""One suite, every target of outcomes: those of AWS as moto plays them, over HTTP, and the one in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

from worker.adapters.aws import Aws, ClientPlan, aws_session
from worker.adapters.outcomes import open_outcomes
from worker.core.notice import Notice
from worker.local.memory_outcomes import MemoryOutcomes
from worker.ports import Outcomes

REGION = "us-east-1"
CHANNEL = "arn:aws:chime:us-east-1:111122223333:app-instance/demo/channel/orders"


@dataclass(frozen=True, slots=True)
class Read:
    """An outcome as a reader of the target finds it; None is what targets of that kind do not have."""

    body: Mapping[str, Any]
    attributes: Mapping[str, str] | None = None
    group_id: str | None = None
    event: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """A target of outcomes, with a reader at its other end."""

    outcomes: Outcomes
    read: Callable[[], Awaitable[list[Read]]]
    is_fifo: bool = False


@dataclass(slots=True)
class Operator:
    """Whoever lays out queues, topics and buses: clients that have nothing of ours in them."""

    sqs: Any
    sns: Any
    events: Any

    async def queue(self, suffix: str = "") -> tuple[str, str]:
        """Create a queue; return its URL and its ARN."""
        how = {"FifoQueue": "true"} if suffix else {}
        url = (await self.sqs.create_queue(QueueName=uuid4().hex + suffix, Attributes=how))["QueueUrl"]
        told = await self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, told["Attributes"]["QueueArn"]

    async def topic(self, queue_arn: str, suffix: str = "") -> str:
        """Create a topic that passes on, as it came, what is published."""
        how = {"FifoTopic": "true"} if suffix else {}
        arn: str = (await self.sns.create_topic(Name=uuid4().hex + suffix, Attributes=how))["TopicArn"]
        raw = {"RawMessageDelivery": "true"}
        await self.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes=raw)
        return arn

    async def bus(self, queue_arn: str) -> str:
        """Create a bus with a rule that passes on outcomes."""
        name = uuid4().hex
        arn: str = (await self.events.create_event_bus(Name=name))["EventBusArn"]
        pattern = json.dumps({"source": ["chime-backend-worker"], "detail-type": ["Job Outcome"]})
        await self.events.put_rule(Name="outcomes", EventBusName=name, EventPattern=pattern)
        target = {"Id": "queue", "Arn": queue_arn}
        await self.events.put_targets(Rule="outcomes", EventBusName=name, Targets=[target])
        return arn

    async def receive(self, queue_url: str) -> list[dict[str, Any]]:
        """Take what lies in a queue, oldest first."""
        taken: list[dict[str, Any]] = []
        while True:
            answer = await self.sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            if not (messages := answer.get("Messages", [])):
                return taken
            taken += messages
            for message in messages:
                await self.sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def a_notice(name: str = "order-1", **changes: Any) -> Notice:
    values: dict[str, Any] = {
        "body": json.dumps({"job_id": name, "context": "Zo\u00eb \U0001f680"}),
        "outcome": "rejected",
        "reason": "invalid_job",
        "channel_arn": CHANNEL,
        "finished_at": datetime(2030, 1, 31, 9, 30, tzinfo=UTC),
        "group_id": CHANNEL,
        "deduplication_id": uuid4().hex,
    }
    return Notice(**values | changes)


@cache
def aws() -> Aws:
    """One session for all tests: each would read the service models anew."""
    return aws_session("1.2.3")


def plan_for(endpoint: str, *, call_deadline_s: float = 5) -> ClientPlan:
    return ClientPlan(region=REGION, connections=1, call_deadline_s=call_deadline_s, endpoint=endpoint)


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
async def operator(moto: str) -> AsyncIterator[Operator]:
    async with AsyncExitStack() as clients:
        opened = [
            await clients.enter_async_context(aws().session.create_client(service, REGION, endpoint_url=moto))
            for service in ("sqs", "sns", "events")
        ]
        yield Operator(*opened)


@pytest.fixture(
    params=["memory", "memory.fifo", "queue", "queue.fifo", "topic", "topic.fifo", "bus"],
)
async def bench(request: pytest.FixtureRequest, moto: str, operator: Operator) -> AsyncIterator[Bench]:
    kind, fifo, _ = request.param.partition(".fifo")
    if kind == "memory":
        yield memory_bench(fifo)
        return
    url, arn = await operator.queue(fifo)
    match kind:
        case "queue":
            target = url
        case "topic":
            target = await operator.topic(arn, fifo)
        case _:
            target = await operator.bus(arn)

    async def read() -> list[Read]:
        return [_read(message, kind=kind) for message in await operator.receive(url)]

    async with open_outcomes(aws(), target, plan_for(moto)) as outcomes:
        yield Bench(outcomes, read, is_fifo=bool(fifo))


def memory_bench(fifo: str) -> Bench:
    outcomes = MemoryOutcomes("fifo" if fifo else "standard")

    async def read() -> list[Read]:
        return [
            Read(
                json.loads(one.body),
                {"outcome": one.outcome} | ({"reason": one.reason} if one.reason else {}),
                one.group_id if fifo else None,
            )
            for one in outcomes.published
        ]

    return Bench(outcomes, read, is_fifo=bool(fifo))


def _read(message: Mapping[str, Any], *, kind: str) -> Read:
    if kind == "bus":
        event = json.loads(message["Body"])
        return Read(event["detail"], event=event)
    attributes = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    return Read(json.loads(message["Body"]), attributes, message["Attributes"].get("MessageGroupId"))
