"""The source queue and its dead letter queue. No job is received, and every letter stays where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.ops.arns import dead_letter_queue_of
from worker.ops.bootstrap.queues import MAX_RECEIVE_COUNT, RETENTION_S, redrive_policy
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ops.doctor.finding import Finding, aws, ok, problem, span, warning
from worker.settings import Settings

LEAST_RECEIVE_COUNT = 100
"""Receive counts are no attempts: SQS counts releases and restarts too, and moves jobs without a reason."""
CHECK = "dead letter queue"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as SQS describes it."""

    url: str
    region: str
    attributes: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its name, which ends in .fifo if it is a FIFO queue."""
        return self.url.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.attributes["QueueArn"]

    @property
    def retention_s(self) -> int:
        """How long it keeps a message."""
        return int(self.attributes["MessageRetentionPeriod"])

    @property
    def type(self) -> str:
        """Amazon's word for its type."""
        return _type(self.name)


@dataclass(frozen=True, slots=True)
class Queues:
    """What was found of both queues; a queue is None if it is not there, or nobody could tell."""

    source: Queue | None
    dead_letters: Queue | None
    findings: tuple[Finding, ...]


async def look_at_queues(asker: Asker, sqs: Any, settings: Settings) -> Queues:
    """Look at the source queue, and at the dead letter queue that the settings or its redrive policy name."""
    url, region = settings.queue_url.url, settings.queue_region
    try:
        source = await _described(asker, sqs, url, region=region)
    except NotAnswered as fault:
        return Queues(
            None, None, (_missing_source(settings) if fault.is_absence else fault.finding("queue"),)
        )
    letters, found = await _dead_letters(asker, sqs, settings, source=source)
    return Queues(source, letters, (*_source_findings(source, settings), *found))


