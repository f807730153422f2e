"""The row that a job begins with, if the ledger knows nothing of it. It stores nothing."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TypedDict, assert_never

from worker.contract.job import Job
from worker.contract.limits import REDRIVE_COUNT
from worker.contract.rejected import Rejected
from worker.contract.requests import (
    AddMembers,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    Message,
    OfJob,
    RedactMessage,
    RemoveMembers,
    Request,
    UpdateMessage,
)
from worker.contract.targets import ByArn
from worker.core.arrival import in_doubt
from worker.core.changes import parts_of
from worker.core.notice import w3c
from worker.core.row import Ready, Row, State
from worker.loop.gear import Gear
from worker.loop.hand import Held
from worker.ports import Delivery

REDRIVE_DIGITS = 6
"""A longer number is not ours."""


class _About(TypedDict, total=False):
    sub_channel_id: str | None
    message_of: str
    message_id: str
    parts: int


def fresh_row(gear: Gear, held: Held, job: Job) -> Row:
    """Make the row a job begins with, if the ledger knows nothing of it."""
    delivery, request = held.delivery, job.request
    listable = _listable(gear, request)
    state: State = Ready()
    may_be_known_elsewhere = delivery.receive_count > 1 and gear.ledger.created_at > delivery.sent_at
    if isinstance(request, Message) and listable and may_be_known_elsewhere:
        # Received before, and maybe sent, by a worker whose ledger we do not have.
        state = in_doubt(delivery.sent_at, look_at=delivery.received_at, ended_at=delivery.received_at)
    return Row(
        job_id=job.id,
        type=job.type,
        payload_hash=job.payload_hash,
        channel_arn=_channel_arn(gear, job),
        renewable=not isinstance(job.target, ByArn) and not isinstance(request, CreateChannel),
        bearer_arn=job.bearer_arn or gear.identity.bearer_for(gear.resolver.lane_of(job.target)),
        listable=listable,
        **_about(request),
        not_before=job.not_before,
        not_after=job.not_after,
        drop_at=_drop_at(gear, held),
        received_at=delivery.received_at,
        delivery_id=delivery.message_id,
        state=state,
        redrives=_redrives(delivery),
        context=job.context if gear.policy.publishes else None,
        traceparent=traceparent_of(delivery) if gear.policy.publishes else None,
    )


def _channel_arn(gear: Gear, job: Job) -> str:
    """Say which channel a job is for; empty while that has to be found out."""
    if isinstance(job.request, CreateChannel):
        return gear.resolver.lane_of(job.target)
    return gear.resolver.known(job.target) or ""


def _listable(gear: Gear, request: Request) -> bool:
    """Whether a look can ever tell if it was done: at the channel's list for a message."""
    if not isinstance(request, Message):
        return True
    return request.persistence == "PERSISTENT" and gear.identity.marker_style != "off"


def _about(request: Request) -> _About:
    """Say what of a message a job is about, and how many calls it takes."""
    match request:
        case Message():
            return {"sub_channel_id": request.sub_channel_id}
        case UpdateMessage() | RedactMessage() | DeleteMessage():
            if isinstance(request.of, OfJob):
                return {"message_of": request.of.job_id}
            return {"message_id": request.of.message_id, "sub_channel_id": request.sub_channel_id}
        case CreateChannel() | DeleteChannel() | AddMembers() | RemoveMembers():
            return {"parts": parts_of(request)}
        case _:
            assert_never(request)


def _redrives(delivery: Delivery) -> int:
    """Say how often an operator sent the job back: `dlq redrive` counts in an attribute."""
    told = delivery.attributes.get(REDRIVE_COUNT)
    text = told.value if told and isinstance(told.value, str) else ""
    return int(text) if text.isdecimal() and len(text) <= REDRIVE_DIGITS else 0


def traceparent_of(delivery: Delivery) -> str | None:
    """Return the trace context that came with a delivery, as W3C writes it: what is none may be long."""
    told = delivery.attributes.get("traceparent")
    return w3c(told.value if told and isinstance(told.value, str) else delivery.trace_header or "")


def _drop_at(gear: Gear, held: Held) -> datetime | None:
    """Say when SQS is about to drop the job: an hour before, or a tenth of a short retention."""
    if gear.retention_s is None:
        return None
    return held.delivery.sent_at + timedelta(seconds=gear.retention_s - min(3600.0, gear.retention_s / 10))


def nameless_row(gear: Gear, held: Held, rejected: Rejected) -> Row:
    """Make the row of a body that is no job: it has an id at best."""
    return Row(
        job_id=rejected.job_id or "",
        payload_hash=hashlib.sha256(held.delivery.body.encode(errors="surrogatepass")).hexdigest(),
        channel_arn="",
        bearer_arn=gear.identity.pool[0],
        listable=False,
        received_at=held.delivery.received_at,
        delivery_id=held.delivery.message_id,
        traceparent=traceparent_of(held.delivery),
    )
