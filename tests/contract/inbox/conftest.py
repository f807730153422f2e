"""One suite, two queues: SQS as moto plays it, over HTTP, and the one in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import uuid4

import pytest
from aiobotocore.session import get_session
from moto.server import ThreadedMotoServer

from worker.adapters.aws import ClientPlan, aws_clients
from worker.adapters.clock import SystemClock
from worker.adapters.sqs import InboxPlan, open_inbox
from worker.contract.reasons import Reason
from worker.core.settlement import Letter
from worker.local.memory_inbox import MemoryInbox
from worker.local.memory_queue import MemoryQueue
from worker.ports import Attribute, Inbox

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

VERSION = "1.2.3"
Kind = Literal["standard", "fifo"]


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead letter as somebody who reads the dead letter queue finds it."""

    body: str
    attributes: Mapping[str, Attribute]
    group_id: str | None


class Enqueue(Protocol):
    """What a producer does."""

    async def __call__(
        self,
        body: str,
        *,
        group_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """An inbox, with a producer on one side and a reader of dead letters on the other."""

    inbox: Inbox
    enqueue: Enqueue
    dead_letters: Callable[[], Awaitable[list[Buried]]]


OpenBench = Callable[..., AbstractAsyncContextManager[Bench]]


def a_letter(detail: str = "The job breaks a rule.", *, job_id: str | None = "order-1") -> Letter:
    return Letter(
        reason=Reason.INVALID_JOB,
        detail=detail,
        job_id=job_id,
        attempts=3,
        first_failed_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
async def sqs(moto: str) -> AsyncIterator[SQSClient]:
    """A client of moto's that has nothing of ours in it."""
    async with get_session().create_client("sqs", region_name="us-east-1", endpoint_url=moto) as client:
        yield client


@pytest.fixture(params=["memory", "sqs"])
def open_bench(request: pytest.FixtureRequest) -> OpenBench:
    """Open a bench: `async with open_bench("fifo", visibility_timeout_s=1) as bench`."""
    if request.param == "memory":
        return memory_bench
    moto, sqs = request.getfixturevalue("moto"), request.getfixturevalue("sqs")
    return lambda kind="standard", **how: sqs_bench(moto, sqs, kind=kind, **how)


@asynccontextmanager
async def memory_bench(kind: Kind = "standard", *, visibility_timeout_s: int = 30) -> AsyncIterator[Bench]:
    queue = MemoryQueue(
        SystemClock(),
        fifo=kind == "fifo",
        visibility_timeout_s=visibility_timeout_s,
        retention_s=1_209_600,
        rng=Random(1),
    )

    async def enqueue(
        body: str, *, group_id: str | None = None, attributes: Mapping[str, Attribute] | None = None
    ) -> None:
        queue.enqueue(body, group_id=group_id, attributes=attributes)

    async def dead_letters() -> list[Buried]:
        return [Buried(one.body, one.attributes, one.group_id) for one in queue.dead_letters]

    yield Bench(MemoryInbox(queue, worker_version=VERSION), enqueue, dead_letters)


@asynccontextmanager
async def sqs_bench(
    moto: str, sqs: SQSClient, *, kind: Kind, visibility_timeout_s: int = 30
) -> AsyncIterator[Bench]:
    source, dead = await create_queue(sqs, kind), await create_queue(sqs, kind)

    async def enqueue(
        body: str, *, group_id: str | None = None, attributes: Mapping[str, Attribute] | None = None
    ) -> None:
        await send(sqs, source, body=body, group_id=group_id, attributes=attributes or {})

    async def dead_letters() -> list[Buried]:
        return await read_all(sqs, dead)

    async with open_sqs(moto) as client:
        plan = plan_for(source, dead_letter_queue_url=dead, visibility_timeout_s=visibility_timeout_s)
        yield Bench(await open_inbox(client, SystemClock(), plan), enqueue, dead_letters)


@asynccontextmanager
async def open_sqs(endpoint: str) -> AsyncIterator[SQSClient]:
    """Our own SQS client on an endpoint."""
    plan = ClientPlan(region="us-east-1", connections=4, call_deadline_s=5, endpoint=endpoint)
    async with aws_clients(chime=plan, sqs=plan, version=VERSION) as clients:
        yield clients.sqs


def plan_for(
    queue_url: str, *, dead_letter_queue_url: str | None = None, visibility_timeout_s: int = 30
) -> InboxPlan:
    return InboxPlan(
        queue_url=queue_url,
        dead_letter_queue_url=dead_letter_queue_url,
        visibility_timeout_s=visibility_timeout_s,
        call_deadline_s=5,
        worker_version=VERSION,
    )


async def create_queue(sqs: SQSClient, kind: Kind = "standard", *, redrive_policy: str | None = None) -> str:
    name = uuid4().hex + (".fifo" if kind == "fifo" else "")
    attributes = {"FifoQueue": "true"} if kind == "fifo" else {}
    if redrive_policy:
        attributes["RedrivePolicy"] = redrive_policy
    return (await sqs.create_queue(QueueName=name, Attributes=attributes))["QueueUrl"]  # type: ignore[arg-type]


async def send(
    sqs: SQSClient, queue_url: str, *, body: str, group_id: str | None, attributes: Mapping[str, Attribute]
) -> None:
    fifo = {"MessageGroupId": group_id, "MessageDeduplicationId": uuid4().hex} if group_id else {}
    await sqs.send_message(
        QueueUrl=queue_url,
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": each.data_type, "BinaryValue": each.value}
            if isinstance(each.value, bytes)
            else {"DataType": each.data_type, "StringValue": each.value}
            for name, each in attributes.items()
        },
        **fifo,  # type: ignore[arg-type]
    )


async def read_all(sqs: SQSClient, queue_url: str) -> list[Buried]:
    answer = await sqs.receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )
    return [
        Buried(
            message["Body"],
            {
                name: Attribute(each["DataType"], each.get("BinaryValue") or each.get("StringValue", ""))
                for name, each in message.get("MessageAttributes", {}).items()
            },
            message["Attributes"].get("MessageGroupId"),
        )
        for message in answer.get("Messages", ())
    ]
