"""
When a bearer, or a channel, may be called next: token buckets whose rate gives way to 429s. They never sleep.

Times are seconds of one monotonic clock, which the caller reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

BURST_S = 0.05
"""A bucket holds what its rate fills in this time, at least one call: Chime's burst is undocumented."""
FLOOR_PER_S = 0.5
GIVE_WAY = 0.5
RECOVERY_PER_S = 0.1
"""Part of the ceiling that a rate regains each second."""
MEMORY_S = 1.0
"""How long a success or a 429 tells something about the next call."""


class Bucket:
    """A token bucket whose rate halves on a 429 and regains a tenth of its ceiling a second."""

    def __init__(self, ceiling_per_s: float) -> None:
        self.ceiling_per_s = ceiling_per_s
        self.rate_per_s = ceiling_per_s
        self._tokens = 1.0
        self._at = float("-inf")
        self._gave_way_at = float("-inf")

    def limit(self, ceiling_per_s: float) -> None:
        """Set another ceiling: a rate above it gives way at once, one below it recovers."""
        self.ceiling_per_s = ceiling_per_s
        self.rate_per_s = min(self.rate_per_s, ceiling_per_s)

    def delay(self, now: float) -> float:
        """Seconds until the next call may leave; 0 = now."""
        self._refill(now)
        return 0.0 if self._tokens >= 1.0 - 1e-9 else (1.0 - self._tokens) / self.rate_per_s

    def take(self, now: float) -> None:
        """Spend one call."""
        self._refill(now)
        self._tokens -= 1.0

    def give_back(self) -> None:
        """Return a call that was not made."""
        self._tokens += 1.0

    def give_way(self, now: float) -> None:
        """Halve the rate, at most once in *MEMORY_S*: many 429s of one moment are one piece of news."""
        self._refill(now)
        self._tokens = min(self._tokens, 0.0)
        if now - self._gave_way_at >= MEMORY_S:
            self._gave_way_at = now
            self.rate_per_s = max(min(FLOOR_PER_S, self.ceiling_per_s), self.rate_per_s * GIVE_WAY)

    def _refill(self, now: float) -> None:
        passed_s = max(0.0, now - self._at) if self._at > float("-inf") else 0.0
        self._at = max(self._at, now)
        burst = max(1.0, self.ceiling_per_s * BURST_S)
        self._tokens = min(burst, self._tokens + passed_s * self.rate_per_s)
        self.rate_per_s = min(
            self.ceiling_per_s, self.rate_per_s + passed_s * RECOVERY_PER_S * self.ceiling_per_s
        )


@dataclass(slots=True)
class ThrottleJudge:
    """Tells from the last second whose limit a 429 was: a channel throttled alone has met its own."""

    _succeeded_at: dict[str, float] = field(default_factory=dict)
    _throttled_at: dict[str, float] = field(default_factory=dict)

    def succeeded(self, lane: str, now: float) -> None:
        """Note that a call of *lane* was answered."""
        self._note(self._succeeded_at, lane, now)

    def throttled(self, lane: str, now: float) -> Literal["channel", "bearer"]:
        """Note a 429 of *lane* and say whose limit it was."""
        self._note(self._throttled_at, lane, now)
        others_succeed = self._recent(self._succeeded_at, lane, now)
        others_throttled = self._recent(self._throttled_at, lane, now)
        return "channel" if others_succeed and not others_throttled else "bearer"

    def _note(self, times: dict[str, float], lane: str, now: float) -> None:
        for old in [one for one, at in times.items() if now - at > MEMORY_S]:
            del times[old]
        times[lane] = now

    def _recent(self, times: dict[str, float], lane: str, now: float) -> bool:
        return any(one != lane and now - at <= MEMORY_S for one, at in times.items())
