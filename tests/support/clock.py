"""The wall clock of a world whose time is the event loop's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class LoopClock:
    """Tells the instant that the running loop's time stands for, plus by how much the clock is wrong."""

    def __init__(self, *, error_s: Callable[[float], float] = lambda elapsed_s: 0.0) -> None:
        self.error_s = error_s

    def now(self) -> datetime:
        elapsed_s = self.elapsed_s()
        return START + timedelta(seconds=elapsed_s + self.error_s(elapsed_s))

    def elapsed_s(self) -> float:
        """Seconds since the world began."""
        return asyncio.get_running_loop().time()
