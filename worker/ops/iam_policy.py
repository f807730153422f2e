"""
Least-privilege policies for the present settings, out of the table in `rights`. It asks AWS nothing.

The app instance is the settings'; the channels are those that the caller names, or all of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, assert_never

from worker.adapters.ledger.dynamodb_table import INDEX
from worker.contract.arns import AppInstance
from worker.contract.wire import JobType
from worker.ops.arns import dead_letter_queue_of, queue_arn, table_arn
from worker.ops.rights import ALL, BOOTSTRAP, PRODUCER, TASK_ROLE, Grant, Kind, Right
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable
from worker.settings.outcomes_target import EventBus, Topic
from worker.settings.queue_url import QueueUrl

Whose = Literal["task role", "producer", "bootstrap"]
GRANTS: Mapping[Whose, tuple[Grant, ...]] = {
    "task role": TASK_ROLE,
    "producer": PRODUCER,
    "bootstrap": BOOTSTRAP,
}


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant in force: what is left of its rights, and the ARNs they are given on."""

    sid: str
    rights: tuple[Right, ...]
    resources: tuple[str, ...]


def granted(
    whose: Whose, settings: Settings, *, channels: Sequence[str] = (), jobs: Collection[JobType] = ALL
) -> Iterator[Granted]:
    """
    Say what *settings* need, for these types of jobs, in the order of the table.

    *channels* are ARNs; none means every channel of the app instance. What nothing is there for (a table,
    a bot) is left out.
    """
    resources = _resources(settings, channels)
    needless = set(_needless(settings))
    for grant in GRANTS[whose]:
        rights = tuple(
            right for right in grant.rights if right.jobs & set(jobs) and right.action not in needless
        )
        arns = tuple(dict.fromkeys(arn for kind in grant.on for arn in resources[kind]))
        if rights and arns:
            yield Granted(grant.sid, rights, arns)


def document(grants: Iterable[Granted]) -> dict[str, object]:
    """Write a policy document, as IAM takes it."""
    statements = [
        {
            "Sid": each.sid,
            "Effect": "Allow",
            "Action": [right.action for right in each.rights],
            "Resource": list(each.resources),
        }
        for each in grants
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _needless(settings: Settings) -> Iterator[str]:
    """Name the actions that these settings make needless."""
    if not settings.join_channels:
        yield "chime:CreateChannelMembership"
    if settings.dead_letter_queue_url is not None:
        yield "sqs:GetQueueUrl"  # it only finds the queue that a redrive policy names


def _resources(settings: Settings, channels: Sequence[str]) -> Mapping[Kind, Sequence[str]]:
    """Name what there is of every kind."""
    home = settings.app_instance
    ledger = settings.ledger
    tables = [table_arn(ledger.table, settings)] if isinstance(ledger, DynamoDbTable) else []
    outcomes: dict[Kind, Sequence[str]] = {"outcomes queue": (), "topic": (), "bus": ()}
    return {
        "queue": [queue_arn(settings.queue_url, settings)],
        "dead letter queue": [queue_arn(dead_letter_queue_of(settings), settings)],
        "table": tables,
        "open index": [f"{table}/index/{INDEX}" for table in tables],
        "bearer": _bearers(settings),
        "channel": channels or [home.channel_arn("*")],
        "app instance": [home.arn],
        "pool user": [arn for arn in settings.bearer_arns if "/user/" in arn],
        "pool bot": [arn for arn in settings.bearer_arns if "/bot/" in arn],
        "anything": ["*"],
        **outcomes,
        **_outcomes(settings),
    }


def _outcomes(settings: Settings) -> Mapping[Kind, Sequence[str]]:
    match settings.outcomes:
        case None:
            return {}
        case QueueUrl() as queue:
            return {"outcomes queue": [queue_arn(queue, settings)]}
        case Topic(arn):
            return {"topic": [arn]}
        case EventBus(arn):
            return {"bus": [arn]}
        case _:
            assert_never(settings.outcomes)


def _bearers(settings: Settings) -> Sequence[str]:
    """
    The pool, and the globs of what jobs may name, without what those cover.

    IAM knows no sets of characters, so that `[ab]` becomes `?` there: the worker still refuses the others.
    """
    globs = [_glob(pattern, settings.app_instance) for pattern in settings.allowed_bearers]
    wide = [each for each in globs if "*" in each or "?" in each]
    named = [each for each in (*settings.bearer_arns, *globs) if each not in wide]
    return [each for each in named if not any(fnmatchcase(each, glob) for glob in wide)] + wide


def _glob(pattern: str, home: AppInstance) -> str:
    """Extend a glob to whole ARNs, as `contract.bearers` reads it, in IAM's wildcards."""
    if not pattern.startswith("arn:"):
        pattern = f"{home.arn}/{pattern}" if "/" in pattern else home.user_arn(pattern)
    return re.sub(r"\[!?\]?[^]]*\]", "?", pattern)
