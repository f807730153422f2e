"""What a reply makes of a row: the second table of `worker.core.decide`, which is the door to this. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import assert_never

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.backoff import delay_after
from worker.core.ends import end, grace_end
from worker.core.policy import Policy
from worker.core.replies import (
    Absent,
    Cause,
    Done,
    Joined,
    Located,
    NoReply,
    NotNow,
    Refused,
    Reply,
    Resolved,
    Seen,
    SendStatus,
    Sent,
)
from worker.core.row import Ended, Ready, Row, Sending, State, Unclear, Weight

GLANCES = (0.0, 0.1, 0.3)
"""When to look before the grace is over, in parts of it: the first glance settles most lost replies."""

GONE = (Reason.FORBIDDEN_OR_MISSING_CHANNEL, Reason.CHANNEL_NOT_FOUND)
"""What a refusal says if the channel may not be there any more."""

RIGHTS = (*GONE, Reason.NOT_A_MEMBER, Reason.BEARER_INVALID)
"""What a refusal says if the bearer may be missing, or a right of it."""

THROTTLED_CAP_S = 5.0
"""The backoff after a 429 grows no longer than this: the pace gives way as well, and recovers in seconds."""

TOOK: Mapping[SendStatus, Outcome] = {
    "SENT": Outcome.DELIVERED,
    "PENDING": Outcome.ACCEPTED,
    "FAILED": Outcome.FAILED,
    "DENIED": Outcome.DENIED,
}
"""How a job ends whose message is there, by what a channel flow has made of it so far."""

SOON_OVER = (Cause.THROTTLED, Cause.SEND_TO_COME)
SHOWN_MEMBERS = 10
"""So many members that Chime refused are named in the detail of an end."""


def after(row: Row, reply: Reply, *, now: datetime, policy: Policy, rng: Random) -> Row:
    """Make the next row out of what a call came to; see the second table of this module."""
    if isinstance(row.state, Ended):
        raise ValueError(f"job {row.job_id} is over")
    match reply:
        case Sent():
            return _after_sent(row, reply, now)
        case Seen() | Absent():
            return _after_look(row, reply, now, policy)
        case Done():
            return _after_part(row, reply, now)
        case Joined() | Resolved() | Located():
            return _after_progress(row, reply, now)
        case Refused(Reason.BEARER_INVALID, detail) if row.bearer_arn in policy.own_bearer_arns:
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
    since = row.state.since if isinstance(row.state, Sending) else None
    row = replace(row, message_id=sent.message_id, attempts=row.attempts + 1, setbacks=0)
    return end(row.noting("sent", now), Ended(TOOK[sent.status], now, since=since))


def _after_part(row: Row, done: Done, now: datetime) -> Row:
    row = replace(
        row,
        parts_done=row.parts_done + 1,
        members_count=row.members_count + done.members_count,
        refused_count=row.refused_count + len(done.refused),
        refused=(*row.refused, *done.refused)[:SHOWN_MEMBERS],
        setbacks=0,
    )
    if row.parts_done < row.parts:
        return replace(row, state=Ready(), attempts=0, crashes=0)
    row = replace(row, attempts=row.attempts + 1)
    if not row.refused_count:
        return end(row, Ended(Outcome.DONE, now))
    more = ", …" if row.refused_count > len(row.refused) else ""
    detail = (
        f"{row.members_count - row.refused_count} of {row.members_count} members were added; "
        f"Chime refused {', '.join(row.refused)}{more}"
    )
    if row.refused_count < row.members_count:
        return end(row, Ended(Outcome.DONE, now, detail=detail))
    return end(row, Ended(Outcome.REJECTED, now, Reason.MEMBERS_REFUSED, detail))


def _after_progress(row: Row, reply: Joined | Resolved | Located, now: datetime) -> Row:
    match reply:
        case Joined():
            return replace(row, repair="done", setbacks=0).noting("joined the channel", now)
        case Resolved(channel_arn):
            return replace(row, channel_arn=channel_arn, setbacks=0).noting("resolved", now, channel_arn)
        case Located(message_id, sub_channel_id, sender_arn):
            row = replace(row, message_id=message_id, sub_channel_id=sub_channel_id, setbacks=0)
            row = replace(row, bearer_arn=sender_arn or row.bearer_arn)
            return row.noting("located", now, message_id)
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
    return end(row, Ended(Outcome.REJECTED, now, refused.reason, _explained(row, refused)))


def _explained(row: Row, refused: Refused) -> str:
    """Say what was refused; if for want of a right, to whom, in which channel, and what tells more."""
    if refused.reason not in RIGHTS or not row.channel_arn:
        return refused.detail
    command = f"backend-worker doctor --channel {row.channel_arn} --bearer {row.bearer_arn}"
    return f"{refused.detail} (what that bearer may do there: {command})"


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


def _after_look(row: Row, seen: Seen | Absent, now: datetime, policy: Policy) -> Row:
    unclear = row.state
    if not isinstance(unclear, Unclear):
        raise ValueError(f"job {row.job_id} was not in doubt")
    row = replace(row, attempts=row.attempts + _uncounted(unclear))
    match seen:
        case Seen(message_id, status):
            row = replace(row, message_id=message_id).noting("seen in the channel", now, message_id)
            return end(row, Ended(TOOK[status], now, since=unclear.since))
        case Absent():
            return _after_absence(row, unclear, seen, now=now, policy=policy)
        case _:
            assert_never(seen)


def _after_absence(row: Row, unclear: Unclear, absent: Absent, *, now: datetime, policy: Policy) -> Row:
    if absent.whole and absent.asked_at >= grace_end(unclear, policy):
        return replace(row, state=Ready(unclear.retry_at)).noting("not in the channel", now)
    weight: Weight = "counted" if unclear.weight == "if_looked" else unclear.weight
    looks = unclear.looks + 1
    grace = timedelta(seconds=policy.grace_s)
    glances = (unclear.ended_at + grace * part for part in GLANCES[looks:])
    next_look_at = next((at for at in glances if at > now), grace_end(unclear, policy))
    return replace(row, state=replace(unclear, weight=weight, looks=looks, next_look_at=next_look_at))


def _after_not_now(row: Row, not_now: NotNow, now: datetime, policy: Policy, rng: Random) -> Row:
    setbacks = row.setbacks + 1
    cap_s = THROTTLED_CAP_S if not_now.cause in SOON_OVER else policy.retry_cap_s
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


def _uncounted(state: State) -> int:
    """1 if a look that worked makes this attempt count now (guarantee 4), else 0."""
    return int(isinstance(state, Unclear) and state.weight == "if_looked")
