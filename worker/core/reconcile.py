"""
What reconciliation does with a row that is in nobody's hand, and what it makes of the answers. Pure.

The other half of `decide`: what Chime once took is never sent again here, it is only explained.

`errand(row, now)` reads a row, top line first:

    state     | and                               | errand
    ----------|-----------------------------------|---------------------------------------------------
    any       | its outcome is owed               | Publish
    accepted  | the channel flow has had its time | Conclude: unverifiable
    accepted  |                                   | Ask for the message's status; if it is refused, Read
    delivered | not judged, listable              | Read
    Unclear   | a send, listable                  | Read
    any other |                                   | none

What an answer makes of the row (`told`, `read`, `unread`):

    state     | answer                            | becomes
    ----------|-----------------------------------|---------------------------------------------------
    accepted  | status SENT, FAILED, DENIED       | delivered, failed, denied
    accepted  | status PENDING                    | as it was, asked again later
    accepted  | status refused, and listed        | by the status in the list
    accepted  | status refused, and absent        | denied: Chime keeps no denied messages
    delivered | listed                            | judged: confirmed, edited or redacted
    delivered | absent                            | judged: gone
    Unclear   | listed                            | delivered; in a channel flow accepted, failed or denied
    Unclear   | absent                            | ready to be sent when its delivery comes
    any       | absent, but not proved            | as it was, read again later
    any       | the list could not be read        | as it was, read again; in the end closed unjudged

Absence is proved by a list read to its end, and begun when the grace had passed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import assert_never

from worker.contract.outcome import Outcome
from worker.core import decide
from worker.core.evidence import Listed
from worker.core.policy import Policy
from worker.core.replies import Absent, NotNow, Refused, Seen, Status
from worker.core.row import Ended, Ready, Row, Sending, Unclear, Verdict

FLOW_TIME = timedelta(hours=49)
"""A channel flow's processor has 48 h to answer; then Chime promises nothing (processor-setup.html)."""
SOONEST = timedelta(seconds=5)
LATEST = timedelta(hours=1)
"""How long a row rests that nothing was learnt of: as long as it has waited already, between these."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish the row's outcome."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for the status of this message."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Read:
    """Read the channel's list back to *since*."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Conclude:
    """The row ends so, without a call."""

    ended: Ended


Errand = Publish | Ask | Read | Conclude


def errand(row: Row, now: datetime) -> Errand | None:
    """Say what reconciliation does with a row that is due; see the first table of this module."""
    if row.owed:
        return Publish()
    match row.state:
        case Ended(Outcome.ACCEPTED, at) if now >= at + FLOW_TIME:
            detail = "The channel flow did not say within 49 h what became of the message."
            return Conclude(Ended(Outcome.UNVERIFIABLE, now, detail=detail))
        case Ended(Outcome.ACCEPTED) if row.message_id is not None:
            return Ask(row.message_id)
        case Ended(Outcome.DELIVERED) if row.listable and row.verdict is None:
            return Read(since_of(row))
        case Unclear(since) if row.is_send and row.listable and row.channel_arn:
            return Read(since)
        case Ended() | Ready() | Sending() | Unclear():
            return None
        case _:
            assert_never(row.state)


def is_to_be_judged(row: Row) -> bool:
    """Tell whether a row has its final outcome, told to whoever waits for it, and lacks a verdict alone."""
    return not row.owed and isinstance(row.state, Ended) and row.state.outcome is Outcome.DELIVERED


def since_of(row: Row) -> datetime:
    """Say since when the message of a row may be in its channel."""
    match row.state:
        case Ended(since=since):
            return since or row.received_at
        case Unclear(since):
            return since
        case Ready() | Sending():
            return row.received_at
        case _:
            assert_never(row.state)


def scheduled(row: Row, policy: Policy) -> Row:
    """Set when reconciliation has to do with a row first, if ever: it lies in an index by this."""
    match row.state:
        case Unclear(next_look_at=due_at) if row.is_send and row.listable:
            due = max(due_at, row.claim.until) if row.claim else due_at
        case Ended(Outcome.ACCEPTED, at):
            due = at + SOONEST
        case Ended(Outcome.DELIVERED, at) if row.listable and row.verdict is None and policy.reconciles:
            due = at + timedelta(seconds=policy.grace_s)
        case Ended(at=at) if row.owed:
            due = at
        case _:
            return replace(row, due_at=None)
    return replace(row, due_at=due)


