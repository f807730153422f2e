"""An outcome as it is published, made out of a job's row. It reads no clock and publishes nothing."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from worker.core.row import Ended, Row

GROUP_CHARS = 128
"""SQS and SNS take no longer MessageGroupId."""
_NO_GROUP = "backend-worker"

_W3C = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_AWS = re.compile(
    r"Root=1-(?P<time>[0-9a-f]{8})-(?P<rest>[0-9a-f]{24});Parent=(?P<parent>[0-9a-f]{16})"
    r"(?:;Sampled=(?P<sampled>[01?]))?(?:;.*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One outcome on its way to its readers."""

    body: str = field(repr=False)
    """The JSON of `worker.contract.outcome_body`, in ASCII: every queue takes it."""
    outcome: str
    reason: str | None
    channel_arn: str | None
    finished_at: datetime
    group_id: str
    """Where order matters: the outcomes of one channel, else of one job, stay in order."""
    deduplication_id: str
    """The same for the repetition of one publication, another for every other."""


def notice_of(
    row: Row,
    *,
    context: str | None,
    traceparent: str | None,
    delivery: str,
    kind: Literal["first", "duplicate"],
) -> Notice:
    """
    Write the outcome of a job that has ended; raise ValueError if it has not.

    *context* is compact JSON. *traceparent* is what came with the job: W3C's or AWS's trace header, or
    something else, which is left out. *delivery* tells this receive of the job from every other; it is
    empty where none is behind the outcome. A group id longer than 128 characters, as of most channel
    ARNs, is replaced by its SHA-256 in hex.
    """
    ended = row.state
    if not isinstance(ended, Ended):
        raise ValueError(f"job {row.job_id} has no end yet")
    values = {
        "outcome": ended.outcome.value,
        "final": ended.outcome.is_final,
        "revision": row.revision,
        "reason": ended.reason.value if ended.reason else None,
        "detail": ended.detail,
        "channel_arn": row.channel_arn or None,
        "message_id": row.message_id,
        "attempts": row.attempts,
        "received_at": _stamp(row.received_at),
        "finished_at": _stamp(ended.at),
        "traceparent": w3c(traceparent or ""),
        "duplicate": True if kind == "duplicate" else None,
    }
    present = {name: value for name, value in values.items() if value is not None}
    echoed = {} if context is None else {"context": json.loads(context)}
    body = _json({"version": 1, "job_id": row.job_id or None} | present | echoed)
    return Notice(
        body=body,
        outcome=ended.outcome.value,
        reason=ended.reason.value if ended.reason else None,
        channel_arn=row.channel_arn or None,
        finished_at=ended.at,
        group_id=_group_id(row.channel_arn or row.job_id or row.delivery_id or _NO_GROUP),
        deduplication_id=_sha256(f"{delivery}\n{body}"),
    )


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def w3c(told: str) -> str | None:
    """Return a trace context as W3C writes it, or None if *told* is none."""
    if _W3C.fullmatch(told):
        return told
    if found := _AWS.fullmatch(told):
        flags = "01" if found["sampled"] == "1" else "00"
        return f"00-{found['time']}{found['rest']}-{found['parent']}-{flags}"
    return None


def _group_id(name: str) -> str:
    return name if len(name) <= GROUP_CHARS else _sha256(name)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
