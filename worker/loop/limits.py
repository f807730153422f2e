"""The sizes and times the loop works within. Values only."""

from __future__ import annotations

from dataclasses import dataclass

HOLD_S = 20.0
"""How long the head of a lane may wait in hand before its lane goes back to the queue (DESIGN 8)."""
MAX_HELD_S = 900.0
"""Nothing is held longer than this, so SQS's limit of 12 h never matters (DESIGN 5)."""
IDLE_POLL_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator set, as far as the loop is concerned."""

    concurrency: int = 64
    visibility_timeout_s: float = 60.0
    drain_s: float = 25.0
    bearer_rate_per_s: float = 10.0
    channel_rate_per_s: float = 30.0
    reconcile_interval_s: float = 30.0
    """0: never."""
    reconcile_share: float = 0.1

    @property
    def call_deadline_s(self) -> float:
        """The one deadline of a Chime call (contract, WORKER_VISIBILITY_TIMEOUT_S)."""
        return min(10.0, self.visibility_timeout_s / 3)

    @property
    def poll_s(self) -> int:
        """How long a receive waits: always shorter than the drain, because a poll is never cancelled."""
        return max(0, min(IDLE_POLL_S, int(self.drain_s) - 1))

    def hand_size(self, rate_per_s: float) -> int:
        """
        How many deliveries may be held at the present sending rate.

        At most four times the slots, and no more than is sent in half a visibility timeout, so that a
        backlog stays in the queue, where operators and other workers see it.
        """
        return max(1, min(4 * self.concurrency, int(rate_per_s * self.visibility_timeout_s / 2)))
