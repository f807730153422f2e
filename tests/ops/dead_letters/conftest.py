"""A queue with its dead letter queue on moto, what writes letters into one, and what reads them back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

import pytest

from worker.adapters.clock import SystemClock
from worker.adapters.sqs import InboxPlan, look_at_queues, open_inbox
from worker.adapters.sqs_dead_letters import SqsDeadLetters, StoredLetter
from worker.contract.arns import AppInstance
from worker.contract.reasons import Reason
from worker.core.settlement import Letter
from worker.local.world import World, embedded_world
from worker.ops.dead_letters import Deal, Fate, Looked, Selection, listed, look_through
from worker.ports import Attribute, Delivery


def a_job(job_id: str, **fields: object) -> str:
    return json.dumps({"id": job_id, "channel": "orders", "message": {"content": "Hello"}, **fields})


@dataclass(frozen=True, slots=True)
class Told:
    """What a look told, and how far it came."""

    fates: Sequence[tuple[StoredLetter, Fate]]
    looked: Looked

    @property
    def job_ids(self) -> list[str | None]:
        return [letter.said("job_id") for letter, _ in self.fates]


@dataclass(frozen=True, slots=True)
class Bench:
    """A world without workers, seen by an operator."""

    world: World
    queue: SqsDeadLetters

    @property
    def home(self) -> AppInstance:
        return AppInstance.parse(self.world.app_instance_arn)

    async def bury(
        self,
        job_id: str,
        *,
        reason: Reason = Reason.ATTEMPTS_EXHAUSTED,
        body: str | None = None,
        group_id: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        trace_header: str | None = None,
    ) -> None:
        """Dead-letter a job as the worker does."""
        now = SystemClock().now()
        delivery = Delivery(
            message_id=uuid4().hex,
            receipt_handle="",
            body=body or a_job(job_id),
            sent_at=now,
            received_at=now,
            group_id=group_id,
            attributes=attributes or {},
            trace_header=trace_header,
        )
        letter = Letter(reason=reason, detail="So it is.", job_id=job_id, attempts=3, first_failed_at=now)
        inbox = await open_inbox(self.world.client, SystemClock(), plan_of(self.world))
        await inbox.dead_letter(delivery, letter)

    async def move(self, body: str, *, attributes: Mapping[str, str] | None = None) -> None:
        """Leave a job in the dead letter queue as SQS's own redrive does: with nothing said."""
        await self.world.client.send_message(
            QueueUrl=self.world.dead_letter_queue_url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in (attributes or {}).items()
            },
        )

    async def look(
        self,
        deal: Deal = listed,
        *,
        limit: int | None = None,
        queue: SqsDeadLetters | None = None,
        **asked: object,
    ) -> Told:
        selection = Selection(home=self.home, **asked)  # type: ignore[arg-type]
        fates: list[tuple[StoredLetter, Fate]] = []
        looked = await look_through(
            queue or self.queue, selection, deal, tell=lambda *told: fates.append(told), limit=limit
        )
        return Told(fates, looked)

    def job_ids(self) -> list[str]:
        """What lies in the source queue, oldest first."""
        return [json.loads(job.body)["id"] for job in self.world.jobs()]


def plan_of(world: World) -> InboxPlan:
    return InboxPlan(
        queue_url=world.queue_url,
        dead_letter_queue_url=None,
        visibility_timeout_s=60,
        call_deadline_s=5,
        worker_version="1.2.3",
    )


async def opened(world: World, kind: type[SqsDeadLetters] = SqsDeadLetters) -> SqsDeadLetters:
    """Open the dead letter queue, or one of a *kind* that has a fault of its own."""
    plan = plan_of(world)
    source, letters = await look_at_queues(world.client, plan)
    assert letters is not None
    return kind(world.client, SystemClock(), plan=plan, source=source, letters=letters)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with embedded_world() as world:
        yield Bench(world, await opened(world))


@pytest.fixture
async def fifo_bench() -> AsyncIterator[Bench]:
    async with embedded_world(queue="fifo") as world:
        yield Bench(world, await opened(world))
