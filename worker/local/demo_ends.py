"""The right ends of the demo's jobs: what the world must show of each, and what must be told of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason


@dataclass(frozen=True, slots=True)
class Arrives:
    """The message must be in the channel of that title exactly once, and not before its time."""

    channel: str
    content: str = field(repr=False)
    """What it reads in the end, after channel flow and changes."""
    not_before: datetime | None = None
    outcome: Outcome = Outcome.DELIVERED


@dataclass(frozen=True, slots=True)
class StaysAway:
    """The message must be in no channel: it had expired, was denied by the flow, or deleted later."""

    content: str = field(repr=False)
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The body must be in the dead letter queue exactly once, with this reason."""

    reason: Reason
    outcome: Outcome | None = Outcome.REJECTED
    """None if its end is told under no id, or under that of another job."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A message's text, a member's id, a channel's title, or an operation that succeeded there."""

    kind: Literal["message", "member", "channel", "call"]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The channel of that title must show what the job *brought*, and no more what it *took* away."""

    channel: str
    brought: Fact
    took: Fact | None = None
    outcome: Outcome = Outcome.DONE


End = Arrives | StaysAway | DeadLetters | Changes


@dataclass(frozen=True, slots=True)
class DemoJob:
    """
    A job as its producer enqueues it, *copies* times, and its right end. *what* describes it to people.

    *id* is what it has in the ledger: None if none can be read.
    """

    what: str
    body: str = field(repr=False)
    end: End
    copies: int = 1
    id: str | None = None
