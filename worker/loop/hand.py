"""The deliveries held now, and the room for more. It knows nothing of jobs' fates."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from worker.contract.job import Job
from worker.contract.rejected import Rejected
from worker.ports import Delivery


@dataclass(slots=True, eq=False)
class Held:
    """One delivery in hand. Times are loop time."""

    delivery: Delivery
    job: Job | Rejected
    lane: str
    taken_at: float
    visible_at: float
    """When SQS shows it again, unless it is extended."""
    phase: Literal["waiting", "active", "settling", "leaving"] = "waiting"
    """In line; at the head of its lane; leaving the queue; going back to it (not extended any more)."""
    heads_since: float = 0.0
    """Since when it is active."""
    lost: bool = False
    """SQS says the receipt is void: somebody else may hold the job by now, so nothing new is begun."""


class Hand:
    """What is held, in the order of receipt; tells waiters when there is room again."""

    def __init__(self) -> None:
        self._held: dict[Held, None] = {}
        self._promised = 0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """Count what is held."""
        return len(self._held)

    @property
    def expected_count(self) -> int:
        """What is held, and what polls under way may still bring."""
        return len(self._held) + self._promised

    def __iter__(self) -> Iterator[Held]:
        """Iterate over a copy."""
        return iter(list(self._held))

    def promise(self, count: int) -> None:
        """Keep room for what a poll may bring; a negative count gives it back."""
        self._promised += count
        self.wake()

    def take(self, held: Held) -> None:
        """Hold a delivery."""
        self._held[held] = None

    def drop(self, held: Held) -> None:
        """Let go of a delivery that is settled."""
        self._held.pop(held, None)
        self.wake()

    async def changed(self) -> None:
        """Wait until something leaves the hand."""
        await self._changed.wait()

    def wake(self) -> None:
        """Let those who wait for a change look again."""
        # A fresh event for the next waiters: those of the old one are woken exactly once.
        self._changed.set()
        self._changed = asyncio.Event()
