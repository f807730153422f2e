"""A job of each type that changes something otherwise than by sending, and how to tell that it was done."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.support.jobs import a_job
from tests.support.stage import HOME, SOMEBODY, Stage

ORDERS, ALERTS, NEW = (HOME.channel_arn(channel) for channel in ("orders", "alerts", "new"))
GUEST = HOME.user_arn("guest")
BATCH = "BatchCreateChannelMembership"
EDITED = "changed"


def a_change(job_id: str, job_type: str, *, channel: object = "orders", **fields: object) -> str:
    """Write the body of a job of a type."""
    return json.dumps({"id": job_id, "type": job_type, "channel": channel, **fields})


def an_update(job_id: str, *, of: object, content: str = EDITED, **fields: object) -> str:
    """Write the body of a job that gives a message another content."""
    message = {"content": content}
    return a_change(job_id, "update_message", message_of=of, message=message, **fields)


def members_of(stage: Stage, channel: str = "orders") -> list[str]:
    """Who is in a channel, in the order they came."""
    return stage.chime.members(HOME.channel_arn(channel))


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of job: the call it makes, what its body has, and whether the world is as it asks."""

    operation: str
    fields: Mapping[str, object]
    is_made: Callable[[Stage], bool]


KINDS = {
    "update_message": Kind(
        "UpdateChannelMessage",
        {"message_of": "first", "message": {"content": EDITED}},
        lambda stage: [EDITED] == stage.messages(),
    ),
    "redact_message": Kind(
        "RedactChannelMessage",
        {"message_of": "first"},
        lambda stage: ["redacted"] == [message.state for message in stage.chime.messages(ORDERS)],
    ),
    "delete_message": Kind(
        "DeleteChannelMessage", {"message_of": "first"}, lambda stage: [] == stage.messages()
    ),
    "create_channel": Kind("CreateChannel", {"channel": "new"}, lambda stage: NEW in stage.chime.channels()),
    "delete_channel": Kind(
        "DeleteChannel", {"channel": "alerts"}, lambda stage: ALERTS not in stage.chime.channels()
    ),
    "add_members": Kind(BATCH, {"members": ["guest"]}, lambda stage: GUEST in members_of(stage)),
    "remove_members": Kind(
        "DeleteChannelMembership",
        {"members": ["somebody"]},
        lambda stage: SOMEBODY not in members_of(stage),
    ),
}


async def prepared(stage: Stage) -> Stage:
    """Let `first` be sent to orders, and somebody exist who is in no channel."""
    stage.chime.add_user(GUEST)
    stage.enqueue(a_job("first"))
    await stage.serve()
    return stage
