"""
How other sends of a bearer fared while one ran: to tell a failure of one job from everybody's.

Times are seconds of one monotonic clock, which the caller reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Others = Literal["succeeded", "failed", "none"]
How = Literal["succeeded", "refused", "failed"]

MEMORY_S = 60.0
"""A failure of another job, with no success since, speaks for an outage: quick ones never overlap."""


@dataclass(slots=True)
class _Record:
    begun: int = 0
    running: int = 0
    succeeded_at: float = float("-inf")
    failed_at: dict[str, float] = field(default_factory=dict)
    """The latest failure since that success, by job."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One send under observation."""

    bearer_arn: str
    job_id: str
    began_at: float
    begun_before: int
    running_before: int


class Witness:
    """Keeps one small record a bearer."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def begin(self, bearer_arn: str, job_id: str, now: float) -> Watch:
        """Start to watch a send."""
        record = self._records.setdefault(bearer_arn, _Record())
        record.begun += 1
        record.running += 1
        return Watch(bearer_arn, job_id, now, record.begun, record.running - 1)

    def end(self, watch: Watch, now: float, *, how: How) -> Others:
        """End a watch, and say how other sends of the bearer fared meanwhile, or shortly before."""
        record = self._records[watch.bearer_arn]
        record.running -= 1
        others = self._others(record, watch, now)
        match how:
            case "succeeded":
                record.succeeded_at = now
                record.failed_at.clear()
            case "refused":
                pass  # Chime was there: no sign of an outage
            case "failed":
                record.failed_at = {job: at for job, at in record.failed_at.items() if now - at <= MEMORY_S}
                record.failed_at[watch.job_id] = now
        if not record.running and not record.failed_at:
            del self._records[watch.bearer_arn]  # nothing that the next watch of it could need
        return others

    def _others(self, record: _Record, watch: Watch, now: float) -> Others:
        if record.succeeded_at >= watch.began_at:
            return "succeeded"
        overlapped = watch.running_before > 0 or record.begun > watch.begun_before
        lately = any(job != watch.job_id and now - at <= MEMORY_S for job, at in record.failed_at.items())
        return "failed" if overlapped or lately else "none"
