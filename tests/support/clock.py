"""The wall clock of a world whose time is the event loop's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class LoopClock:
    """Tells the instant that the running loop's time stands for."""

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s())

    def elapsed_s(self) -> float:
        """Seconds since the world began."""
        return asyncio.get_running_loop().time()
