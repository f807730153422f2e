"""An SNS topic as the target of outcomes. It never retries a batch: what was not taken is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from worker.adapters.outcomes.calls import entry_of, not_taken, publishing
from worker.core.notice import Notice


class Sns(Protocol):
    """What is used of the SDK's client."""

    async def publish_batch(self, **request: Any) -> Mapping[str, Any]:
        """Publish up to ten messages."""


class SnsOutcomes:
    """Outcomes to a topic; *call_deadline_s* is for one call with the SDK's retries."""

    def __init__(self, client: Sns, *, topic_arn: str, call_deadline_s: float) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._call_deadline_s = call_deadline_s

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        """Publish up to ten; return the positions of those not taken."""
        arn = self._topic_arn
        entries = [entry_of(n, one, text="Message", target=arn) for n, one in enumerate(notices)]
        async with publishing("PublishBatch", self._call_deadline_s):
            answer = await self._client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
            return not_taken(notices, answer)
