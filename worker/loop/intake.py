"""Whether new jobs are taken: what failed pauses the intake until a real job proves that it works again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal

import structlog

log = structlog.get_logger()

Needed = Literal["queue", "ledger", "outcomes", "bearer"]
UNREACHABLE: Mapping[Needed, str] = {
    "queue": "queue.unreachable",
    "ledger": "ledger.unreachable",
    "outcomes": "outcomes.unreachable",
    "bearer": "bearer.refused",
}
REACHABLE: Mapping[Needed, str] = {
    "queue": "queue.reachable",
    "ledger": "ledger.reachable",
    "outcomes": "outcomes.reachable",
    "bearer": "bearer.accepted",
}

PROBE_S = (1.0, 2.0, 4.0, 5.0)
"""After so many seconds a single job is received to try again; the last value repeats."""


class Intake:
    """Open, or paused for a cause: something needed that failed. Logs the edges only."""

    def __init__(self) -> None:
        self._paused_at: dict[Needed, float] = {}
        self._tries = 0
        self.is_held = False
        """An operator paused all channels: nothing is received, not even to try."""

    @property
    def cause(self) -> Needed | None:
        """What the intake waits for; None if it is open."""
        return next(iter(self._paused_at), None)

    def failed(self, what: Needed, detail: str) -> None:
        """Note that *what* could not be used."""
        if what not in self._paused_at:
            self._paused_at[what] = asyncio.get_running_loop().time()
            log.error(UNREACHABLE[what], cause=detail)

    def works(self, what: Needed) -> None:
        """Note that *what* was used."""
        if (since := self._paused_at.pop(what, None)) is not None:
            self._tries = 0
            log.info(REACHABLE[what], after_s=round(asyncio.get_running_loop().time() - since, 3))

    def probe_delay_s(self) -> float:
        """Seconds until the next probe of a paused intake."""
        delay_s = PROBE_S[min(self._tries, len(PROBE_S) - 1)]
        self._tries += 1
        return delay_s
