"""The dead letter queue, the source queue, and the redrive policy between them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.ops.arns import beside, dead_letter_queue_of
from worker.ops.bootstrap.thing import Exists, Missing, Standing, Thing, until
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.settings import Settings
from worker.settings.queue_url import QueueUrl

RETENTION_S = 1_209_600
"""14 days: SQS's most, and how long an outage may last before jobs are lost."""
MAX_RECEIVE_COUNT = 1000
"""SQS's most: the ledger counts attempts, receives count other things too."""
SHOWN_WITHIN_S = 30.0
"""A new queue is known everywhere after about a second."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue and the attributes it should have; *setting* is what names it."""

    asker: Asker
    sqs: Any
    url: QueueUrl
    setting: str
    wanted: Mapping[str, str]

    @property
    def name(self) -> str:
        """The queue, by its part."""
        part = "dead letter queue" if "DEAD" in self.setting else "queue"
        return f"{part} {self.url.name}"

    async def attributes(self) -> Mapping[str, str] | None:
        """Ask for all attributes; None if there is no such queue."""
        request = {"QueueUrl": self.url.url, "AttributeNames": ["All"]}
        try:
            answer = await self.asker.ask(self.sqs, "GetQueueAttributes", **request)
        except NotAnswered as fault:
            if fault.is_absence:
                return None
            raise
        attributes: Mapping[str, str] = answer["Attributes"]
        return attributes

    async def look(self) -> Standing:
        """Compare the attributes."""
        attributes = await self.attributes()
        if attributes is None:
            return Missing()
        differing = (
            f"{key} is {attributes.get(key)}, {value} would be better"
            for key, value in self.wanted.items()
            if attributes.get(key) != value
        )
        return Exists("; ".join(differing) or None)

    async def make(self) -> None:
        """Create it, and wait until SQS knows it."""
        fifo = {"FifoQueue": "true"} if self.url.is_fifo else {}
        answer = await self.asker.ask(
            self.sqs, "CreateQueue", QueueName=self.url.name, Attributes={**self.wanted, **fifo}
        )
        made = QueueUrl.parse(str(answer["QueueUrl"]), self.url.region)
        if not made.is_same_queue_as(self.url):
            raise NotAnswered("sqs:CreateQueue", "", f"SQS made {made.url}: set {self.setting} to that")
        await until(self._is_shown, within_s=SHOWN_WITHIN_S, action="sqs:GetQueueAttributes")

    async def _is_shown(self) -> bool:
        return await self.attributes() is not None


@dataclass(frozen=True, slots=True)
class RedrivePolicy:
    """Where SQS moves what no worker can take."""

    source: Queue
    letters: Queue

    @property
    def name(self) -> str:
        """The policy, by its queue."""
        return f"redrive policy of {self.source.url.name}"

    async def look(self) -> Standing:
        """Compare its target and its count."""
        policy = redrive_policy(await self.source.attributes())
        if policy is None:
            return Missing()
        target, count = str(policy["deadLetterTargetArn"]), int(policy["maxReceiveCount"])
        differing = []
        if target.rpartition(":")[2] != self.letters.url.name:  # account and region are the source queue's
            differing.append(f"it moves jobs to {target}, the worker to {self.letters.url.url}")
        if count != MAX_RECEIVE_COUNT:
            differing.append(f"maxReceiveCount is {count}, {MAX_RECEIVE_COUNT} would be better")
        return Exists("; ".join(differing) or None)

    async def make(self) -> None:
        """Set it."""
        letters = await self.letters.attributes() or {}
        policy = {"deadLetterTargetArn": letters["QueueArn"], "maxReceiveCount": MAX_RECEIVE_COUNT}
        await self.source.asker.ask(
            self.source.sqs,
            "SetQueueAttributes",
            QueueUrl=self.source.url.url,
            Attributes={"RedrivePolicy": json.dumps(policy)},
        )


async def queue_things(asker: Asker, sqs: Any, settings: Settings) -> Sequence[Thing]:
    """Both queues and the policy. Dead letters go where the settings say, else where the policy does now."""
    kept = {"MessageRetentionPeriod": str(RETENTION_S)}
    hidden = {"VisibilityTimeout": str(settings.visibility_timeout_s)}
    source = Queue(asker, sqs, settings.queue_url, "WORKER_QUEUE_URL", kept | hidden)
    url = dead_letter_queue_of(settings)
    policy = redrive_policy(await source.attributes())
    if settings.dead_letter_queue_url is None and policy is not None:
        url = beside(settings.queue_url, str(policy["deadLetterTargetArn"]).rpartition(":")[2])
    letters = Queue(asker, sqs, url, "WORKER_DEAD_LETTER_QUEUE_URL", kept)
    return letters, source, RedrivePolicy(source, letters)


def redrive_policy(attributes: Mapping[str, str] | None) -> Mapping[str, Any] | None:
    """Read a queue's redrive policy; None if it has none."""
    policy: Mapping[str, Any] = json.loads((attributes or {}).get("RedrivePolicy") or "{}")
    return policy if policy.get("deadLetterTargetArn") else None