def told(row: Row, answer: Status, now: datetime, policy: Policy) -> Row:
    """Make the next row of an accepted one, whose status was told."""
    match answer.status:
        case "PENDING":
            return _later(row, now)
        case "SENT":
            return conclude(row, Ended(Outcome.DELIVERED, now, since=since_of(row)), policy)
        case "FAILED":
            detail = "The channel flow's processor failed, and the flow does not go on without it."
            return conclude(row, Ended(Outcome.FAILED, now, detail=detail), policy)
        case "DENIED":
            return conclude(row, Ended(Outcome.DENIED, now, detail="The channel flow denied it."), policy)
        case _:
            assert_never(answer.status)


def read(
    row: Row, found: Listed | None, absent: Absent, *, now: datetime, policy: Policy, rng: Random
) -> Row:
    """Make the next row of one whose channel was read: *found*, or *absent* as far as that look can prove."""
    match row.state:
        case Unclear():
            reply = Seen(found.message_id, found.status) if found else absent
            new = decide.after(row, reply, now=now, policy=policy, rng=rng)
            if isinstance(new.state, Ended):
                return owing(scheduled(replace(new, context=row.context), policy), policy)
            return _again(new, now)
        case Ended(Outcome.ACCEPTED):
            if found:
                return told(row, Status(found.status), now, policy)
            if not _is_proof(row.state, absent, policy):
                return _later(row, now)
            detail = "It is neither listed nor known any more: the channel flow denied it."
            return conclude(row, Ended(Outcome.DENIED, now, detail=detail), policy)
        case Ended(Outcome.DELIVERED):
            if found is None and not _is_proof(row.state, absent, policy):
                return _later(row, now)
            return replace(row, verdict=_verdict(found), judged_at=now, due_at=None)
        case Ended() | Ready() | Sending():
            return scheduled(row, policy)
        case _:
            assert_never(row.state)


def unread(row: Row, reply: Refused | NotNow, now: datetime) -> Row:
    """Put a row off whose channel could not be read; one that was delivered is closed at last."""
    match row.state:
        case Ended(Outcome.DELIVERED, at) if now >= at + FLOW_TIME:
            return replace(row, due_at=None).noting("not judged", now, "its channel could not be read")
        case _ if isinstance(reply, NotNow):
            return replace(row, due_at=now + SOONEST)  # it is not the row's fault
        case _:
            return _later(row, now)


def conclude(row: Row, ended: Ended, policy: Policy) -> Row:
    """End a row that no delivery stands behind: its outcome is owed until it is published."""
    context = row.context
    return owing(replace(scheduled(decide.end(row, ended), policy), context=context), policy)


def owing(row: Row, policy: Policy) -> Row:
    """Note that a row's outcome is still to be published, if anybody waits for it."""
    if not policy.publishes or not isinstance(row.state, Ended):
        return replace(row, context=None)
    return replace(row, owed=True, due_at=row.state.at)


def paid(row: Row, policy: Policy) -> Row:
    """Note that a row's outcome is published."""
    keep = isinstance(row.state, Ended) and not row.state.outcome.is_final
    return scheduled(replace(row, owed=False, context=row.context if keep else None), policy)


def _verdict(found: Listed | None) -> Verdict:
    if found is None:
        return "gone"
    if found.is_redacted:
        return "redacted"
    return "edited" if found.is_edited else "confirmed"


def _is_proof(ended: Ended, absent: Absent, policy: Policy) -> bool:
    return absent.whole and absent.asked_at >= ended.at + timedelta(seconds=policy.grace_s)


def _again(row: Row, now: datetime) -> Row:
    """Schedule a row that was unclear: looked at in vain, or proved to have sent nothing."""
    match row.state:
        case Unclear(next_look_at=at):
            return replace(row, due_at=max(at, now + SOONEST))
        case _:
            return replace(row, due_at=None)


def _later(row: Row, now: datetime) -> Row:
    match row.state:
        case Ended(at=since) | Unclear(ended_at=since):
            waited = now - since
        case Ready() | Sending():
            waited = SOONEST
        case _:
            assert_never(row.state)
    return replace(row, due_at=now + min(max(waited, SOONEST), LATEST))
