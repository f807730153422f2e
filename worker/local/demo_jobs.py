"""The demo's jobs: for each, the body that is enqueued and the end that it must come to. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from worker.contract.arns import AppInstance
from worker.contract.job import parse_job
from worker.contract.outcome import Outcome
from worker.contract.rejected import Rejected
from worker.local.demo_bad_jobs import EXPIRED_ID, bad_jobs
from worker.local.demo_changes import change_of, channel_jobs
from worker.local.demo_channels import DemoChannel, demo_channels
from worker.local.demo_ends import Arrives, DeadLetters, DemoJob, StaysAway
from worker.local.demo_texts import Post

NOT_DUE_S = 8
"""How long after the start the job with `not_before` falls due."""


def demo_jobs(now: datetime, home: AppInstance) -> list[DemoJob]:
    """All jobs in the order of their enqueueing: each channel in turn, and the odd ones among them."""
    channels = [_posts(channel, now, home) for channel in demo_channels(home)]
    jobs = [job for turn in zip_longest(channel_jobs(), *channels) for job in turn if job is not None]
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
    """Make a channel's jobs in their order: a change comes right after the message that it is of."""
    jobs = []
    for n, post in enumerate(channel.posts, start=1):
        job_id = f"demo:{channel.title}:{n}"
        job: dict[str, object] = {
            "id": job_id,
            "channel": channel.first if n == 1 else channel.then,
            "message": {"content": post.text},
        }
        if post.bearer is not None:
            job["bearer"] = post.bearer
        body = json.dumps(post.wrap(job), ensure_ascii=False)
        end = _end_of(post, channel.title)
        jobs.append(DemoJob("a message", body, end, post.copies, _id_in(body, now, home)))
        if (change := change_of(post, job_id, title=channel.title, channel=channel.then)) is not None:
            jobs.append(change)
    return jobs


def _end_of(post: Post, title: str) -> Arrives | StaysAway:
    if post.shown is not None:
        return Arrives(title, post.shown)
    denied = post.fate is not None and post.fate.by == "flow"
    return StaysAway(post.text, Outcome.DENIED if denied else Outcome.DELIVERED)


def _not_due(now: datetime) -> DemoJob:
    due = now + timedelta(seconds=NOT_DUE_S)
    text = f"This was not to be posted within the first {NOT_DUE_S} seconds ⏰"
    job = _job("demo:alerts:later", "alerts", text, not_before=due.isoformat())
    return DemoJob(
        "a job that is not due yet", json.dumps(job), Arrives("alerts", text, due), id="demo:alerts:later"
    )


def _expired(now: datetime) -> DemoJob:
    text = "Flash sale: ends in five minutes!"
    job = _job(EXPIRED_ID, "orders", text, not_after=(now - timedelta(hours=1)).isoformat())
    end = StaysAway(text, Outcome.EXPIRED)
    return DemoJob("a job that has expired", json.dumps(job), end, id=EXPIRED_ID)


def _job(job_id: str, channel: str, content: str, **more: str) -> dict[str, object]:
    return {"id": job_id, "channel": channel, "message": {"content": content}, **more}


def _id_in(body: str, now: datetime, home: AppInstance) -> str | None:
    """Read a job's id as the worker does: a CloudEvent's stands for one that the job has not."""
    try:
        return parse_job(body, home=home, sent_at=now).id
    except Rejected as rejected:
        return rejected.job_id
