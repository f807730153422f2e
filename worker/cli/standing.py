"""
How a job stands, by its row, in words and as JSON.

What comes next is for `worker.core.decide` to say, and what follows its end for `worker.core.reconcile`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

from worker.core import reconcile
from worker.core.decide import next_step
from worker.core.fleet import Roll
from worker.core.policy import Policy
from worker.core.reconcile import Ask, Conclude, Publish, Read
from worker.core.row import Ended, Ready, Row, Sending, Unclear
from worker.core.steps import End, Join, Locate, Look, Resolve, Send, Wait
from worker.terminal import escape

NOBODY = Roll()


def as_lines(row: Row, now: datetime, policy: Policy, *, roll: Roll = NOBODY) -> Iterator[str]:
    """Tell it for people, with what the *roll* knows of its holder and its channel: a line a fact."""
    facts = {
        "job": row.job_id,
        "type": row.type,
        "channel": row.channel_arn,
        "bearer": row.bearer_arn,
        "state": _state(row),
        **_why(row),
        "verdict": row.judged_at and f"{row.verdict}, by the channel's list at {stamp(row.judged_at)}",
        "next": coming(row, now, policy),
        "paused": _pause(row, roll),
        "reconcile": reconciling(row, now),
        "attempts": f"{row.attempts} of {policy.max_attempts} counted, {row.sends} begun",
        "parts": f"{row.parts_done} of {row.parts} calls made" if row.parts > 1 else None,
        "refused": row.refused_count
        and f"{row.refused_count} of {row.members_count} members: {', '.join(row.refused)}",
        "redrives": row.redrives and str(row.redrives),
        "message": row.message_id,
        "claim": _claim(row, roll),
        "received": stamp(row.received_at),
    }
    for name, fact in facts.items():
        if fact:
            yield f"{name:<10}{escape(fact)}"
    yield "timeline"
    for entry in row.history:
        detail = f": {entry.detail}" if entry.detail else ""
        yield escape(f"  {stamp(entry.at)}  {entry.event}{detail}")


def as_json(row: Row, now: datetime, policy: Policy, *, roll: Roll = NOBODY) -> dict[str, object]:
    """Tell it for programs."""
    ended = row.state if isinstance(row.state, Ended) else None
    step = next_step(row, now, policy)
    return {
        "job_id": row.job_id,
        "type": row.type,
        "channel_arn": row.channel_arn,
        "bearer_arn": row.bearer_arn,
        "state": row.state.kind,
        "outcome": ended and ended.outcome,
        "final": ended is not None and ended.outcome.is_final,
        "reason": ended and ended.reason,
        "detail": ended and ended.detail,
        "verdict": row.verdict,
        "judged_at": row.judged_at and stamp(row.judged_at),
        "confirmed_at": stamp(row.judged_at) if row.judged_at and row.verdict == "confirmed" else None,
        "next": {
            "step": type(step).__name__.lower(),
            "until": stamp(step.until) if isinstance(step, Wait) else None,
            "sentence": coming(row, now, policy),
        },
        "paused": _pause(row, roll) is not None,
        "reconciliation": row.due_at
        and {"due_at": stamp(row.due_at), "sentence": reconciling(row, now), "owes_outcome": row.owed},
        "attempts": row.attempts,
        "sends": row.sends,
        "parts": {"made": row.parts_done, "of": row.parts},
        "refused": {"count": row.refused_count, "of": row.members_count, "first": row.refused},
        "redrives": row.redrives,
        "message_id": row.message_id,
        "revision": row.revision,
        "claimed_until": row.claim and stamp(row.claim.until),
        "claimed_by": row.claim and {"worker_id": row.claim.worker_id, "host": _host(row, roll)},
        "received_at": stamp(row.received_at),
        "timeline": [
            {"at": stamp(entry.at), "event": entry.event, "detail": entry.detail} for entry in row.history
        ],
    }


def coming(row: Row, now: datetime, policy: Policy) -> str:
    """Say what a worker would do next with the job, under the present policy."""
    step = next_step(row, now, policy)
    match step:
        case End(ended):
            return _ending(row, ended)
        case Send() if row.is_send:
            return "the message is sent"
        case Send():
            return f"call {row.parts_done + 1} of {row.parts} of the change is made"
        case Join():
            return "the bearer is added to the channel"
        case Resolve():
            return "the channel is looked up, or made"
        case Locate():
            return f"the message of job {row.message_of} is looked up in the ledger"
        case Look():
            return f"{_looking(row, step)}, to see whether the last attempt arrived"
        case Wait() if isinstance(row.state, Sending):
            looking = "the channel is listed" if row.is_send else "what the job changes is looked at"
            return f"Chime's answer to the attempt; if its worker is dead, {looking} first"
        case Wait(until):
            return f"nothing before {stamp(until)}; then {coming(row, until, policy)}"
        case _:
            assert_never(step)


def _ending(row: Row, ended: Ended) -> str:
    if ended is not row.state:
        return f"the job ends as {ended.outcome}" + (f" ({ended.reason})" if ended.reason else "")
    if ended.outcome.is_final:
        return "nothing: the job has ended"
    return "the channel flow decides; reconciliation follows it to its end"


def _looking(row: Row, look: Look) -> str:
    if not row.is_send:
        return "what the job changes is looked at"
    page = f"back to {stamp(look.since)}" if look.whole else "at its newest page"
    return f"the channel is listed, {page}"


def reconciling(row: Row, now: datetime) -> str | None:
    """Say what reconciliation has to do with the job and when; None if nothing."""
    if row.due_at is None:
        return None
    when = f"from {stamp(row.due_at)} on" if row.due_at > now else "as soon as it comes round"
    errand = reconcile.errand(row, max(now, row.due_at))
    match errand:
        case Publish():
            return f"{when}: the outcome is published"
        case Ask():
            return f"{when}: Chime is asked what the channel flow made of the message"
        case Conclude(ended):
            return f"{when}: the job ends as {ended.outcome}"
        case Read() if isinstance(row.state, Unclear):
            return f"{when}: the channel is listed for the message, unless the job comes from the queue first"
        case Read():
            return f"{when}: the channel is listed, to see whether the message still stands there"
        case None:
            return None
        case _:
            assert_never(errand)


def stamp(at: datetime) -> str:
    """Write an instant in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _state(row: Row) -> str:
    match row.state:
        case Ended(outcome, at):
            return f"{outcome}, {'' if outcome.is_final else 'provisionally, '}at {stamp(at)}"
        case Ready():
            return (
                "ready: nothing of it can be in the channel" if row.is_send else "ready: no call is under way"
            )
        case Sending(since):
            return f"sending: an attempt began at {stamp(since)}"
        case Unclear(since):
            return f"unclear: the attempt of {stamp(since)} may have arrived"
        case _:
            assert_never(row.state)


def _why(row: Row) -> dict[str, str | None]:
    match row.state:
        case Ended(reason=reason, detail=detail):
            return {"reason": reason and f"{reason}: {reason.sentence}", "detail": detail}
        case _:
            return {}


def _claim(row: Row, roll: Roll) -> str | None:
    if row.claim is None:
        return None
    worker = row.claim.worker_id and f" of worker {row.claim.worker_id}"
    host = _host(row, roll)
    where = f" on {host}" if host else ""
    return f"in hand{worker}{where} until {stamp(row.claim.until)}, unless that is renewed"


def _host(row: Row, roll: Roll) -> str | None:
    hosts = (each.host for each in roll.members if row.claim and each.id == row.claim.worker_id)
    return next(hosts, None)


def _pause(row: Row, roll: Roll) -> str | None:
    """Say what holds the job back, if an operator does: what has ended is held back by nothing."""
    pauses = () if isinstance(row.state, Ended) else roll.pauses
    for pause in pauses:
        if pause.channel_arn in (None, row.channel_arn):
            return f"{pause.channel_arn or 'all channels'} since {stamp(pause.since)}, until `resume`"
    return None
