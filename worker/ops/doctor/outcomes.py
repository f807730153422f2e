"""Where outcomes are published: that it is there, and that no outcome comes back as a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ops.doctor.finding import Finding, aws, export, ok, problem
from worker.ops.doctor.queues import Queues
from worker.settings import Settings
from worker.settings.outcomes_target import EventBus, OutcomesTarget, Topic
from worker.settings.queue_url import QueueUrl


async def outcome_findings(asker: Asker, client: Any, settings: Settings, queues: Queues) -> list[Finding]:
    """Ask for the target by *client*, which is that of its service; nothing is published."""
    match settings.outcomes:
        case None:
            return [ok("outcomes", "published nowhere: `backend-worker status` tells how a job ended")]
        case QueueUrl() as queue if _is_dead_letter_queue(queue, queues):
            found = f"{queue.name} is the dead letter queue: a redrive would take outcomes for jobs"
            return [
                problem(
                    "outcomes",
                    found,
                    export("WORKER_OUTCOMES", f"{queue.url.removesuffix('.fifo')}-outcomes"),
                )
            ]
        case target:
            return [await _existence(asker, client, target)]


async def _existence(asker: Asker, client: Any, target: OutcomesTarget) -> Finding:
    operation, request, name, make = _question(target)
    try:
        await asker.ask(client, operation, **request)
    except NotAnswered as fault:
        if not fault.is_absence:
            return fault.finding("outcomes", needed=())
        return problem(
            "outcomes", f"there is no {name}: every job would wait for its outcome to be published", make
        )
    order = (
        "in the order of each channel" if name.endswith(".fifo") else "in no order: readers go by `revision`"
    )
    return ok("outcomes", f"go to the {name}, {order}")


def _question(target: OutcomesTarget) -> tuple[str, Mapping[str, Any], str, str]:
    """Say which operation describes *target*, with what, what people call it, and how to make it."""
    match target:
        case QueueUrl():
            fifo: Mapping[str, Any] = {"attributes": {"FifoQueue": "true"}} if target.is_fifo else {}
            make = aws("sqs create-queue", region=target.region, queue_name=target.name, **fifo)
            request = {"QueueUrl": target.url, "AttributeNames": ["QueueArn"]}
            return "GetQueueAttributes", request, f"queue {target.name}", make
        case Topic(arn, region):
            name = arn.rpartition(":")[2]
            fifo = {"attributes": {"FifoTopic": "true"}} if name.endswith(".fifo") else {}
            make = aws("sns create-topic", region=region, name=name, **fifo)
            return "GetTopicAttributes", {"TopicArn": arn}, f"topic {name}", make
        case EventBus(arn, region):
            name = arn.partition("/")[2]
            return (
                "DescribeEventBus",
                {"Name": arn},
                f"event bus {name}",
                aws("events create-event-bus", region=region, name=name),
            )
        case _:
            assert_never(target)


def _is_dead_letter_queue(queue: QueueUrl, queues: Queues) -> bool:
    """Compare with the queue that was found by the redrive policy; the settings know only what they name."""
    arn = queues.dead_letters.arn if queues.dead_letters else ""
    return arn.split(":")[3:] == [queue.region, queue.account, queue.name]
