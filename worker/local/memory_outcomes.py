"""The in-memory twin of the targets of outcomes, with faults on demand. It keeps what it took, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from worker.core.notice import Notice
from worker.ports import OutcomesUnavailable

OutcomesTrouble = Literal["before", "after", "partly"]
"""A call fails before it takes effect, or after it, with its answer; or it takes every other notice."""


def no_trouble() -> OutcomesTrouble | None:
    """Let every call through."""
    return None


class MemoryOutcomes:
    """Outcomes in a list; *trouble* is asked once for each call. FIFO targets swallow repetitions."""

    def __init__(
        self,
        kind: Literal["standard", "fifo"] = "standard",
        *,
        trouble: Callable[[], OutcomesTrouble | None] = no_trouble,
    ) -> None:
        self._kind = kind
        self._trouble = trouble
        self._seen: set[str] = set()
        self.published: list[Notice] = []

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        """Take up to ten; return the positions of those not taken."""
        trouble = self._trouble()
        if trouble == "before":
            raise OutcomesUnavailable("lost on the way there")
        step = 2 if trouble == "partly" else 1
        for notice in notices[::step]:
            if self._kind == "standard" or notice.deduplication_id not in self._seen:
                self.published.append(notice)
            self._seen.add(notice.deduplication_id)
        if trouble == "after":
            raise OutcomesUnavailable("lost on the way back")
        return [n for n in range(len(notices)) if n % step]
