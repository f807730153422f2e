"""
The dead letter queue from its other end: letters are received, given back, redriven and deleted.

It never decides which; `worker.adapters.sqs` is the end where they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.adapters.sqs import (
    SYSTEM_ATTRIBUTES,
    InboxPlan,
    Queue,
    SqsInbox,
    delivery_of,
    look_at_queues,
    send_request,
)
from worker.adapters.sqs_calls import calling
from worker.adapters.sqs_letters import redriven
from worker.contract.reasons import MOVED_BY_SQS
from worker.ports import RECEIVE_LIMIT, Clock, Delivery

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import MessageTypeDef

HOLD_S = 600
"""A letter that was received stays hidden so long, if nobody gives it back."""
WAIT_S = 1
"""A long poll asks all of SQS's servers; a short one may bring nothing although there is something."""


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A dead letter as it lies in its queue. *moved_from* is the queue's ARN from which SQS moved it."""

    delivery: Delivery
    moved_from: str | None = None

    @property
    def id(self) -> str:
        """Its MessageId: a dead letter has its own."""
        return self.delivery.message_id

    @property
    def reason(self) -> str:
        """Why it is here; not always one of our reasons."""
        return self.said("reason") or MOVED_BY_SQS

    def said(self, name: str) -> str | None:
        """Read one of our six attributes; a letter that SQS moved has none, whatever its producer wrote."""
        attribute = self.delivery.attributes.get(name)
        if attribute is None or self.moved_from:
            return None
        return attribute.value if isinstance(attribute.value, str) else None


class SqsDeadLetters:
    """A dead letter queue, and the queue its letters came from. Every method may raise QueueUnavailable."""

    def __init__(
        self, client: SQSClient, clock: Clock, *, plan: InboxPlan, source: Queue, letters: Queue
    ) -> None:
        self._client = client
        self._clock = clock
        self._source = source
        self._letters = letters
        self._deadline_s = plan.call_deadline_s
        self._inbox = SqsInbox(client, clock, plan=plan, source=letters, dead_letters=None)

    async def count(self) -> int:
        """Count the letters, hidden ones too, as exactly as SQS does: approximately."""
        backlog = await self._inbox.backlog()
        return backlog.visible_count + backlog.in_flight_count + backlog.delayed_count

    async def receive(self) -> Sequence[StoredLetter]:
        """Receive up to ten letters, and hide them."""
        async with calling("ReceiveMessage", self._deadline_s + WAIT_S):
            answer = await self._client.receive_message(
                QueueUrl=self._letters.url,
                MaxNumberOfMessages=RECEIVE_LIMIT,
                WaitTimeSeconds=WAIT_S,
                VisibilityTimeout=HOLD_S,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=[*SYSTEM_ATTRIBUTES, "DeadLetterQueueSourceArn"],
            )
        return [self._letter(message) for message in answer.get("Messages", ()) if "ReceiptHandle" in message]

    async def give_back(self, letters: Sequence[Delivery]) -> int:
        """Show letters again, now; return how many stay hidden, for HOLD_S at most."""
        hidden_count = 0
        for start in range(0, len(letters), RECEIVE_LIMIT):
            batch = letters[start : start + RECEIVE_LIMIT]
            hidden_count += len(await self._inbox.change_visibility([(each, 0) for each in batch]))
        return hidden_count

    async def redrive(self, letter: StoredLetter) -> str:
        """Send the job to its queue, and return its new MessageId. LetterDoesNotFit: SQS never takes it."""
        job = redriven(letter.delivery, limit_bytes=self._source.message_limit_bytes)
        async with calling("SendMessage", self._deadline_s):
            answer = await self._client.send_message(**send_request(self._source, job))
        return answer["MessageId"]

    async def delete(self, letter: StoredLetter) -> bool:
        """Delete one letter, and tell whether SQS did."""
        return not await self._inbox.delete([letter.delivery])

    def _letter(self, message: MessageTypeDef) -> StoredLetter:
        moved_from = message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
        return StoredLetter(delivery_of(message, self._clock.now()), moved_from)


async def open_dead_letters(client: SQSClient, clock: Clock, plan: InboxPlan) -> SqsDeadLetters | None:
    """Look at the queues; None if there is none for dead letters. Raise as `open_inbox` does."""
    source, letters = await look_at_queues(client, plan)
    if letters is None:
        return None
    return SqsDeadLetters(client, clock, plan=plan, source=source, letters=letters)
