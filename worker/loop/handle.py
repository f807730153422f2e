"""
Handles one delivery: finds out what it is, works on its job, and says how the delivery is settled.

It never raises an Exception: a fault of ours is logged and the job kept, so that no neighbour is harmed.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, assert_never

import structlog

from worker.contract.job import Job
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.contract.rejected import OutcomeCameHome, Rejected
from worker.core import decide
from worker.core.arrival import Accepted, Arrival, Busy, Conflict, Settled, arrive
from worker.core.notice import notice_of
from worker.core.row import Claim, Ended, Row, Unclear
from worker.core.settlement import DeadLetter, Delete, Letter, Release, Settlement, settlement_for
from worker.core.steps import Send
from worker.loop.fresh import fresh_row, nameless_row, traceparent_of
from worker.loop.gear import Gear
from worker.loop.hand import Held
from worker.loop.leaving import Move, Park
from worker.loop.limits import HOLD_S
from worker.loop.publish import NotPublished
from worker.loop.work import Overtaken, Work
from worker.ports import LedgerUnavailable, RowUnreadable

log = structlog.get_logger()

BUSY_S = 5.0
"""How long a job goes back to the queue whose holder still has not let go of it."""
BUSY_LOOK_S = 1.0
LEDGER_OUT_S = 30.0
BUG_S = 30.0
BUG_RECEIVES = 10
"""A job that meets a fault of ours goes to the dead letter queue after so many receives."""


async def handle(gear: Gear, held: Held) -> Settlement | Park | Move:
    """Work on a delivery until it is known how it leaves the hand, or which lane it belongs into."""
    try:
        if isinstance(held.job, Rejected):
            return await _reject(gear, held, held.job, nameless_row(gear, held, held.job))
        return await _handle_job(gear, held, held.job)
    except NotPublished:
        return Release()  # its end is recorded, and published when it comes again
    except RowUnreadable as fault:
        log.warning("ledger.row_unreadable", cause=str(fault))
        return Release(LEDGER_OUT_S)
    except LedgerUnavailable as fault:
        gear.intake.failed("ledger", str(fault))
        return Park(LEDGER_OUT_S)
    except Exception as error:
        return await _bug(gear, held, error)


async def _handle_job(gear: Gear, held: Held, job: Job) -> Settlement | Park | Move:
    fresh = fresh_row(gear, held, job)
    claim_id = uuid.UUID(int=gear.rng.getrandbits(128)).hex
    gear.live_claims.add(claim_id)
    try:
        return await _work_on(gear, held, job, fresh, claim_id=claim_id)
    finally:
        gear.live_claims.discard(claim_id)


async def _work_on(
    gear: Gear, held: Held, job: Job, fresh: Row, *, claim_id: str
) -> Settlement | Park | Move:
    """Begin with what the ledger holds of the job; again, whenever somebody else has changed that."""
    loop = asyncio.get_running_loop()
    patience_ends_at = loop.time() + HOLD_S

    def is_live(claim: Claim) -> bool:
        return claim.id != claim_id and gear.is_live(claim)

    is_allowed = gear.identity.may_speak_for(fresh.bearer_arn)
    standing = None if is_allowed and _is_news(gear, held, fresh) else await gear.ledger.read(job.id)
    while True:
        arrival = _arrive(gear, standing, fresh, is_live)
        match arrival:
            case Accepted() if not is_allowed:
                reason = Reason.BEARER_NOT_ALLOWED
                return await _reject(gear, held, Rejected(reason, reason.sentence, job_id=job.id), fresh)
            case Accepted(row):
                try:
                    end = await Work(gear, held, job, row, claim_id=claim_id).until_settled()
                except Overtaken as overtaken:
                    standing = overtaken.standing
                    continue
                return await _newly_ended(gear, held, end) if isinstance(end, Row) else end
            case Settled(row, duplicate):
                await _publish(gear, held, row, kind="duplicate")
                return _ended(gear, held, row, duplicate=duplicate)
            case Busy():
                # It keeps its place, and its channel waits: what its holder sends comes first.
                if gear.stopping.requested or loop.time() > patience_ends_at:
                    return Park(BUSY_S)
                await gear.stopping.sleep(BUSY_LOOK_S)
                standing = await gear.ledger.read(job.id)
            case Conflict():
                reason = Reason.ID_CONFLICT
                return await _refuse(gear, held, fresh, Rejected(reason, reason.sentence, job_id=job.id))
            case _:
                assert_never(arrival)


def _is_news(gear: Gear, held: Held, fresh: Row) -> bool:
    """Whether the ledger need not be read first: the claim of a new job finds out what stands in its way."""
    return (
        held.delivery.receive_count == 1 and decide.next_step(fresh, gear.clock.now(), gear.policy) == Send()
    )


def _arrive(gear: Gear, standing: Row | None, fresh: Row, is_live: Callable[[Claim], bool]) -> Arrival:
    deadline_s = gear.limits.call_deadline_s
    return arrive(standing, fresh, now=gear.clock.now(), call_deadline_s=deadline_s, is_live=is_live)


async def _reject(gear: Gear, held: Held, rejected: Rejected, row: Row) -> Settlement:
    """
    Record why a job can never be sent, and dead-letter it.

    Nothing is recorded where the id belongs to another job. If an attempt of this one is in doubt, its end
    says so, and whoever redrives the job looks first.
    """
    now = gear.clock.now()
    standing = await gear.ledger.read(row.job_id) if row.job_id else None
    arrival = _arrive(gear, standing, row, gear.is_live)
    if isinstance(arrival, Settled):
        await _publish(gear, held, arrival.row, kind="duplicate")
        return _ended(gear, held, arrival.row, duplicate=arrival.duplicate)
    if row.job_id and isinstance(arrival, Accepted):
        state = arrival.row.state
        doubt_since = state.since if isinstance(state, Unclear) else None
        ended = Ended(Outcome.REJECTED, now, rejected.reason, rejected.detail, doubt_since=doubt_since)
        row = decide.end(arrival.row, ended)
        await gear.ledger.put(row)
        gear.intake.works("ledger")
    return await _refuse(gear, held, row, rejected)


async def _refuse(gear: Gear, held: Held, row: Row, rejected: Rejected) -> DeadLetter:
    """
    Publish a rejection, and dead-letter the job.

    What is not recorded under its id has revision 0: the job that the id belongs to may still be to end.
    """
    if not isinstance(rejected, OutcomeCameHome):  # an outcome of an outcome would go in circles
        if not isinstance(row.state, Ended):
            ended = Ended(Outcome.REJECTED, gear.clock.now(), rejected.reason, rejected.detail)
            row = replace(row, state=ended, revision=0 if row.job_id else 1)
        await _publish(gear, held, row, kind="first")
    return _letter(gear, rejected)


async def _publish(gear: Gear, held: Held, row: Row, *, kind: Literal["first", "duplicate"]) -> None:
    """Publish how a job ended, before its delivery leaves the queue; what it echoes is in the delivery."""
    if not gear.policy.publishes:
        return
    context = row.context if isinstance(held.job, Rejected) else held.job.context
    delivery = held.delivery
    notice = notice_of(
        row,
        context=context,
        traceparent=traceparent_of(delivery),
        delivery=f"{delivery.message_id} {delivery.receive_count}",
        kind=kind,
    )
    await gear.publisher.publish(notice)


def _letter(gear: Gear, rejected: Rejected) -> DeadLetter:
    log.info(
        "job.ended", job_id=rejected.job_id, outcome=Outcome.REJECTED.value, reason=rejected.reason.value
    )
    return DeadLetter(
        Letter(
            reason=rejected.reason,
            detail=rejected.detail,
            job_id=rejected.job_id,
            attempts=0,
            first_failed_at=gear.clock.now(),
        )
    )


async def _newly_ended(gear: Gear, held: Held, row: Row) -> Settlement:
    await _publish(gear, held, row, kind="first")
    if isinstance(row.state, Ended) and not row.state.outcome.goes_to_dead_letter_queue:
        gear.tally.ended[row.state.outcome] += 1
    return _ended(gear, held, row)


def _ended(gear: Gear, held: Held, row: Row, *, duplicate: bool = False) -> Settlement:
    """Write the one line of a job's end, and say how its delivery leaves the queue."""
    ended = row.state
    if isinstance(ended, Ended):
        log.info(
            "job.ended",
            job_id=row.job_id,
            channel_arn=row.channel_arn,
            outcome=ended.outcome.value,
            reason=ended.reason.value if ended.reason else None,
            message_id=row.message_id,
            attempts=row.attempts,
            receive_count=held.delivery.receive_count,
            age_s=round((gear.clock.now() - held.delivery.sent_at).total_seconds(), 3),
            **({"duplicate": True} if duplicate else {}),
        )
    return Delete() if duplicate else settlement_for(row)


async def _bug(gear: Gear, held: Held, error: Exception) -> Settlement:
    """Keep a job that met a fault of ours; tell its place."""
    job_id = held.job.job_id if isinstance(held.job, Rejected) else held.job.id
    log.error("job.failed", job_id=job_id, exc_info=error)  # the logs show where, never what the error says
    if held.delivery.receive_count < BUG_RECEIVES:
        return Release(BUG_S)
    detail = f"{Reason.BUG.sentence} ({type(error).__name__})"
    rejected = Rejected(Reason.BUG, detail, job_id=job_id)
    row = nameless_row(gear, held, rejected)
    try:
        return await _reject(gear, held, rejected, row)
    except Exception:  # the fault is where an end is recorded or published
        return _letter(gear, rejected)
