"""The clock Chime is given. Its own smallest instant is the millisecond, as on the wire."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """What tells Chime the time: aware UTC."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        ...


class WallClock:
    """The machine's own time, for an emulator that runs for real."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock that others take


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since the epoch, rounded down; exact where a float would not be."""
    return (instant - EPOCH) // _MILLISECOND


def to_ms_up(instant: datetime) -> int:
    """The same, rounded up: the first millisecond that is not before *instant*."""
    return -((EPOCH - instant) // _MILLISECOND)


def from_ms(ms: int) -> datetime:
    """The instant of *ms* milliseconds since the epoch."""
    return EPOCH + timedelta(milliseconds=ms)
