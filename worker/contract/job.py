"""The job: what a body asks for, every name resolved to an ARN, every limit checked. No I/O, no clock."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from pydantic import ValidationError

from worker.contract import limits, problems
from worker.contract.arns import AppInstance, resolve_member
from worker.contract.envelopes import opened
from worker.contract.fields import compact
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.requests import Request, asked_by
from worker.contract.targets import Target, hashable_values
from worker.contract.wire import WIRES, JobType, JobWire

_JOB_ID = re.compile(limits.JOB_ID_PATTERN.removeprefix("^").removesuffix("$"))


@dataclass(frozen=True, slots=True)
class Job:
    """A job that can be done. Its context is compact JSON; without a bearer the worker's own is meant."""

    id: str
    type: JobType
    target: Target
    request: Request
    bearer_arn: str | None
    not_before: datetime | None
    not_after: datetime | None
    context: str | None = field(repr=False)
    payload_hash: str


def parse_job(body: str, *, home: AppInstance, sent_at: datetime) -> Job:
    """
    Read a job from an SQS body, bare or wrapped, or raise Rejected with the job's id if that was readable.

    *sent_at* is when the job was enqueued, aware. Whether the bearer is allowed is for the caller to ask.
    """
    value = opened(body)
    try:
        return _resolved(_checked(value), home, sent_at=sent_at)
    except Rejected as rejected:
        raise rejected.of_job(_readable_id(value)) from None


def _readable_id(value: Mapping[str, object]) -> str | None:
    match value.get("id"):
        case str(job_id) if _JOB_ID.fullmatch(job_id):
            return job_id
        case _:
            return None


def _checked(value: dict[str, object]) -> JobWire:
    """Check every field by itself, by the rules of the job's type."""
    match value.get("type"):
        case None:
            kind = "send_message"
        case str(kind) if kind in WIRES:
            pass
        case _:
            raise Rejected(Reason.INVALID_JOB, f"type: must be one of {', '.join(WIRES)}.")
    try:
        return WIRES[kind].model_validate(value)
    except ValidationError as error:
        raise problems.refusal(error, kind) from None  # pydantic's own text would show the body


def _resolved(wire: JobWire, home: AppInstance, *, sent_at: datetime) -> Job:
    """Resolve names to ARNs, and check what only holds between fields or against the time of enqueueing."""
    _check_window(wire, sent_at)
    target, request = asked_by(wire, home)
    bearer_arn = None if wire.bearer is None else resolve_member(wire.bearer, home, field="bearer")
    return Job(
        id=wire.id,
        type=wire.type,
        target=target,
        request=request,
        bearer_arn=bearer_arn,
        not_before=wire.not_before,
        not_after=wire.not_after,
        context=wire.context,
        payload_hash=_payload_hash(wire.type, target, request=request, bearer_arn=bearer_arn),
    )


def _check_window(wire: JobWire, sent_at: datetime) -> None:
    """Refuse a wait that SQS cannot hold, and a window in which nothing can be done."""
    if wire.not_before is None:
        return
    if wire.not_before > sent_at + limits.LONGEST_DELAY:
        detail = (
            "not_before: lies more than 12 h after the enqueueing; let EventBridge Scheduler enqueue later."
        )
        raise Rejected(Reason.INVALID_JOB, detail)
    if wire.not_after is not None and wire.not_after < wire.not_before:
        raise Rejected(Reason.INVALID_JOB, "not_after: lies before not_before, so nothing can ever be done.")


def _payload_hash(kind: JobType, target: Target, *, request: Request, bearer_arn: str | None) -> str:
    """
    Hash what makes two bodies the same job: SHA-256 in hex over compact JSON of the resolved values.

    Absent values are left out, so that a field added later does not change the hash of the jobs without it.
    """
    channel, part = hashable_values(target), "message" if kind == "send_message" else "request"
    values = {"type": kind, "channel": channel, part: asdict(request), "bearer": bearer_arn}
    return hashlib.sha256(compact(_present(values)).encode()).hexdigest()


def _present(value: object) -> object:
    """Leave out absent values at every level."""
    match value:
        case dict():
            return {name: _present(each) for name, each in value.items() if each is not None}
        case _:
            return value
