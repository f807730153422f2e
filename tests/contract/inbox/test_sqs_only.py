"""What only the real adapter has: opening queues, and an SQS that fails, refuses or answers oddly."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.contract.inbox.conftest import (
    a_letter,
    create_queue,
    open_sqs,
    plan_for,
    read_all,
    send,
    sqs_bench,
)
from worker.adapters.clock import SystemClock
from worker.adapters.sqs import SqsInbox, batch_faults, open_inbox
from worker.adapters.sqs_calls import QueueNotFound
from worker.adapters.sqs_letters import STABLE_GROUP
from worker.ports import Delivery, LetterDoesNotFit, QueueUnavailable

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "receipt-or-body-that-nobody-may-see"
DELIVERY = Delivery(message_id="m", receipt_handle=SECRET, body=SECRET, sent_at=NOW, received_at=NOW)


@asynccontextmanager
async def a_canned_sqs(answers: Mapping[str, object], *, status: int = 200) -> AsyncIterator[SqsInbox]:
    """An inbox on a server that gives the same answer to every call of an operation."""

    async def answer(request: web.Request) -> web.Response:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        told = answers.get(operation, {"Attributes": {}})
        code = 200 if operation == "GetQueueAttributes" else status
        return web.Response(
            status=code, body=json.dumps(told), headers={"Content-Type": "application/x-amz-json-1.0"}
        )

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with open_sqs(url) as client:
            plan = plan_for(f"{url}/1/source", dead_letter_queue_url=f"{url}/1/dead")
            yield await open_inbox(client, SystemClock(), plan)
    finally:
        await runner.cleanup()


async def test_the_dead_letter_queue_is_the_redrive_policys(moto: str, sqs: SQSClient) -> None:
    dead = await create_queue(sqs)
    arn = (await sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"]))["Attributes"][
        "QueueArn"
    ]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1000})
    source = await create_queue(sqs, redrive_policy=policy)
    await send(sqs, source, body="job", group_id=None, attributes={})

    async with open_sqs(moto) as client:
        inbox = await open_inbox(client, SystemClock(), plan_for(source))
        [delivery] = await inbox.receive(1, wait_s=0)
        await inbox.dead_letter(delivery, a_letter())

    assert ["job"] == [buried.body for buried in await read_all(sqs, dead)]


async def test_a_queue_without_a_redrive_policy_has_no_place_for_dead_letters(
    moto: str, sqs: SQSClient
) -> None:
    source = await create_queue(sqs)
    async with open_sqs(moto) as client:
        inbox = await open_inbox(client, SystemClock(), plan_for(source))

        assert not inbox.has_dead_letter_queue
        with pytest.raises(LetterDoesNotFit, match="no dead letter queue"):
            await inbox.dead_letter(DELIVERY, a_letter())


async def test_the_retention_is_read_from_the_queue(moto: str, sqs: SQSClient) -> None:
    source = await create_queue(sqs)
    await sqs.set_queue_attributes(QueueUrl=source, Attributes={"MessageRetentionPeriod": "7200"})
    async with open_sqs(moto) as client:
        assert (await open_inbox(client, SystemClock(), plan_for(source))).retention_s == 7200


@pytest.mark.parametrize("missing", ["source", "dead letter queue"])
async def test_a_queue_that_does_not_exist_is_named(moto: str, sqs: SQSClient, missing: str) -> None:
    there = await create_queue(sqs)
    not_there = f"{moto}/123456789012/not-there"
    plan = plan_for(not_there) if missing == "source" else plan_for(there, dead_letter_queue_url=not_there)
    async with open_sqs(moto) as client:
        with pytest.raises(QueueNotFound, match="not-there does not exist"):
            await open_inbox(client, SystemClock(), plan)


async def test_a_queue_deleted_while_in_use_is_unavailable(moto: str, sqs: SQSClient) -> None:
    source = await create_queue(sqs)
    async with open_sqs(moto) as client:
        inbox = await open_inbox(client, SystemClock(), plan_for(source))
        await sqs.delete_queue(QueueUrl=source)

        with pytest.raises(QueueUnavailable, match=r"ReceiveMessage: .*NonExistentQueue"):
            await inbox.receive(1, wait_s=0)


async def test_a_service_that_cannot_be_reached_is_unavailable() -> None:
    async with open_sqs("http://127.0.0.1:9") as client:
        with pytest.raises(QueueUnavailable, match="GetQueueAttributes: EndpointConnectionError"):
            await open_inbox(client, SystemClock(), plan_for("http://127.0.0.1:9/1/source"))


async def test_a_fault_quotes_no_receipt_and_no_body() -> None:
    refusal = {"__type": "com.amazonaws.sqs#ReceiptHandleIsInvalid", "message": f"{SECRET} is invalid"}
    async with a_canned_sqs({"DeleteMessageBatch": refusal, "SendMessage": refusal}, status=400) as inbox:
        with pytest.raises(QueueUnavailable, match=r"ReceiptHandleIsInvalid \(HTTP 400\)") as delete:
            await inbox.delete([DELIVERY])
        with pytest.raises(QueueUnavailable) as bury:
            await inbox.dead_letter(DELIVERY, a_letter())

    assert SECRET not in str(delete.value)
    assert SECRET not in str(bury.value)
    assert delete.value.__suppress_context__


@pytest.mark.parametrize("code", ["InvalidMessageContents", "InvalidParameterValueException"])
async def test_a_letter_that_sqs_refuses_for_itself_does_not_fit(code: str) -> None:
    refusal = {"__type": f"com.amazonaws.sqs#{code}", "message": "no"}
    async with a_canned_sqs({"SendMessage": refusal}, status=400) as inbox:
        with pytest.raises(LetterDoesNotFit, match=code):
            await inbox.dead_letter(DELIVERY, a_letter())


async def test_a_message_with_next_to_nothing_in_it_is_still_a_delivery() -> None:
    odd = {"SentTimestamp": "soon", "ApproximateReceiveCount": "?"}
    nameless = {"Body": "nobody could delete this"}
    sparse = {"Messages": [{"ReceiptHandle": "r", "Attributes": odd}, nameless]}
    async with a_canned_sqs({"ReceiveMessage": sparse}) as inbox:
        [delivery] = await inbox.receive(10, wait_s=0)

        assert ("r", "", "", 1) == (
            delivery.receipt_handle,
            delivery.message_id,
            delivery.body,
            delivery.receive_count,
        )
        assert delivery.sent_at == delivery.received_at


async def test_a_receive_without_messages_is_empty() -> None:
    async with a_canned_sqs({"ReceiveMessage": {}}) as inbox:
        assert [] == await inbox.receive(10, wait_s=0)


async def test_an_answer_that_is_no_object_is_unavailable() -> None:
    async with a_canned_sqs({"ReceiveMessage": ["?"]}) as inbox:
        with pytest.raises(QueueUnavailable, match="ReceiveMessage: "):
            await inbox.receive(10, wait_s=0)


def test_each_entry_of_a_batch_has_its_own_fate() -> None:
    answer = {
        "Successful": [{"Id": "0"}],
        "Failed": [
            {"Id": "1", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"},
            {"Id": "2", "SenderFault": False, "Code": "InternalError"},
        ],
    }

    faults = batch_faults(["done", "gone", "failed", "forgotten"], answer)

    assert {"gone": "gone", "failed": "later", "forgotten": "later"} == faults


async def test_the_trace_header_is_kept(moto: str, sqs: SQSClient) -> None:
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    source, dead = await create_queue(sqs), await create_queue(sqs)
    await sqs.send_message(
        QueueUrl=source,
        MessageBody="job",
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": header}},
    )
    async with open_sqs(moto) as client:
        inbox = await open_inbox(client, SystemClock(), plan_for(source, dead_letter_queue_url=dead))
        [delivery] = await inbox.receive(1, wait_s=0)
        await inbox.dead_letter(delivery, a_letter())
    answer = await sqs.receive_message(QueueUrl=dead, MessageSystemAttributeNames=["All"])

    assert header == delivery.trace_header == answer["Messages"][0]["Attributes"]["AWSTraceHeader"]


async def test_a_fifo_letter_without_a_group_gets_a_stable_one(moto: str, sqs: SQSClient) -> None:
    async with sqs_bench(moto, sqs, kind="fifo") as bench:
        await bench.inbox.dead_letter(DELIVERY, a_letter())

        [buried] = await bench.dead_letters()
        assert STABLE_GROUP == buried.group_id
