"""How a job stands, by its row, in words and as JSON. What comes next is for `decide` to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import assert_never

from worker.core.decide import next_step
from worker.core.policy import Policy
from worker.core.row import Ended, Ready, Row, Sending, Unclear
from worker.core.steps import End, Join, Look, Resolve, Send, Wait
from worker.terminal import escape


def as_lines(row: Row, now: datetime, policy: Policy) -> Iterator[str]:
    """Tell it for people: one escaped line a fact."""
    facts = {
        "job": row.job_id,
        "channel": row.channel_arn,
        "bearer": row.bearer_arn,
        "state": _state(row),
        **_why(row),
        "next": coming(row, now, policy),
        "attempts": f"{row.attempts} of {policy.max_attempts} counted, {row.sends} begun",
        "message": row.message_id,
        "claim": row.claim and f"in a worker's hand until {stamp(row.claim.until)}, unless that is renewed",
        "received": stamp(row.received_at),
    }
    for name, fact in facts.items():
        if fact:
            yield f"{name:<10}{escape(fact)}"
    yield "timeline"
    for entry in row.history:
        detail = f": {entry.detail}" if entry.detail else ""
        yield escape(f"  {stamp(entry.at)}  {entry.event}{detail}")


def as_json(row: Row, now: datetime, policy: Policy) -> dict[str, object]:
    """Tell it for programs."""
    ended = row.state if isinstance(row.state, Ended) else None
    step = next_step(row, now, policy)
    return {
        "job_id": row.job_id,
        "channel_arn": row.channel_arn,
        "bearer_arn": row.bearer_arn,
        "state": row.state.kind,
        "outcome": ended and ended.outcome,
        "final": ended is not None and ended.outcome.is_final,
        "reason": ended and ended.reason,
        "detail": ended and ended.detail,
        "next": {
            "step": type(step).__name__.lower(),
            "until": stamp(step.until) if isinstance(step, Wait) else None,
            "sentence": coming(row, now, policy),
        },
        "attempts": row.attempts,
        "sends": row.sends,
        "message_id": row.message_id,
        "revision": row.revision,
        "claimed_until": row.claim and stamp(row.claim.until),
        "received_at": stamp(row.received_at),
        "timeline": [
            {"at": stamp(entry.at), "event": entry.event, "detail": entry.detail} for entry in row.history
        ],
    }


def coming(row: Row, now: datetime, policy: Policy) -> str:
    """Say what a worker would do next with the job, under the present policy."""
    step = next_step(row, now, policy)
    match step:
        case End(ended) if ended is row.state and ended.outcome.is_final:
            return "nothing: the job has ended"
        case End(ended) if ended is row.state:
            return "the channel flow decides; this version does not ask how"
        case End(ended):
            return f"the job ends as {ended.outcome}" + (f" ({ended.reason})" if ended.reason else "")
        case Send():
            return "the message is sent"
        case Join():
            return "the bearer is added to the channel"
        case Resolve():
            return "the channel is looked up, or made"
        case Look(since, whole):
            page = f"back to {stamp(since)}" if whole else "at its newest page"
            return f"the channel is listed, {page}, to see whether the last attempt arrived"
        case Wait() if isinstance(row.state, Sending):
            return "Chime's answer to the attempt; if its worker is dead, the channel is listed first"
        case Wait(until):
            return f"nothing before {stamp(until)}; then {coming(row, until, policy)}"
        case _:
            assert_never(step)


def stamp(at: datetime) -> str:
    """Write an instant in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _state(row: Row) -> str:
    match row.state:
        case Ended(outcome, at):
            return f"{outcome}, {'' if outcome.is_final else 'provisionally, '}at {stamp(at)}"
        case Ready():
            return "ready: nothing of it can be in the channel"
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
