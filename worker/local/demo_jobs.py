"""The demo's jobs: for each, the body that is enqueued and the end that it must come to. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest

from worker.contract.arns import AppInstance
from worker.contract.job import parse_job
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.local.demo_bad_jobs import bad_jobs
from worker.local.demo_channels import DemoChannel, demo_channels

NOT_DUE_S = 8
"""How long after the start the job with `not_before` falls due."""


@dataclass(frozen=True, slots=True)
class Arrives:
    """The message must be in the channel of that title exactly once, and not before its time."""

    channel: str
    content: str = field(repr=False)
    not_before: datetime | None = None
    outcome: Outcome = Outcome.DELIVERED


@dataclass(frozen=True, slots=True)
class StaysAway:
    """The message must be in no channel: the job expired before it was enqueued."""

    content: str = field(repr=False)
    outcome: Outcome = Outcome.EXPIRED


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The body must be in the dead letter queue exactly once, with this reason."""

    reason: Reason
    outcome: Outcome | None = Outcome.REJECTED
    """What the ledger must hold; None if there is no row, or another job's."""


@dataclass(frozen=True, slots=True)
class DemoJob:
    """
    A job as its producer enqueues it, *copies* times, and its right end. *what* describes it to people.

    *id* is what it has in the ledger: None if none can be read.
    """

    what: str
    body: str = field(repr=False)
    end: Arrives | StaysAway | DeadLetters
    copies: int = 1
    id: str | None = None


def demo_jobs(now: datetime, home: AppInstance) -> list[DemoJob]:
    """All jobs in the order of their enqueueing: each channel in turn, and the odd ones among them."""
    channels = [_posts(channel, now, home) for channel in demo_channels(home)]
    jobs = [job for turn in zip_longest(*channels) for job in turn if job is not None]
    bad = [
        DemoJob(each.what, each.body, DeadLetters(each.reason, each.outcome), id=_id_in(each.body, now, home))
        for each in bad_jobs()
    ]
    odd = [bad[0], _not_due(now), _expired(now), *bad[1:]]
    step = len(jobs) / len(odd)
    for n, job in reversed(list(enumerate(odd))):
        jobs.insert(round(n * step), job)
    return jobs


def _posts(channel: DemoChannel, now: datetime, home: AppInstance) -> Sequence[DemoJob]:
    jobs = []
    for n, post in enumerate(channel.posts, start=1):
        job: dict[str, object] = {
            "id": f"demo:{channel.title}:{n}",
            "channel": channel.first if n == 1 else channel.then,
            "message": {"content": post.text},
        }
        if post.bearer is not None:
            job["bearer"] = post.bearer
        body = json.dumps(post.wrap(job), ensure_ascii=False)
        outcome = Outcome.ACCEPTED if channel.has_flow else Outcome.DELIVERED
        end = Arrives(channel.title, post.shown or post.text, outcome=outcome)
        jobs.append(DemoJob("a message", body, end, post.copies, _id_in(body, now, home)))
    return jobs


def _not_due(now: datetime) -> DemoJob:
    due = now + timedelta(seconds=NOT_DUE_S)
    text = f"This was not to be posted within the first {NOT_DUE_S} seconds ⏰"
    job = _job("demo:alerts:later", "alerts", text, not_before=due.isoformat())
    return DemoJob(
        "a job that is not due yet", json.dumps(job), Arrives("alerts", text, due), id="demo:alerts:later"
    )


def _expired(now: datetime) -> DemoJob:
    text = "Flash sale: ends in five minutes!"
    job = _job("demo:orders:stale", "orders", text, not_after=(now - timedelta(hours=1)).isoformat())
    return DemoJob("a job that has expired", json.dumps(job), StaysAway(text), id="demo:orders:stale")


def _job(job_id: str, channel: str, content: str, **more: str) -> dict[str, object]:
    return {"id": job_id, "channel": channel, "message": {"content": content}, **more}


def _id_in(body: str, now: datetime, home: AppInstance) -> str | None:
    """Read a job's id as the worker does: a CloudEvent's stands for one that the job has not."""
    try:
        return parse_job(body, home=home, sent_at=now).id
    except Rejected as rejected:
        return rejected.job_id