async def _described(asker: Asker, sqs: Any, url: str, *, region: str) -> Queue:
    answer = await asker.ask(sqs, "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    return Queue(url, region, answer["Attributes"])


def _missing_source(settings: Settings) -> Finding:
    queue = settings.queue_url
    found = f"account {queue.account} has no queue {queue.name} in {queue.region}: name another, or make it"
    return problem("queue", found, "backend-worker bootstrap")


def _source_findings(source: Queue, settings: Settings) -> list[Finding]:
    waiting = source.attributes.get("ApproximateNumberOfMessages", "?")
    known = ok(
        "queue", f"{source.name} is a {source.type} queue in {source.region}, {waiting} jobs wait in it"
    )
    return [known, _retention("retention", source), _redrive(source, settings)]


def _retention(check: str, queue: Queue, *, least_s: int = 0) -> Finding:
    """Judge how long a queue keeps a message; below *least_s* it keeps none that has been in the other."""
    kept = f"{queue.name} keeps a message for {span(queue.retention_s)}"
    longest = {"MessageRetentionPeriod": str(RETENTION_S)}
    mend = _set_attributes(queue, longest)
    if queue.retention_s < least_s:
        why = f"less than the source queue ({span(least_s)}): what SQS moves late is gone at once"
        return problem(check, f"{kept}, {why}", mend)
    if queue.retention_s < RETENTION_S:
        return warning(
            check, f"{kept}: an outage longer than that loses jobs. SQS can keep them 14 days", mend
        )
    return ok(check, kept)


def _redrive(source: Queue, settings: Settings) -> Finding:
    policy = redrive_policy(source.attributes)
    if policy is None:
        found = "has no redrive policy: a job that no worker can ever take stays until its retention ends"
        if (letters := settings.dead_letter_queue_url) is None:
            found += ", and so does a rejected one, for there is no dead letter queue"
            mend = _make_dead_letter_queue(source, dead_letter_queue_of(settings).name)
            return problem("redrive policy", f"{source.name} {found}", mend)
        mend = _set_policy(source, _sibling(source, letters.name))
        return warning("redrive policy", f"{source.name} {found}", mend)
    count = int(policy["maxReceiveCount"])
    if count < LEAST_RECEIVE_COUNT:
        found = (
            f"SQS moves a job after {count} receives, and counts restarts and releases too: an outage would "
            "bury good jobs without a reason. The worker counts attempts: let SQS hardly ever move"
        )
        return problem("redrive policy", found, _set_policy(source, policy["deadLetterTargetArn"]))
    return ok("redrive policy", f"SQS itself moves a job only after {count} receives")


async def _dead_letters(
    asker: Asker, sqs: Any, settings: Settings, *, source: Queue
) -> tuple[Queue | None, list[Finding]]:
    policy, told = redrive_policy(source.attributes), settings.dead_letter_queue_url
    arn = str(policy["deadLetterTargetArn"]) if policy else ""
    account, name = (told.account, told.name) if told else arn.split(":")[-2:] if arn else ("", "")
    if not name:
        return None, []  # said with the redrive policy
    try:
        url = told.url if told else await _url_of(asker, sqs, account=account, name=name)
        letters = await _described(asker, sqs, url, region=source.region)
    except NotAnswered as fault:
        if not fault.is_absence:
            return None, [fault.finding(CHECK)]
        found = f"{name} does not exist: rejected and exhausted jobs have nowhere to go and stay in the queue"
        name = name if _type(name) == source.type else dead_letter_queue_of(settings).name
        return None, [problem(CHECK, found, _make_dead_letter_queue(source, name))]
    findings = [
        _judged(letters, source, settings),
        _retention("dead letter retention", letters, least_s=source.retention_s),
    ]
    if arn and arn != letters.arn:
        found = f"the worker's letters go to {letters.name}, what SQS moves itself to {arn}: let both"
        findings.append(warning(CHECK, found, _set_policy(source, letters.arn)))
    return letters, [*findings, await _readable(asker, sqs, letters)]


async def _url_of(asker: Asker, sqs: Any, *, account: str, name: str) -> str:
    answer = await asker.ask(sqs, "GetQueueUrl", QueueName=name, QueueOwnerAWSAccountId=account)
    return str(answer["QueueUrl"])


def _judged(letters: Queue, source: Queue, settings: Settings) -> Finding:
    if letters.type != source.type:
        found = f"{letters.name} is a {letters.type} queue, the source a {source.type} one: one type for both"
        return problem(CHECK, found, _make_dead_letter_queue(source, dead_letter_queue_of(settings).name))
    count = letters.attributes.get("ApproximateNumberOfMessages", "?")
    return ok(CHECK, f"{letters.name} is of the same type, {count} letters lie in it")


async def _readable(asker: Asker, sqs: Any, letters: Queue) -> Finding:
    """Receive one letter that nobody is kept from; not if SQS could move it on for that."""
    check = "dead letters readable"
    if redrive_policy(letters.attributes) is not None:
        return ok(check, f"not tried: {letters.name} has a redrive policy of its own, which counts receives")
    once = {"MaxNumberOfMessages": 1, "VisibilityTimeout": 0, "WaitTimeSeconds": 0}
    try:
        await asker.ask(sqs, "ReceiveMessage", QueueUrl=letters.url, **once)
    except NotAnswered as fault:
        return fault.finding(check)
    return ok(check, "`backend-worker dlq` can read them")


def _set_policy(source: Queue, dead_letters_arn: str) -> str:
    policy = json.dumps({"deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": MAX_RECEIVE_COUNT})
    return _set_attributes(source, {"RedrivePolicy": policy})


def _set_attributes(queue: Queue, attributes: Mapping[str, str]) -> str:
    return aws("sqs set-queue-attributes", region=queue.region, queue_url=queue.url, attributes=attributes)


def _make_dead_letter_queue(source: Queue, name: str) -> str:
    """Make the queue, and name it in the redrive policy."""
    fifo = {"FifoQueue": "true"} if source.type == "FIFO" else {}
    attributes = {"MessageRetentionPeriod": str(RETENTION_S), **fifo}
    make = aws("sqs create-queue", region=source.region, queue_name=name, attributes=attributes)
    return f"{make} && {_set_policy(source, _sibling(source, name))}"


def _sibling(source: Queue, name: str) -> str:
    """Give the ARN of another queue of the same account and region."""
    return f"{source.arn.rpartition(':')[0]}:{name}"


def _type(name: str) -> str:
    return "FIFO" if name.endswith(".fifo") else "standard"
