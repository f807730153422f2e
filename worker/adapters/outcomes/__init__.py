"""Targets of outcomes: each, a queue, a topic or a bus, keeps the promises of `worker.ports.Outcomes`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.adapters.aws import Aws, ClientPlan
from worker.adapters.outcomes.eventbridge import EventBridgeOutcomes
from worker.adapters.outcomes.sns import SnsOutcomes
from worker.adapters.outcomes.sqs import SqsOutcomes
from worker.ports import Outcomes


@asynccontextmanager
async def open_outcomes(aws: Aws, target: str, plan: ClientPlan) -> AsyncIterator[Outcomes]:
    """Open *target*: a topic's or a bus's ARN, or else a queue's URL. It is not asked whether it is there."""
    match target.split(":", 3):
        case ["arn", _, "sns", _]:
            async with aws.occasional("sns", plan) as sns:
                yield SnsOutcomes(sns, topic_arn=target, call_deadline_s=plan.call_deadline_s)
        case ["arn", _, "events", _]:
            async with aws.occasional("events", plan) as events:
                yield EventBridgeOutcomes(events, bus_arn=target, call_deadline_s=plan.call_deadline_s)
        case _:
            async with aws.sqs(plan) as sqs:
                yield SqsOutcomes(sqs, queue_url=target, call_deadline_s=plan.call_deadline_s)
