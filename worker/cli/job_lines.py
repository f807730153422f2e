"""Jobs as `enqueue` is given them, one a line, checked as the worker will. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from worker.contract.arns import AppInstance
from worker.contract.job import Job, parse_job
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.targets import ByArn, Named, OfMembers, Target
from worker.core.identity import derived_channel_id


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
