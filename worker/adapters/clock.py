"""The machine's own wall clock. It never measures delays: that is the event loop's business."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The Clock of a real worker."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock
