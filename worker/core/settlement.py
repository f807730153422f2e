"""What SQS is told about a delivery when the hand lets go of it. It never talks to SQS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import assert_never

from worker.contract.reasons import Reason
from worker.core.row import Ended, Row

MAX_VISIBILITY_S = 43_200
"""SQS hides a message for at most 12 h, counted from its receive."""


@dataclass(frozen=True, slots=True)
class Delete:
    """The job has its end in the ledger: the delivery is not needed any more."""


@dataclass(frozen=True, slots=True)
class Release:
    """The job goes back to the queue, to be received again after *after_s*."""

    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a dead letter says beside the body: the six attributes of the contract, section 5."""

    reason: Reason
    detail: str
    job_id: str | None
    attempts: int
    first_failed_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The job goes to the dead letter queue with its reason, and then leaves the source queue."""

    letter: Letter


Settlement = Delete | Release | DeadLetter


def visibility_after(settlement: Settlement) -> int | None:
    """Seconds until the job is visible again; None if it leaves the queue."""
    match settlement:
        case Release(after_s=delay_s):
            return min(max(0, ceil(delay_s)), MAX_VISIBILITY_S)
        case Delete() | DeadLetter():
            return None
        case _:
            assert_never(settlement)


def settlement_for(row: Row) -> Delete | DeadLetter:
    """Say how the delivery of an ended job leaves the queue."""
    if not isinstance(row.state, Ended):
        raise ValueError(f"job {row.job_id} has no end yet")
    ended = row.state
    if not ended.outcome.goes_to_dead_letter_queue:
        return Delete()
    reason = ended.reason or Reason.BUG  # never without a reason: a job would leave the queue silently
    return DeadLetter(
        Letter(
            reason=reason,
            detail=ended.detail or reason.sentence,
            job_id=row.job_id,
            attempts=row.attempts,
            first_failed_at=row.first_failed_at or ended.at,
        )
    )
