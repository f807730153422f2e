"""Counts how jobs end, at the ports they pass on their way out. It changes nothing on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.row import Ended, Row
from worker.core.settlement import Letter
from worker.ports import BatchFault, Delivery, Inbox, Ledger


@dataclass(frozen=True, slots=True)
class Tally:
    """What one process saw end: duplicates are not counted again."""

    ended: Counter[Outcome] = field(default_factory=Counter)
    """Jobs that left the queue for good, by outcome."""
    dead_lettered: Counter[Reason] = field(default_factory=Counter)
    """Jobs that went to the dead letter queue, by reason; also bodies that are no job, which have no row."""


class CountedLedger:
    """A Ledger that counts the ends it stores, but for those that make a dead letter."""

    def __init__(self, ledger: Ledger, tally: Tally) -> None:
        self._ledger = ledger
        self._tally = tally

    @property
    def created_at(self) -> datetime:
        """When the ledger was made."""
        return self._ledger.created_at

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job."""
        return await self._ledger.read(job_id)

    async def put(self, row: Row) -> Row | None:
        """Store the row; count it if it is an end."""
        standing = await self._ledger.put(row)
        match row.state:
            case Ended(outcome) if standing is None and not outcome.goes_to_dead_letter_queue:
                self._tally.ended[outcome] += 1
        return standing


class CountedInbox:
    """An Inbox that counts the dead letters it sends."""

    def __init__(self, inbox: Inbox, tally: Tally) -> None:
        self._inbox = inbox
        self._tally = tally

    @property
    def is_fifo(self) -> bool:
        """Whether the source queue is a FIFO queue."""
        return self._inbox.is_fifo

    @property
    def retention_s(self) -> int | None:
        """How long the queue keeps a job after its SentTimestamp."""
        return self._inbox.retention_s

    @property
    def has_dead_letter_queue(self) -> bool:
        """Whether there is a place for dead letters."""
        return self._inbox.has_dead_letter_queue

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        """Receive deliveries."""
        return await self._inbox.receive(limit, wait_s=wait_s)

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        """Delete deliveries."""
        return await self._inbox.delete(deliveries)

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        """Change when deliveries are shown again."""
        return await self._inbox.change_visibility(changes)

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        """Copy a job to the dead letter queue, and count it."""
        await self._inbox.dead_letter(delivery, letter)
        self._tally.dead_lettered[letter.reason] += 1
