"""
Tells an outage of the worker's own bearers from the trouble of single jobs, and stops the intake for it.

What ends a job counts for nothing here: one bad producer must not stop the rest.
"""

from __future__ import annotations

from worker.core.replies import Cause, Done, NoReply, NotNow, Reply, Sent
from worker.core.row import Row
from worker.loop.intake import Intake

LOST_ACCESS = frozenset({Cause.UNAUTHORIZED, Cause.CREDENTIALS, Cause.CLOCK})
"""Each of these concerns every call: one is enough."""
IN_A_ROW = 10
"""So many sends in a row that came to nothing, in several channels or the only one there is."""
REFUSED_IN_A_ROW = 3
"""AccessDenied may be one channel's: in two channels, and with no success between, it is everybody's."""


class Breaker:
    """Watches the sends of the worker's own bearers."""

    def __init__(self, intake: Intake, *, pool: tuple[str, ...]) -> None:
        self._intake = intake
        self._pool = pool
        self._streak: list[str] = []
        """The channels of the sends that came to nothing since the last success, at most IN_A_ROW."""

    def note(self, row: Row, reply: Reply) -> None:
        """Take note of what a send came to."""
        if row.bearer_arn not in self._pool:
            return
        match reply:
            case Sent() | Done():
                self._streak.clear()
                self._intake.works("bearer")
            case NotNow(cause, detail) if cause in LOST_ACCESS:
                self._intake.failed("bearer", detail)
            case NotNow(Cause.ACCESS_DENIED | Cause.BEARER, detail):
                self._add(row, detail, most=REFUSED_IN_A_ROW, channels=2)
            case NoReply(detail=detail):
                self._add(row, detail, most=IN_A_ROW, channels=1)
            case _:
                pass

    def _add(self, row: Row, detail: str, *, most: int, channels: int) -> None:
        self._streak = [*self._streak[1 - IN_A_ROW :], row.channel_arn]
        if len(self._streak) >= most and len(set(self._streak)) >= channels:
            self._intake.failed("bearer", detail)
