"""
SQS as a producer sees it: jobs go into the queue in batches, and the fate of each is told.

It looks at no queue and receives nothing: SendMessage is all the permission it needs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from worker.adapters.sqs_calls import calling
from worker.adapters.sqs_letters import MESSAGE_LIMIT_BYTES
from worker.ports import QueueUnavailable

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Parcel:
    """
    One job on its way into the queue.

    *group_id* is its MessageGroupId: the order on a FIFO queue, fairness among channels on a standard one.
    """

    line: int
    job_id: str
    group_id: str
    body: str = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """What SQS counts."""
        return len(self.body.encode())


@dataclass(frozen=True, slots=True)
class Taken:
    """SQS has the job."""

    sqs_message_id: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """SQS does not have the job, or nobody knows: to enqueue it again does no harm, as its id is the same."""

    cause: str


Fate = Taken | NotTaken


class SqsProducer:
    """Enqueues jobs. *deadline_s* bounds each call with its retries."""

    def __init__(self, client: SQSClient, *, queue_url: str, deadline_s: float) -> None:
        self._client = client
        self._queue_url = queue_url
        self._is_fifo = queue_url.endswith(".fifo")
        self._deadline_s = deadline_s

    async def enqueue(self, parcels: Iterable[Parcel]) -> AsyncIterator[tuple[Parcel, Fate]]:
        """
        Send the parcels and tell the fate of each, batch after batch. Raise QueueNotFound.

        What a batch did not take is tried once more, alone. Once SQS cannot be used at all, the rest is
        not sent.
        """
        outage: NotTaken | None = None
        for batch in batches(parcels, is_fifo=self._is_fifo):
            try:
                fates = [outage] * len(batch) if outage else await self._send_carefully(batch)
            except QueueUnavailable as fault:
                fates = [NotTaken(str(fault))] * len(batch)
                outage = NotTaken("not sent, because SQS could not be used before")
            for parcel, fate in zip(batch, fates, strict=True):
                yield parcel, fate

    async def _send_carefully(self, batch: Sequence[Parcel]) -> list[Fate]:
        fates = await self._send(batch)
        return [
            fate if isinstance(fate, Taken) else (await self._send([parcel]))[0]
            for parcel, fate in zip(batch, fates, strict=True)
        ]

    async def _send(self, batch: Sequence[Parcel]) -> list[Fate]:
        async with calling("SendMessageBatch", self._deadline_s, queue=self._queue_url):
            answer = await self._client.send_message_batch(
                QueueUrl=self._queue_url, Entries=[self._entry(n, parcel) for n, parcel in enumerate(batch)]
            )
        taken: dict[str, Fate] = {
            each["Id"]: Taken(each["MessageId"]) for each in answer.get("Successful", ())
        }
        refused: dict[str, Fate] = {each["Id"]: NotTaken(each["Code"]) for each in answer.get("Failed", ())}
        fates = taken | refused
        return [fates.get(str(n), NotTaken("SQS did not mention it")) for n in range(len(batch))]

    def _entry(self, n: int, parcel: Parcel) -> SendMessageBatchRequestEntryTypeDef:
        entry: SendMessageBatchRequestEntryTypeDef = {
            "Id": str(n),
            "MessageBody": parcel.body,
            "MessageGroupId": parcel.group_id,
        }
        if self._is_fifo:
            # Never the job id: SQS would swallow a job that was mended and enqueued again within 5 minutes.
            entry["MessageDeduplicationId"] = str(uuid4())
        return entry


def batches(parcels: Iterable[Parcel], *, is_fifo: bool) -> Iterator[list[Parcel]]:
    """
    Cut into what one call takes: ten parcels, 1 MiB.

    On a FIFO queue no two of a group share a batch: one could be refused and come after the other.
    """
    batch: list[Parcel] = []
    for parcel in parcels:
        size_bytes = sum(each.size_bytes for each in batch) + parcel.size_bytes
        is_second = is_fifo and any(each.group_id == parcel.group_id for each in batch)
        if batch and (len(batch) == BATCH_LIMIT or size_bytes > MESSAGE_LIMIT_BYTES or is_second):
            yield batch
            batch = []
        batch.append(parcel)
    if batch:
        yield batch
