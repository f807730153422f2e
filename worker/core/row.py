"""
The ledger's memory of one job: who works on it, what may have been sent, how it ended. It never acts.

A row is immutable. `worker.core.decide` makes the next row out of the last one; a ledger stores it
under a version, so that a late write by a worker that was paused for long cannot win.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason

HISTORY_LIMIT = 24
FAILURES = frozenset({"refused", "unclear", "not now", "found in the middle of a send"})
"""Events of the timeline that are failures."""

Verdict = Literal["confirmed", "edited", "redacted", "gone"]
"""What a later list showed of a delivered message. *gone*: deleted, aged out or lost, lists cannot tell."""

Weight = Literal["counted", "if_looked", "never"]
"""Does an unclear attempt use up one of the job's attempts? (Contract, guarantee 4.)"""


@dataclass(frozen=True, slots=True)
class Ready:
    """Nothing can be in the channel: the job may be sent, once *not_until* has passed."""

    not_until: datetime | None = None
    kind: Literal["ready"] = "ready"


@dataclass(frozen=True, slots=True)
class Sending:
    """An attempt has begun. Whoever finds this in the ledger after a crash must assume that it arrived."""

    since: datetime
    kind: Literal["sending"] = "sending"


@dataclass(frozen=True, slots=True)
class Unclear:
    """An attempt may have stored the message: look before anything else."""

    since: datetime
    """When the attempt began: the message cannot be older."""
    ended_at: datetime
    """When the attempt ended for us: absence counts only *grace* after this."""
    next_look_at: datetime
    retry_at: datetime
    """Not sent again before this, even if a look has proved absence."""
    weight: Weight
    looks: int = 0
    told_by: str = ""
    """The worker whose clock *ended_at* is read from; others' may differ."""
    kind: Literal["unclear"] = "unclear"


@dataclass(frozen=True, slots=True)
class Ended:
    """How the job ended. Only a provisional end (`accepted`) changes again."""

    outcome: Outcome
    at: datetime
    reason: Reason | None = None
    detail: str | None = None
    doubt_since: datetime | None = None
    """An attempt of that time was never settled: look before this job is ever sent again."""
    since: datetime | None = None
    """When the attempt began that stored the message: it cannot be older."""
    kind: Literal["ended"] = "ended"


State = Annotated[Ready | Sending | Unclear | Ended, Field(discriminator="kind")]
"""Told apart by *kind*: a state that this version does not know is refused, and never read as another one."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's hold on the job while it is in hand."""

    id: str
    until: datetime
    worker_id: str = ""
    """Whose: if that worker is known to be dead, the claim is void before its time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the job's timeline, for `status JOB_ID`."""

    at: datetime
    event: str
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Everything that is remembered of one job. Message text is not."""

    job_id: str
    type: str = "send_message"
    """What the job does: `worker.contract.job.Job.type`."""
    payload_hash: str
    channel_arn: str
    """Empty until the channel that the job names is resolved."""
    bearer_arn: str
    """Fixed by the first delivery: every attempt and every look of this job uses it."""
    listable: bool
    """Can a list ever show this message? NON_PERSISTENT, and no marker: never."""
    sub_channel_id: str | None = None
    message_of: str | None = None
    """The job whose message this one changes, if it does not know the MessageId."""
    parts: int = 1
    """How many calls the job takes: a change of many members is made part by part."""
    parts_done: int = 0
    members_count: int = 0
    refused_count: int = 0
    refused: tuple[str, ...] = ()
    """Members asked for so far, how many Chime did not take, and the first of those: "ARN: code"."""
    renewable: bool = False
    """The channel was named, not given: if it turns out to be gone, it is resolved anew, once."""
    not_before: datetime | None = None
    not_after: datetime | None = None
    drop_at: datetime | None = None
    """When the queue is about to forget the delivery: the job must end before."""
    received_at: datetime
    delivery_id: str
    """SQS MessageId of the delivery handled last."""
    version: int = 0
    """Of the stored row; 0 = not stored yet."""
    claim: Claim | None = None
    state: State = Ready()
    attempts: int = 0
    """Attempts that count (contract, guarantee 4)."""
    sends: int = 0
    """Attempts that were begun, counted or not."""
    setbacks: int = 0
    """Failures in a row: the exponent of the backoff."""
    crashes: int = 0
    """Times this job was found in the middle of a send whose worker had died."""
    repair: Literal["none", "due", "done"] = "none"
    """Adding the bearer to the channel: due after a refusal, and done at most once."""
    message_id: str | None = None
    """Of the message that the job sent, or changes."""
    revision: int = 0
    """Grows with each end, also across reopening: readers of outcomes keep the highest."""
    first_failed_at: datetime | None = None
    redrives: int = 0
    """Times an operator sent this job back from the dead letter queue."""
    verdict: Verdict | None = None
    judged_at: datetime | None = None
    due_at: datetime | None = None
    """When reconciliation has something to do with this row; None: it is closed, or in the queue's care."""
    owed: bool = False
    """Its latest outcome has no delivery behind it, and is not published yet."""
    context: str | None = field(default=None, repr=False)
    """The job's own, as compact JSON, while another outcome can follow that echoes it."""
    traceparent: str | None = None
    history: tuple[Entry, ...] = ()

    @property
    def is_send(self) -> bool:
        """Whether the job sends a message: at most once, and found again in the channel's list."""
        return self.type == "send_message"

    @property
    def awaits_message(self) -> bool:
        """Whether the message that the job changes is not known yet."""
        return self.message_of is not None and self.message_id is None

    def noting(self, event: str, at: datetime, detail: str | None = None) -> Row:
        """Add a line to the timeline, which keeps its first line and the newest ones."""
        history = (*self.history, Entry(at, event, detail))
        if len(history) > HISTORY_LIMIT:
            history = (history[0], *history[-HISTORY_LIMIT + 1 :])
        failed_at = self.first_failed_at or (at if event in FAILURES else None)
        return replace(self, history=history, first_failed_at=failed_at)


_codec = TypeAdapter(Row)


def to_json(row: Row) -> str:
    """
    Write a row as compact JSON text, without what is as by default: DynamoDB counts by the kilobyte.

    So a default of this file may never change its meaning: rows that were written before rest on it.
    """
    values = _codec.dump_python(row, mode="json", exclude_defaults=True)
    values["state"] = {**values.get("state", {}), "kind": row.state.kind}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str | bytes) -> Row:
    """Read what `to_json` of this version, or the one before it, wrote. Raise ValueError if it is no row."""
    return _codec.validate_json(text)
