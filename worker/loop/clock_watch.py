"""Notices that the wall clock was set: it parts from the event loop's time, which nobody sets."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from worker.ports import Clock

JUMP = timedelta(seconds=1)
"""What is less than this from one look to the next is drift."""


class ClockWatch:
    """Compares the two from look to look."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = self._read()

    def set_forward_by(self) -> timedelta:
        """Say by how much the clock was set forward since the last look; nothing if it was not, or back."""
        before, self._last = self._last, self._read()
        ahead = self._last - before
        return ahead if ahead > JUMP else timedelta(0)

    def _read(self) -> timedelta:
        """How far wall clock and loop time are apart, from wherever either counts."""
        now = self._clock.now()
        return timedelta(seconds=now.timestamp() - asyncio.get_running_loop().time())
