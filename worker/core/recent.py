"""Values remembered for a time, the newest only so many of them. It knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Up to *size* values, each for *keep_s*. Times are seconds of one clock, which the caller reads."""

    def __init__(self, *, size: int, keep_s: float) -> None:
        self._size = size
        self._keep_s = keep_s
        self._kept: dict[Hashable, tuple[T, float]] = {}

    def get(self, key: Hashable, now: float) -> T | None:
        """Return what is remembered under *key*; None if that is nothing, or too old."""
        value, at = self._kept.get(key, (None, now))
        return value if now - at < self._keep_s else None

    def put(self, key: Hashable, value: T, now: float) -> None:
        """Remember a value; where there are too many, the oldest is forgotten."""
        self._kept.pop(key, None)
        self._kept[key] = (value, now)
        if len(self._kept) > self._size:
            del self._kept[next(iter(self._kept))]

    def forget(self, key: Hashable) -> None:
        """Remember nothing under *key*."""
        self._kept.pop(key, None)
