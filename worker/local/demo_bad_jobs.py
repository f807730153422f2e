"""The demo's jobs that must become dead letters: one for every reason that can be shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.local.demo_channels import NOBODY, TWO_OF_A_NAME, Target

FOREIGN = "arn:aws:chime:us-east-1:123456789012:app-instance/11111111-2222-4333-8444-555555555555"
EXPIRED_ID = "demo:orders:stale"
"""The id of the job that expires, so that it has no message."""

NOT_SHOWN: Mapping[Reason, str] = {
    Reason.NOT_A_MEMBER: "Chime never says so: it ends as forbidden_or_missing_channel",
    Reason.CRASH_LOOP: "the worker would have to die in the middle of one job's sends, five times",
    Reason.RETENTION_ENDING: "SQS would have to hold the job for days",
    Reason.BUG: "it would take one",
}
"""The reasons that the demo has no job for, and why."""


@dataclass(frozen=True, slots=True)
class BadJob:
    """A body, the reason it must be refused for, and its outcome (None: told under no id of its own)."""

    what: str
    body: str = field(repr=False)
    reason: Reason
    outcome: Outcome | None = Outcome.REJECTED


def bad_jobs() -> list[BadJob]:
    """All of them. The one that is tried again and again comes first: it takes longest."""
    return [
        BadJob(
            "a job whose sends all fail",
            _body("demo:bad:fax", "fax"),
            Reason.ATTEMPTS_EXHAUSTED,
            Outcome.EXHAUSTED,
        ),
        *_unusable(),
        *_misled(),
        *_refused_by_chime(),
        *_in_vain(),
        BadJob(
            "the id of another job",
            _body("demo:orders:1", "orders", content="Order 8812 has been cancelled"),
            Reason.ID_CONFLICT,
            outcome=None,
        ),
    ]


def _unusable() -> list[BadJob]:
    """Bodies that are no jobs, or break a rule of the job."""
    s3_event = json.dumps({"Records": [], "Event": "s3:TestEvent", "Service": "Amazon S3"})
    misspelt = json.dumps({"id": "demo:bad:field", "channel": "orders", "message": {"contant": "hello"}})
    return [
        BadJob(
            "no JSON", '{"id": "demo:bad:json", "channel": "orders", "message": ', Reason.UNREADABLE, None
        ),
        BadJob("JSON, but no job", s3_event, Reason.NOT_A_JOB, None),
        BadJob("a misspelt field", misspelt, Reason.INVALID_JOB),
        BadJob("4097 bytes", _body("demo:bad:size", content="x" * 4097), Reason.CONTENT_TOO_LARGE),
        BadJob(
            "1025 bytes of metadata",
            _body("demo:bad:metadata", message={"metadata": "x" * 1025}),
            Reason.METADATA_TOO_LARGE,
        ),
    ]


def _misled() -> list[BadJob]:
    """Jobs for a channel, or in a name, that this worker has not."""
    return [
        BadJob(
            "another app instance's channel",
            _body("demo:bad:foreign", f"{FOREIGN}/channel/orders"),
            Reason.FOREIGN_CHANNEL,
        ),
        BadJob(
            "a channel that does not exist",
            _body("demo:bad:name", {"name": "No such channel"}),
            Reason.CHANNEL_NOT_FOUND,
        ),
        BadJob(
            "a name that two channels have",
            _body("demo:bad:lunch", {"name": TWO_OF_A_NAME}),
            Reason.AMBIGUOUS_CHANNEL,
        ),
        BadJob(
            "in somebody else's name", _body("demo:bad:boss", bearer="the-boss"), Reason.BEARER_NOT_ALLOWED
        ),
    ]


def _refused_by_chime() -> list[BadJob]:
    """Jobs that only Chime can refuse."""
    return [
        BadJob("in the name of nobody", _body("demo:bad:ghost", bearer=NOBODY), Reason.BEARER_INVALID),
        BadJob(
            "in the name of Ana, who is no member and no admin",
            _body("demo:bad:ana", bearer="ana"),
            Reason.FORBIDDEN_OR_MISSING_CHANNEL,
        ),
        BadJob(
            "for a part of a channel that has none",
            _body("demo:bad:part", message={"sub_channel_id": "00000000-0000-4000-8000-00000000000a"}),
            Reason.BAD_REQUEST,
        ),
    ]


def _in_vain() -> list[BadJob]:
    """Jobs that would change what is not there."""
    update = {"id": "demo:bad:update", "type": "update_message", "channel": "orders"}
    add = {"id": "demo:bad:members", "type": "add_members", "channel": "support", "members": [NOBODY]}
    return [
        BadJob(
            "a change of a message that was never sent",
            json.dumps({**update, "message_of": EXPIRED_ID, "message": {"content": "hello"}}),
            Reason.UNKNOWN_MESSAGE,
        ),
        BadJob("a new member whom Chime does not know", json.dumps(add), Reason.MEMBERS_REFUSED),
    ]


def _body(
    job_id: str,
    channel: Target = "support",
    *,
    content: str = "hello",
    message: Mapping[str, object] | None = None,
    bearer: str | None = None,
) -> str:
    job = {"id": job_id, "channel": channel, "message": {"content": content, **(message or {})}}
    return json.dumps(job if bearer is None else {**job, "bearer": bearer})
