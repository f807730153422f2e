"""
What one call to Chime can come to: the words that adapters speak and `decide` understands. No logic.

A *send* comes to `Sent | Refused | NoReply | NotNow`, a *look* to `Seen | Absent | Refused | NotNow`,
a *join* to `Joined | Refused | NotNow`, looking up a channel or making it to `Resolved | Refused | NotNow`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from worker.contract.reasons import Reason

SendStatus = Literal["SENT", "PENDING", "FAILED", "DENIED"]


class Cause(StrEnum):
    """Why a call brought no verdict on the job; none of these is the job's fault."""

    THROTTLED = "throttled"
    NO_CONNECTION = "no_connection"
    UNAUTHORIZED = "unauthorized"
    ACCESS_DENIED = "access_denied"
    CREDENTIALS = "credentials"
    CLOCK = "clock"
    REDIRECT = "redirect"
    BEARER = "bearer"
    UNAVAILABLE = "unavailable"
    BROKEN_REPLY = "broken_reply"
    TIMEOUT = "timeout"
    CONFLICT = "conflict"
    SEND_TO_COME = "send_to_come"
    """The message that a job changes is not in its channel yet."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Chime stored the message and named it; *status* is PENDING while a channel flow has it."""

    message_id: str
    status: SendStatus = "SENT"


@dataclass(frozen=True, slots=True)
class Refused:
    """Chime said no and stored nothing. *repairable*: adding the bearer to the channel may help."""

    reason: Reason
    detail: str
    repairable: bool = False


@dataclass(frozen=True, slots=True)
class NoReply:
    """The attempt may have stored the message, or may not: unclear until a look settles it."""

    cause: Cause
    detail: str
    others: Literal["succeeded", "failed", "none"] = "none"
    """How other sends of this bearer fared while this one ran."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing was stored, and the job is not to blame: the same again, later."""

    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A look found the message: this job's marker, sent by this job's bearer; *status* as with Sent."""

    message_id: str
    status: SendStatus = "SENT"


@dataclass(frozen=True, slots=True)
class Absent:
    """
    A look that began at *asked_at* did not find the message.

    *whole*: it read the list back to the beginning of the attempt; else it was a glance at the newest page.
    """

    asked_at: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Joined:
    """The bearer is a member of the channel now, or was one already."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The channel that a job names is there, under this ARN."""

    channel_arn: str


@dataclass(frozen=True, slots=True)
class Done:
    """
    A part of a change is made, or was made before.

    *refused* are the members that Chime did not add, of *members_count* that were asked for, each as
    "ARN: code".
    """

    members_count: int = 0
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A look at what a change was to change found it as before."""


@dataclass(frozen=True, slots=True)
class Located:
    """The message that a job is to change is known: its MessageId, its sub-channel, and who sent it."""

    message_id: str
    sub_channel_id: str | None
    sender_arn: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """What has become of a message that Chime took."""

    status: SendStatus


SendReply = Sent | Refused | NoReply | NotNow
LookReply = Seen | Absent | Refused | NotNow
JoinReply = Joined | Refused | NotNow
ResolveReply = Resolved | Refused | NotNow
ChangeReply = Done | Refused | NoReply | NotNow
ChangeLook = Done | Unchanged | Refused | NotNow
LocateReply = Located | Refused | NotNow
StatusReply = Status | Refused | NotNow
Reply = SendReply | LookReply | JoinReply | ResolveReply | ChangeReply | LocateReply
