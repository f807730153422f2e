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
    Ready    | the bearer has to join the channel first       | Join
    Ready    |                                                | Send

`after(row, reply, now, policy, rng)` turns it into the next row:

    state    | reply                                          | becomes
    ---------|------------------------------------------------|-------------------------------------------
    any      | Refused: the default bearer is invalid         | as NotNow: no job is at fault
    Sending  | Sent                                           | Ended: delivered, accepted, failed or denied
    Sending  | Refused, repairable, not repaired yet          | Ready, Join first; no attempt counts
    Sending  | Refused, a channel found by name is gone       | Ready, Resolve first; no attempt counts
    Sending  | Refused                                        | Ended rejected
    Sending  | NoReply                                        | Unclear
    Sending  | NotNow                                         | Ready after the backoff; no attempt counts
    Unclear  | Seen                                           | Ended delivered
    Unclear  | Absent, whole, asked after the grace           | Ready: it is proved that nothing was stored
    Unclear  | Absent, a glance or too early                  | Unclear, the next look later
    Unclear  | Refused, repairable, not repaired yet          | Unclear, Join first
    Unclear  | Refused                                        | Ended unverifiable
    Unclear  | NotNow                                         | Unclear, the next look after the backoff
    Ready    | Refused, a channel found by name is gone       | Ready, Resolve first; no attempt counts
    Ready    | Refused (the join, the channel)                | Ended rejected
    Ready    | NotNow (the join, the channel)                 | Ready after the backoff
    any      | Joined                                         | as it was, joined
    any      | Resolved                                       | as it was, in that channel
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import assert_never

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.backoff import delay_after
from worker.core.replies import (
    Absent,
    Cause,
    Joined,
    NoReply,
    NotNow,
    Refused,
    Reply,
    Resolved,
    Seen,
    Sent,
)
from worker.core.row import Ended, Ready, Row, Sending, State, Unclear, Weight
from worker.core.steps import End, Join, Look, Resolve, Send, Step, Wait

GLANCES = (0.0, 0.1, 0.3)
"""When to look before the grace is over, in parts of it: the first glance settles most lost replies."""

GONE = (Reason.FORBIDDEN_OR_MISSING_CHANNEL, Reason.CHANNEL_NOT_FOUND)
"""What a refusal says if the channel may not be there any more."""

THROTTLED_CAP_S = 5.0
"""The backoff after a 429 grows no longer than this: the pace gives way as well, and recovers in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator decided: limits of trying and of trusting lists."""

    max_attempts: int = 8
    max_crashes: int = 5
    retry_base_s: float = 0.5
    retry_cap_s: float = 300.0
    grace_s: float = 10.0
    may_join: bool = True
    default_bearer_arn: str = ""


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
    return Look(unclear.since, whole=now >= _grace_end(unclear, policy))


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


def begin(row: Row, now: datetime) -> Row:
    """Note that an attempt begins: to be stored before the first byte leaves."""
    match row.state:
        case Ready():
            return replace(row, state=Sending(now), sends=row.sends + 1).noting("attempt", now)
        case Sending() | Unclear() | Ended():
            raise ValueError(f"job {row.job_id} cannot be sent while it is {row.state.kind}")
        case _:
            assert_never(row.state)


def end(row: Row, ended: Ended) -> Row:
    """Close a row: the claim is given up, the revision grows."""
    note = ended.reason.value if ended.reason else None
    row = replace(row, state=ended, claim=None, revision=row.revision + 1)
    return row.noting(ended.outcome.value, ended.at, note)


def after(row: Row, reply: Reply, *, now: datetime, policy: Policy, rng: Random) -> Row:
    """Make the next row out of what a call came to; see the second table of this module."""
    if isinstance(row.state, Ended):
        raise ValueError(f"job {row.job_id} is over")
    match reply:
        case Sent():
            return _after_sent(row, reply, now)
        case Seen(message_id):
            row = replace(row, message_id=message_id, attempts=row.attempts + _uncounted(row.state))
            return end(row.noting("seen in the channel", now, message_id), Ended(Outcome.DELIVERED, now))
        case Absent():
            return _after_absence(row, reply, now, policy)
        case Joined() | Resolved():
            return _after_progress(row, reply, now)
        case Refused(Reason.BEARER_INVALID, detail) if row.bearer_arn == policy.default_bearer_arn:
            return _after_not_now(row, NotNow(Cause.BEARER, detail), now, policy, rng)
        case Refused():
            return _after_refusal(row, reply, now, policy)
        case NoReply():
            return _after_no_reply(row, reply, now, policy, rng)
        case NotNow():
            return _after_not_now(row, reply, now, policy, rng)
        case _:
            assert_never(reply)


