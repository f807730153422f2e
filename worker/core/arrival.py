"""
What a delivery means, given what the ledger holds of its job: the part of `decide` that stands at the door.

    the ledger holds                                      | the delivery is
    ------------------------------------------------------|-----------------------------------------------
    nothing                                               | Accepted: a new job
    nothing, but is younger than the job, received before | Accepted, to be looked for before it is sent
    a row that somebody is working on                     | Busy: later
    an open row of the same job                           | Accepted, where it was left
    … found in the middle of a send                       | Accepted, in doubt; a crash is counted
    an open row of another job under this id              | Conflict
    an end with nothing possibly sent, same delivery      | Settled: settle it again in the same way
    an end with nothing possibly sent, a new enqueueing   | Accepted: it begins again (mended or redriven)
    an end after something was possibly sent, same job    | Settled: a duplicate
    an end after something was possibly sent, other job   | Conflict
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.core.row import Claim, Ended, Row, Sending, Unclear


@dataclass(frozen=True, slots=True)
class Accepted:
    """Work on the job, from this row on."""

    row: Row


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else's hand holds the job, until *until* at most."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """The job has ended already, as *row* says; *duplicate*: by another delivery than this."""

    row: Row
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """The id belongs to another job, which may be in a channel."""


Arrival = Accepted | Busy | Settled | Conflict


def arrive(
    stored: Row | None, fresh: Row, *, now: datetime, call_deadline_s: float, is_live: Callable[[Claim], bool]
) -> Arrival:
    """
    Say what to do with a delivery of the job *fresh*; see the table of this module.

    *fresh* is the row the job would begin with; *is_live* tells whether a claim's holder may be at work.
    A request of a dead worker may still be on its way until *call_deadline_s* after it began.
    """
    if stored is None:
        return Accepted(fresh)
    same_job = stored.payload_hash == fresh.payload_hash
    if isinstance(stored.state, Ended):
        return _after_end(stored, stored.state, fresh, same_job=same_job)
    if stored.claim is not None and is_live(stored.claim):
        return Busy(stored.claim.until)
    if not same_job:
        return Conflict()
    return Accepted(_resumed(stored, fresh, now, call_deadline_s))


def _after_end(stored: Row, ended: Ended, fresh: Row, *, same_job: bool) -> Arrival:
    same_delivery = stored.delivery_id == fresh.delivery_id
    if ended.outcome.possibly_sent or (ended.doubt_since is not None and not same_job):
        return Settled(stored, duplicate=not same_delivery) if same_job else Conflict()
    if same_delivery:
        return Settled(stored, duplicate=False)
    row = replace(fresh, version=stored.version, revision=stored.revision, history=stored.history)
    if ended.doubt_since is not None:
        # The attempt in doubt was that bearer's, in that channel: no other look would find its message.
        state = in_doubt(ended.doubt_since, look_at=fresh.received_at, ended_at=fresh.received_at)
        row = replace(row, state=state, bearer_arn=stored.bearer_arn, listable=stored.listable)
        row = replace(row, channel_arn=stored.channel_arn)
    again = "redriven" if fresh.redrives > stored.redrives else "enqueued again"
    return Accepted(row.noting(again, fresh.received_at))


def _resumed(stored: Row, fresh: Row, now: datetime, call_deadline_s: float) -> Row:
    row = replace(
        stored,
        delivery_id=fresh.delivery_id,
        not_before=fresh.not_before,
        not_after=fresh.not_after,
        drop_at=fresh.drop_at,
        redrives=max(stored.redrives, fresh.redrives),
        context=fresh.context,
        traceparent=fresh.traceparent,
    )
    if isinstance(row.state, Sending):
        # Its worker died, or lost the ledger: nobody knows how far the request came.
        ended_at = max(now, row.state.since + timedelta(seconds=call_deadline_s))
        state = in_doubt(row.state.since, look_at=now, ended_at=ended_at)
        row = replace(row, state=state, crashes=row.crashes + 1).noting("found in the middle of a send", now)
    return row


def in_doubt(since: datetime, *, look_at: datetime, ended_at: datetime) -> Unclear:
    """Describe an attempt of somebody else, begun at *since*, over by *ended_at*: it never counts."""
    return Unclear(since, ended_at, next_look_at=look_at, retry_at=look_at, weight="never")
