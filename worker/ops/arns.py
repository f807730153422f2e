"""The ARNs of what a worker uses, out of its settings alone. It asks nobody whether they exist."""

from __future__ import annotations

import re
from dataclasses import replace

from worker.settings import Settings
from worker.settings.queue_url import QueueUrl

_ACCOUNT = re.compile(r"[0-9]{12}")


def queue_arn(queue: QueueUrl, settings: Settings) -> str:
    """Name a queue; what imitates SQS may tell no account in its URLs: then it is the app instance's."""
    home = settings.app_instance
    account = queue.account if _ACCOUNT.fullmatch(queue.account) else home.account
    return f"arn:{home.partition}:sqs:{queue.region}:{account}:{queue.name}"


def table_arn(table: str, settings: Settings) -> str:
    """Name a table of DynamoDB: it can be in no other account than the app instance's."""
    home = settings.app_instance
    return f"arn:{home.partition}:dynamodb:{settings.region}:{home.account}:table/{table}"


def dead_letter_queue_of(settings: Settings) -> QueueUrl:
    """Return the dead letter queue that is set, else the one `bootstrap` would make: NAME-dead-letters."""
    return settings.dead_letter_queue_url or beside(settings.queue_url, _dead_letters(settings.queue_url))


def beside(queue: QueueUrl, name: str) -> QueueUrl:
    """Return another queue of the same account, region and endpoint."""
    return replace(queue, url=f"{queue.url.rpartition('/')[0]}/{name}", name=name)


def _dead_letters(queue: QueueUrl) -> str:
    """SQS tells FIFO queues by their names, which hold at most 80 characters."""
    suffix = ".fifo" if queue.is_fifo else ""
    ours = f"-dead-letters{suffix}"
    return queue.name.removesuffix(suffix)[: 80 - len(ours)] + ours
