"""Jobs as `enqueue` is given them, in words or lines, checked as the worker will. It sends nothing."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from worker.contract.arns import AppInstance
from worker.contract.fields import compact
from worker.contract.job import Job, parse_job
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.targets import ByArn, Named, OfMembers, Target
from worker.core.identity import derived_channel_id

JOB_WORDS = ("type", "bearer", "not_before", "not_after")
CHANNEL_WORDS = ("channel", "channel_name", "members")
MESSAGE_WORDS = ("metadata", "content_type", "persistence")


@dataclass(frozen=True, slots=True)
class GoodLine:
    """A job that the worker will take."""

    number: int
    job: Job
    body: str = field(repr=False)
    channel_id: str
    """Of the channel, or of the one made for its name or members: an ARN is too long for a MessageGroupId."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """What the worker would reject."""

    number: int
    rejected: Rejected

    def __str__(self) -> str:
        """Say it as people read it."""
        return f"line {self.number}: {self.rejected}"


def body_of(args: Namespace, content: str, *, job_id: str) -> str:
    """Write a job's body out of the words of the command line."""
    message = {"content": content, **_given(args, MESSAGE_WORDS)}
    return compact({"id": job_id, "channel": _channel(args), **_given(args, JOB_WORDS), "message": message})


def checked(
    lines: Iterable[bytes], home: AppInstance, *, now: datetime
) -> tuple[list[GoodLine], list[BadLine]]:
    """Check one job a line, empty lines aside, as if it were enqueued at *now*."""
    good: dict[str, GoodLine] = {}
    goods: list[GoodLine] = []
    bads: list[BadLine] = []
    for number, raw in _numbered(lines):
        try:
            body = _decoded(raw)
            job = parse_job(body, home=home, sent_at=now)
            line = GoodLine(number, job, body, _channel_id(job.target, home))
            first = good.setdefault(job.id, line)
            if first.job.payload_hash != job.payload_hash:
                raise Rejected(Reason.ID_CONFLICT, f"Line {first.number} has another job with the same id.")
        except Rejected as rejected:
            bads.append(BadLine(number, rejected))
        else:
            goods.append(line)
    return goods, bads


def _channel(args: Namespace) -> object:
    create = {"create": True} if args.create else {}
    if args.channel_name is not None:
        return {"name": args.channel_name, **create}
    if args.members is not None:
        return {"members": args.members.split(","), **create}
    return args.channel


def _channel_id(target: Target, home: AppInstance) -> str:
    match target:
        case ByArn(arn):
            return arn.rpartition("/")[2]
        case Named() | OfMembers():
            return derived_channel_id(home.arn, target)
        case _:
            assert_never(target)


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip())


def _decoded(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Rejected(Reason.UNREADABLE, "The body is not UTF-8.") from None


def _given(args: Namespace, names: Iterable[str]) -> Mapping[str, str]:
    return {name: value for name in names if (value := getattr(args, name)) is not None}
