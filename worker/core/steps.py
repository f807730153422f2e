"""What `decide` can say next: the steps of a job. They hold no logic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.core.row import Ended


@dataclass(frozen=True, slots=True)
class Send:
    """Send the message now, or make the next part of the change."""


@dataclass(frozen=True, slots=True)
class Look:
    """
    List the channel back to *since*; only the newest page unless *whole*.

    For a change: look at what it was to change.
    """

    since: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Join:
    """Add the bearer to the channel, once."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Find the channel that the job names, or make it."""


@dataclass(frozen=True, slots=True)
class Locate:
    """Ask the ledger for the message that the job changes: another job sent it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before *until*."""

    until: datetime


@dataclass(frozen=True, slots=True)
class End:
    """The job is over: record *ended*, then settle the delivery."""

    ended: Ended


Step = Send | Look | Join | Resolve | Locate | Wait | End
