"""
How other sends of a bearer fared while one ran: to tell a failure of one job from everybody's.

Times are seconds of one monotonic clock, which the caller reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Others = Literal["succeeded", "failed", "none"]


@dataclass(slots=True)
class _Record:
    begun: int = 0
    running: int = 0
    succeeded_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Watch:
    """One send under observation."""

    bearer_arn: str
    began_at: float
    begun_before: int
    running_before: int


class Witness:
    """Keeps one small record a bearer; it never looks at a job."""

    def __init__(self) -> None:
        self._records: dict[str, _Record] = {}

    def begin(self, bearer_arn: str, now: float) -> Watch:
        """Start to watch a send."""
        record = self._records.setdefault(bearer_arn, _Record())
        record.begun += 1
        record.running += 1
        return Watch(bearer_arn, now, record.begun, record.running - 1)

    def end(self, watch: Watch, now: float, *, succeeded: bool) -> Others:
        """End a watch, and say how other sends of the bearer fared meanwhile."""
        record = self._records[watch.bearer_arn]
        record.running -= 1
        others_succeeded = record.succeeded_at >= watch.began_at
        if succeeded:
            record.succeeded_at = now
        if others_succeeded:
            return "succeeded"
        return "failed" if watch.running_before or record.begun > watch.begun_before else "none"