def _after_sent(row: Row, sent: Sent, now: datetime) -> Row:
    outcome = {
        "SENT": Outcome.DELIVERED,
        "PENDING": Outcome.ACCEPTED,
        "FAILED": Outcome.FAILED,
        "DENIED": Outcome.DENIED,
    }[sent.status]
    row = replace(row, message_id=sent.message_id, attempts=row.attempts + 1, setbacks=0)
    return end(row.noting("sent", now, sent.message_id), Ended(outcome, now))


def _after_progress(row: Row, reply: Joined | Resolved, now: datetime) -> Row:
    match reply:
        case Joined():
            return replace(row, repair="done", setbacks=0).noting("joined the channel", now)
        case Resolved(channel_arn):
            return replace(row, channel_arn=channel_arn, setbacks=0).noting("resolved", now, channel_arn)
        case _:
            assert_never(reply)


def _after_refusal(row: Row, refused: Refused, now: datetime, policy: Policy) -> Row:
    row = row.noting("refused", now, refused.detail)
    repair_it = refused.repairable and policy.may_join and row.repair == "none"
    match row.state:
        case Unclear() if repair_it:
            return replace(row, repair="due")
        case Unclear():
            return end(row, Ended(Outcome.UNVERIFIABLE, now, detail=refused.detail))
        case Sending() if repair_it:
            return replace(row, state=Ready(), repair="due")
        case Sending() | Ready() if row.renewable and row.channel_arn and refused.reason in GONE:
            return replace(row, state=Ready(), channel_arn="", renewable=False, repair="none")
        case Sending():
            row = replace(row, attempts=row.attempts + 1)
        case Ready() | Ended():
            pass  # a join was refused, or the channel
    return end(row, Ended(Outcome.REJECTED, now, refused.reason, refused.detail))


def _after_no_reply(row: Row, lost: NoReply, now: datetime, policy: Policy, rng: Random) -> Row:
    if not isinstance(row.state, Sending):
        raise ValueError(f"job {row.job_id} had no attempt under way")
    weight: Weight
    match lost.others:
        case "succeeded":
            weight = "counted"
        case "none":
            weight = "if_looked"
        case "failed":
            weight = "never"
    if lost.cause is Cause.REDIRECT:  # an outage of the way there, whoever else got through
        weight = "never"
    setbacks = row.setbacks + 1
    retry_at = now + _backoff(setbacks, policy, rng)
    state = Unclear(row.state.since, now, now, retry_at, weight)
    row = row.noting("unclear", now, f"{lost.cause.value}: {lost.detail}")
    return replace(row, state=state, setbacks=setbacks, attempts=row.attempts + (weight == "counted"))


def _after_absence(row: Row, absent: Absent, now: datetime, policy: Policy) -> Row:
    unclear = row.state
    if not isinstance(unclear, Unclear):
        raise ValueError(f"job {row.job_id} was not in doubt")
    row = replace(row, attempts=row.attempts + _uncounted(unclear))
    if absent.whole and absent.asked_at >= _grace_end(unclear, policy):
        return replace(row, state=Ready(unclear.retry_at)).noting("not in the channel", now)
    weight: Weight = "counted" if unclear.weight == "if_looked" else unclear.weight
    looks = unclear.looks + 1
    grace = timedelta(seconds=policy.grace_s)
    glances = (unclear.ended_at + grace * part for part in GLANCES[looks:])
    next_look_at = next((at for at in glances if at > now), _grace_end(unclear, policy))
    return replace(row, state=replace(unclear, weight=weight, looks=looks, next_look_at=next_look_at))


def _after_not_now(row: Row, not_now: NotNow, now: datetime, policy: Policy, rng: Random) -> Row:
    setbacks = row.setbacks + 1
    cap_s = THROTTLED_CAP_S if not_now.cause is Cause.THROTTLED else policy.retry_cap_s
    again_at = now + _backoff(setbacks, replace(policy, retry_cap_s=min(cap_s, policy.retry_cap_s)), rng)
    state: State
    match row.state:
        case Unclear() as unclear:
            state = replace(unclear, next_look_at=again_at)
        case Sending() | Ready():
            state = Ready(again_at)
        case Ended():
            raise ValueError(f"job {row.job_id} is over")
        case _:
            assert_never(row.state)
    return replace(row, state=state, setbacks=setbacks).noting("not now", now, not_now.cause.value)


def _backoff(setbacks: int, policy: Policy, rng: Random) -> timedelta:
    return timedelta(
        seconds=delay_after(setbacks, base_s=policy.retry_base_s, cap_s=policy.retry_cap_s, rng=rng)
    )


def _grace_end(unclear: Unclear, policy: Policy) -> datetime:
    return unclear.ended_at + timedelta(seconds=policy.grace_s)


def _uncounted(state: State) -> int:
    """1 if a look that worked makes this attempt count now (guarantee 4), else 0."""
    return int(isinstance(state, Unclear) and state.weight == "if_looked")
