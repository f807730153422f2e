"""Makes the one call of an attempt: a job's message, or a part of its change. It decides nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TypeVar

from worker.contract.job import Job
from worker.contract.reasons import Reason
from worker.contract.requests import (
    ChangeRequest,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    Message,
    RemoveMembers,
)
from worker.contract.targets import ByArn
from worker.core.changes import is_batch
from worker.core.directory import name_of
from worker.core.identity import client_request_token, marker
from worker.core.replies import Cause, ChangeReply, Done, NoReply, NotNow, Refused, SendReply, Sent
from worker.core.row import Row
from worker.core.witness import How
from worker.loop.gear import Gear
from worker.loop.look import look_at
from worker.ports import Change, Outgoing

R = TypeVar("R")
AttemptReply = SendReply | ChangeReply


async def turn_for(gear: Gear, row: Row, job: Job) -> bool:
    """Wait until the attempt may be made; False if the service is stopping."""
    if not isinstance(job.request, Message) and is_batch(job.request, row.parts_done):
        return await gear.turns.for_batch(row.bearer_arn, row.channel_arn)
    return await gear.turns.for_send(row.bearer_arn, row.channel_arn)


async def attempt(gear: Gear, row: Row, job: Job) -> AttemptReply:
    """Make the attempt, and observe how others of its bearer fare meanwhile."""
    loop = asyncio.get_running_loop()
    watch = gear.witness.begin(row.bearer_arn, row.job_id, loop.time())
    reply: AttemptReply | None = None
    try:
        if isinstance(job.request, Message):
            reply = await gear.channels.send(_outgoing(gear, row, job.request))
        else:
            reply = await gear.channels.change(change_of(gear, row, job, job.request))
    finally:
        others = gear.witness.end(watch, loop.time(), how=_how(reply))
    return replace(reply, others=others) if isinstance(reply, NoReply) else reply


async def reconsidered(gear: Gear, row: Row, job: Job, reply: AttemptReply) -> AttemptReply:
    """Find out what two answers mean that have two meanings, by one more call."""
    match reply:
        case Refused() if isinstance(job.request, DeleteMessage | DeleteChannel | RemoveMembers):
            # Chime forbids alike to remove what is gone and what is not ours to remove. Whether a channel
            # is there an admin can tell: the worker's bearer, whoever the job's is.
            if isinstance(job.request, DeleteChannel):
                row = replace(row, bearer_arn=gear.identity.pool[0])
            look = await look_at(gear, row, change_of(gear, row, job, job.request))
            match look:
                case Done() | NotNow():
                    return look
                case None:
                    return NotNow(Cause.UNAVAILABLE, "the worker is stopping")
                case _:
                    return reply
        case _:
            return await blamed(gear, row, job, reply)


async def blamed(gear: Gear, row: Row, job: Job, reply: R) -> R | Refused:
    """
    Find out who is not let in, if that is what *reply* says: a bearer of the job's own, or the worker at all.

    If the worker's is let in at the same time, Chime knows no user of that name, or none any more. What else
    it answers the worker does not matter.
    """
    found_by_us = not row.channel_arn and (isinstance(job.target, ByArn) or job.target.creation is None)
    is_ours = row.bearer_arn in gear.identity.pool or found_by_us
    if is_ours or not isinstance(reply, NotNow) or reply.cause is not Cause.UNAUTHORIZED:
        return reply
    ours, channel_arn = gear.identity.pool[0], row.channel_arn or gear.resolver.lane_of(job.target)
    call = partial(gear.channels.describe_channel, channel_arn, bearer_arn=ours)
    proof = await gear.calls.make(call, bearer_arn=ours, scope=channel_arn)
    is_let_in = proof is not None and not isinstance(proof, NotNow)
    return Refused(Reason.BEARER_INVALID, reply.detail) if is_let_in else reply


def change_of(gear: Gear, row: Row, job: Job, request: ChangeRequest) -> Change:
    """Say what the next part of a job's change asks for."""
    name = ""
    if isinstance(request, CreateChannel):
        target = job.target
        name = request.creation.name or "" if isinstance(target, ByArn) else name_of(target, request.creation)
    return Change(
        channel_arn=row.channel_arn,
        bearer_arn=row.bearer_arn,
        client_request_token=client_request_token(gear.identity.app_instance_arn, row.job_id),
        channel_name=name,
        request=request,
        message_id=row.message_id,
        sub_channel_id=row.sub_channel_id,
        part=row.parts_done,
    )


def _outgoing(gear: Gear, row: Row, message: Message) -> Outgoing:
    identity = gear.identity
    return Outgoing(
        channel_arn=row.channel_arn,
        bearer_arn=row.bearer_arn,
        client_request_token=client_request_token(identity.app_instance_arn, row.job_id),
        marker=marker(identity.app_instance_arn, row.job_id, style=identity.marker_style),
        message=message,
    )


def _how(reply: AttemptReply | None) -> How:
    """Say what an attempt was to the others of its bearer; None: it was cancelled."""
    match reply:
        case Sent() | Done():
            return "succeeded"
        case Refused():
            return "refused"
        case NoReply() | NotNow() | None:
            return "failed"
