"""
SQS as the worker's Inbox: the source queue, and the dead letter queue behind it. It never retries a batch.

The SDK repeats whole calls that failed; single entries of a batch that failed are told to the caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from worker.adapters.sqs_calls import calling
from worker.adapters.sqs_letters import MESSAGE_LIMIT_BYTES, STABLE_GROUP, FittedLetter, fit
from worker.core.settlement import Letter
from worker.ports import Attribute, BatchFault, Clock, Delivery, LetterDoesNotFit

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.literals import MessageSystemAttributeNameType
    from types_aiobotocore_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageTypeDef,
        SendMessageRequestTypeDef,
    )

SYSTEM_ATTRIBUTES: Sequence[MessageSystemAttributeNameType] = (
    "SentTimestamp",
    "ApproximateReceiveCount",
    "MessageGroupId",
    "AWSTraceHeader",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What is known of a queue."""

    url: str
    retention_s: int | None
    message_limit_bytes: int
    dead_letter_target_arn: str | None

    @property
    def is_fifo(self) -> bool:
        """SQS tells the type of a queue by its name."""
        return self.url.endswith(".fifo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """
    What a queue still holds.

    SQS counts approximately, and for up to a minute also what was deleted just now.
    """

    visible_count: int
    in_flight_count: int
    """Received and hidden: in other hands, or given back to be shown later."""
    delayed_count: int
    """Sent with a delay that has not passed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPlan:
    """
    What the operator decided about the queues.

    *dead_letter_queue_url* None means: as the source queue's redrive policy says. *call_deadline_s* is
    for one call with all its retries; a long poll has its wait besides.
    """

    queue_url: str
    dead_letter_queue_url: str | None
    visibility_timeout_s: int
    call_deadline_s: float
    worker_version: str


async def open_inbox(client: SQSClient, clock: Clock, plan: InboxPlan) -> SqsInbox:
    """Look at the queues and open them; raise QueueNotFound if one is missing, else QueueUnavailable."""
    source, dead_letters = await look_at_queues(client, plan)
    return SqsInbox(client, clock, plan=plan, source=source, dead_letters=dead_letters)


async def look_at_queues(client: SQSClient, plan: InboxPlan) -> tuple[Queue, Queue | None]:
    """Look at the source queue and at its dead letter queue, if it has one; raise as `open_inbox`."""
    source = await _look_at(client, plan.queue_url, plan)
    url = plan.dead_letter_queue_url or await _redrive_target(client, source, plan)
    return source, await _look_at(client, url, plan) if url else None


class SqsInbox:
    """The Inbox of a real worker."""

    def __init__(
        self, client: SQSClient, clock: Clock, *, plan: InboxPlan, source: Queue, dead_letters: Queue | None
    ) -> None:
        self._client = client
        self._clock = clock
        self._plan = plan
        self._source = source
        self._dead_letters = dead_letters

    @property
    def is_fifo(self) -> bool:
        """Whether the source queue is a FIFO queue."""
        return self._source.is_fifo

    @property
    def retention_s(self) -> int | None:
        """How long the queue keeps a job after its SentTimestamp; None if SQS did not say."""
        return self._source.retention_s

    @property
    def has_dead_letter_queue(self) -> bool:
        """Whether there is a place for dead letters."""
        return self._dead_letters is not None

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        """Receive up to *limit* deliveries, with every attribute they have."""
        async with calling("ReceiveMessage", self._plan.call_deadline_s + wait_s):
            answer = await self._client.receive_message(
                QueueUrl=self._source.url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=self._plan.visibility_timeout_s,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=SYSTEM_ATTRIBUTES,
            )
        received_at = self._clock.now()
        messages = answer.get("Messages", ())  # absent when there are none
        return [delivery_of(message, received_at) for message in messages if message.get("ReceiptHandle")]

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        """Delete in one call; return what failed, by receipt handle."""
        handles = [delivery.receipt_handle for delivery in deliveries]
        if not handles:
            return {}
        async with calling("DeleteMessageBatch", self._plan.call_deadline_s):
            answer = await self._client.delete_message_batch(
                QueueUrl=self._source.url,
                Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)],
            )
        return batch_faults(handles, answer)

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        """Change in one call; return what failed, by receipt handle."""
        handles = [delivery.receipt_handle for delivery, _ in changes]
        if not handles:
            return {}
        async with calling("ChangeMessageVisibilityBatch", self._plan.call_deadline_s):
            answer = await self._client.change_message_visibility_batch(
                QueueUrl=self._source.url,
                Entries=[
                    {"Id": str(n), "ReceiptHandle": delivery.receipt_handle, "VisibilityTimeout": seconds}
                    for n, (delivery, seconds) in enumerate(changes)
                ],
            )
        return batch_faults(handles, answer)

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        """Copy a job to the dead letter queue; raise LetterDoesNotFit if it can never be there."""
        queue = self._dead_letters
        if queue is None:
            raise LetterDoesNotFit("there is no dead letter queue")
        fitted = fit(
            delivery, letter, limit_bytes=queue.message_limit_bytes, worker_version=self._plan.worker_version
        )
        async with calling("SendMessage", self._plan.call_deadline_s):
            await self._client.send_message(**send_request(queue, fitted))

    async def backlog(self) -> Backlog:
        """Ask what the source queue still holds."""
        async with calling("GetQueueAttributes", self._plan.call_deadline_s):
            answer = await self._client.get_queue_attributes(
                QueueUrl=self._source.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        found = answer.get("Attributes", {})
        return Backlog(
            visible_count=int(found.get("ApproximateNumberOfMessages", 0)),
            in_flight_count=int(found.get("ApproximateNumberOfMessagesNotVisible", 0)),
            delayed_count=int(found.get("ApproximateNumberOfMessagesDelayed", 0)),
        )


def batch_faults(handles: Sequence[str], answer: Mapping[str, Any]) -> dict[str, BatchFault]:
    """Say which entries failed; ids are positions in *handles*. One that is not mentioned did not succeed."""
    succeeded = _ids(answer.get("Successful", ()))
    hopeless = _ids(entry for entry in answer.get("Failed", ()) if entry.get("SenderFault"))
    return {
        handle: "gone" if str(n) in hopeless else "later"
        for n, handle in enumerate(handles)
        if str(n) not in succeeded
    }


def _ids(entries: Iterable[Mapping[str, Any]]) -> set[str]:
    return {entry["Id"] for entry in entries}


def delivery_of(message: MessageTypeDef, received_at: datetime) -> Delivery:
    """Read one message. What SQS or an emulator left out gets the value that promises least."""
    system = message.get("Attributes", {})
    sent_ms = _number(system.get("SentTimestamp"))
    return Delivery(
        message_id=message.get("MessageId", ""),
        receipt_handle=message["ReceiptHandle"],
        body=message.get("Body", ""),
        sent_at=datetime.fromtimestamp(sent_ms / 1000, UTC) if sent_ms else received_at,
        received_at=received_at,
        receive_count=_number(system.get("ApproximateReceiveCount")) or 1,
        group_id=system.get("MessageGroupId"),
        attributes={
            name: Attribute(
                each.get("DataType", "String"), each.get("BinaryValue") or each.get("StringValue", "")
            )
            for name, each in message.get("MessageAttributes", {}).items()
        },
        trace_header=system.get("AWSTraceHeader"),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def send_request(queue: Queue, letter: FittedLetter) -> SendMessageRequestTypeDef:
    """Say what SendMessage is told."""
    request: SendMessageRequestTypeDef = {
        "QueueUrl": queue.url,
        "MessageBody": letter.body,
        "MessageAttributes": {name: _attribute(each) for name, each in letter.attributes.items()},
    }
    if letter.trace_header:
        request["MessageSystemAttributes"] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": letter.trace_header}
        }
    if queue.is_fifo:
        request["MessageGroupId"] = letter.group_id or STABLE_GROUP
        request["MessageDeduplicationId"] = letter.deduplication_id
    elif letter.group_id:
        request["MessageGroupId"] = letter.group_id  # fairness, which a redrive should find again
    return request


def _attribute(attribute: Attribute) -> MessageAttributeValueTypeDef:
    if isinstance(attribute.value, bytes):
        return {"DataType": attribute.data_type, "BinaryValue": attribute.value}
    return {"DataType": attribute.data_type, "StringValue": attribute.value}


async def _look_at(client: SQSClient, url: str, plan: InboxPlan) -> Queue:
    async with calling("GetQueueAttributes", plan.call_deadline_s, queue=url):
        answer = await client.get_queue_attributes(
            QueueUrl=url, AttributeNames=["MessageRetentionPeriod", "MaximumMessageSize", "RedrivePolicy"]
        )
    found = answer.get("Attributes", {})
    policy = json.loads(found.get("RedrivePolicy") or "{}")
    return Queue(
        url=url,
        retention_s=_number(found.get("MessageRetentionPeriod")),
        message_limit_bytes=_number(found.get("MaximumMessageSize")) or MESSAGE_LIMIT_BYTES,
        dead_letter_target_arn=policy.get("deadLetterTargetArn"),
    )


async def _redrive_target(client: SQSClient, source: Queue, plan: InboxPlan) -> str | None:
    """Find the URL of the queue that the source's redrive policy names."""
    arn = source.dead_letter_target_arn
    if arn is None:
        return None
    account, name = arn.split(":")[-2:]
    async with calling("GetQueueUrl", plan.call_deadline_s, queue=arn):
        answer = await client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
    return answer["QueueUrl"]
