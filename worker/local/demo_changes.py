"""The demo's jobs that send nothing: they change messages, channels and members. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from worker.local.demo_channels import NOBODY, ONE_MORE, Target
from worker.local.demo_ends import Changes, DemoJob, Fact
from worker.local.demo_texts import Post


def change_of(post: Post, job_id: str, *, title: str, channel: Target) -> DemoJob | None:
    """Make the job that changes the message of the job *job_id*; None if there is to be none."""
    fate = post.fate
    if fate is None or fate.by == "flow":
        return None
    new = {"message": {"content": fate.text}} if fate.by == "update_message" else {}
    end = Changes(
        channel=title,
        brought=Fact("call", "DeleteChannelMessage") if fate.text is None else Fact("message", fate.text),
        took=Fact("message", post.text),
    )
    return _job(f"{job_id}:changed", fate.by, channel, end, {"message_of": job_id, **new})


def channel_jobs() -> Sequence[DemoJob]:
    """Make a channel with members, add some and remove one; delete another channel."""
    return [
        _job(
            "demo:workshop:made",
            "create_channel",
            {"id": "workshop", "create": {"name": "Workshop"}},
            Changes(channel="workshop", brought=Fact("member", "ana")),
            {"members": ["ana", "ben"]},
        ),
        _job(
            "demo:workshop:joined",
            "add_members",
            "workshop",
            Changes(channel="workshop", brought=Fact("member", ONE_MORE), took=Fact("member", NOBODY)),
            {"members": [ONE_MORE, NOBODY]},
        ),
        _job(
            "demo:workshop:left",
            "remove_members",
            "workshop",
            Changes(
                channel="workshop",
                brought=Fact("call", "DeleteChannelMembership"),
                took=Fact("member", "ben"),
            ),
            {"members": ["ben"]},
        ),
        _job(
            "demo:old-news:deleted",
            "delete_channel",
            "old-news",
            Changes(
                channel="old-news",
                brought=Fact("call", "DeleteChannel"),
                took=Fact("channel", "old-news"),
            ),
            {},
        ),
    ]


def _job(job_id: str, kind: str, channel: Target, end: Changes, more: Mapping[str, object]) -> DemoJob:
    body = json.dumps({"id": job_id, "type": kind, "channel": channel, **more}, ensure_ascii=False)
    return DemoJob(f"{kind} ({job_id})", body, end, id=job_id)
