"""An SQS queue as the target of outcomes. It never retries a batch: what was not taken is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from worker.adapters.outcomes.calls import entry_of, not_taken, publishing
from worker.core.notice import Notice

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


class SqsOutcomes:
    """Outcomes into a queue; *call_deadline_s* is for one call with the SDK's retries."""

    def __init__(self, client: SQSClient, *, queue_url: str, call_deadline_s: float) -> None:
        self._client = client
        self._queue_url = queue_url
        self._call_deadline_s = call_deadline_s

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        """Publish up to ten; return the positions of those not taken."""
        url = self._queue_url
        async with publishing("SendMessageBatch", self._call_deadline_s):
            answer = await self._client.send_message_batch(
                QueueUrl=url,
                Entries=[entry_of(n, one, text="MessageBody", target=url) for n, one in enumerate(notices)],
            )
            return not_taken(notices, answer)
