"""
The heart: what to do next with a job, and what a reply makes of it. Pure.

Nothing else decides about sending again, counting attempts or ending: handling, reconciliation, `status`
and the simulation share it.

`next_step(row, now, policy)` reads a row, top line first:

    state    | and                                            | step
    ---------|------------------------------------------------|-------------------------------------------
    Ended    |                                                | End as recorded
    Unclear  | no list can show the message                   | End unverifiable
    Unclear  | the queue is about to drop the job             | End exhausted: retention_ending
    Unclear  | the next look is due, in a channel not known   | Resolve
    Unclear  | the next look is due, after a join             | Join
    Unclear  | the next look is due                           | Look (whole once the grace has passed)
    Unclear  |                                                | Wait for the next look
    Sending  |                                                | Wait: an attempt is under way
    Ready    | not_after has passed                           | End expired
    Ready    | the queue is about to drop the job             | End exhausted: retention_ending
    Ready    | attempts used up                               | End exhausted: attempts_exhausted
    Ready    | found in the middle of a send too often        | End exhausted: crash_loop
    Ready    | not_before or the backoff lies ahead           | Wait
    Ready    | its channel is not known                       | Resolve
    Ready    | the message that it changes is not known       | Locate
    Ready    | the bearer has to join the channel first       | Join
    Ready    |                                                | Send

`after(row, reply, now, policy, rng)` turns it into the next row:

    state    | reply                                          | becomes
    ---------|------------------------------------------------|-------------------------------------------
    any      | Refused: a bearer of the worker is invalid     | as NotNow: no job is at fault
    Sending  | Sent                                           | Ended: delivered, accepted, failed or denied
    Sending  | Refused, repairable, not repaired yet          | Ready, Join first; no attempt counts
    Sending  | Refused, a channel found by name is gone       | Ready, Resolve first; no attempt counts
    Sending  | Refused                                        | Ended rejected
    Sending  | NoReply                                        | Unclear
    Sending  | NotNow                                         | Ready after the backoff; no attempt counts
    Sending  | Done, and it was the last part                 | Ended: done, or rejected with all its members
    Sending  | Done                                           | Ready for the next part; attempts begin anew
    Unclear  | Done, and it was the last part                 | Ended: done, or rejected with all its members
    Unclear  | Done                                           | Ready for the next part; attempts begin anew
    Unclear  | Seen                                           | Ended: delivered, accepted, failed or denied
    Unclear  | Absent, whole, asked after the grace           | Ready: it is proved that nothing was stored
    Unclear  | Absent, a glance or too early                  | Unclear, the next look later
    Unclear  | Refused, repairable, not repaired yet          | Unclear, Join first
    Unclear  | Refused                                        | Ended unverifiable
    Unclear  | NotNow                                         | Unclear, the next look after the backoff
    Ready    | Refused, a channel found by name is gone       | Ready, Resolve first; no attempt counts
    Ready    | Refused (the join, the channel, the message)   | Ended rejected
    Ready    | NotNow (the join, the channel, the message)    | Ready after the backoff
    any      | Joined                                         | as it was, joined
    any      | Resolved                                       | as it was, in that channel
    any      | Located                                        | as it was, about that message
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.aftermath import after
from worker.core.ends import begin, end, grace_end
from worker.core.policy import Policy
from worker.core.row import Ended, Ready, Row, Sending, Unclear
from worker.core.steps import End, Join, Locate, Look, Resolve, Send, Step, Wait

__all__ = ["after", "begin", "end", "next_step"]


def next_step(row: Row, now: datetime, policy: Policy) -> Step:
    """Say what to do with a job next; see the first table of this module."""
    match row.state:
        case Ended() as ended:
            return End(ended)
        case Unclear() as unclear:
            return _step_in_doubt(row, unclear, now, policy)
        case Sending():
            return Wait(now)
        case Ready() as ready:
            return _step_when_ready(row, ready, now, policy)
        case _:
            assert_never(row.state)


def _step_in_doubt(row: Row, unclear: Unclear, now: datetime, policy: Policy) -> Step:
    if not row.listable:
        return End(
            Ended(Outcome.UNVERIFIABLE, now, detail="It may be in the channel, but no list can show it.")
        )
    if row.drop_at is not None and now >= row.drop_at:
        detail = (
            "The queue was about to drop the job while it was unclear whether its last attempt had arrived."
        )
        return End(Ended(Outcome.EXHAUSTED, now, Reason.RETENTION_ENDING, detail, doubt_since=unclear.since))
    if now < unclear.next_look_at:
        return _wait(row, unclear.next_look_at)
    if not row.channel_arn:
        return Resolve()
    if row.repair == "due":
        return Join()
    return Look(unclear.since, whole=now >= grace_end(unclear, policy))


def _step_when_ready(row: Row, ready: Ready, now: datetime, policy: Policy) -> Step:
    if row.not_after is not None and now > row.not_after:
        return End(Ended(Outcome.EXPIRED, now, detail=f"not_after passed at {row.not_after.isoformat()}."))
    if reason := _exhaustion(row, now, policy):
        return End(Ended(Outcome.EXHAUSTED, now, reason, reason.sentence))
    due_at = max((at for at in (row.not_before, ready.not_until) if at is not None), default=now)
    if now < due_at:
        return _wait(row, due_at)
    if not row.channel_arn:
        return Resolve()
    if row.awaits_message:
        return Locate()
    return Join() if row.repair == "due" else Send()


def _wait(row: Row, until: datetime) -> Wait:
    """Wait, but not until the queue has dropped the job: it must be in hand to become a dead letter."""
    return Wait(until if row.drop_at is None else min(until, row.drop_at))


def _exhaustion(row: Row, now: datetime, policy: Policy) -> Reason | None:
    if row.drop_at is not None and now >= row.drop_at:
        return Reason.RETENTION_ENDING
    if row.attempts >= policy.max_attempts:
        return Reason.ATTEMPTS_EXHAUSTED
    if row.crashes >= policy.max_crashes:
        return Reason.CRASH_LOOP
    return None
