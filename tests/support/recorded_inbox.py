"""An inbox that remembers what it was told, and whose batches fail in part on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.support.clock import LoopClock
from worker.core.settlement import Letter
from worker.ports import BatchFault, Delivery, Inbox


@dataclass(frozen=True, slots=True)
class Deleted:
    """A delivery was to be deleted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A delivery was to be visible again after so many seconds: released, or extended."""

    after_s: int


@dataclass(frozen=True, slots=True)
class Buried:
    """A delivery was to be copied to the dead letter queue."""

    reason: str


Told = Deleted | Shown | Buried


@dataclass(frozen=True, slots=True)
class Record:
    """What the inbox was told of one delivery; *batch* counts the calls."""

    at_s: float
    batch: int
    message_id: str
    told: Told


class RecordedInbox:
    """Passes calls on to *inner*. The faults in *entry_faults* meet the next entries of that MessageId."""

    def __init__(self, inner: Inbox) -> None:
        self._inner = inner
        self._batches = 0
        self._clock = LoopClock()
        self.records: list[Record] = []
        self.polls: list[tuple[int, int]] = []
        """The limit and the wait of every receive."""
        self.receipts: list[str] = []
        self.entry_faults: dict[str, list[BatchFault]] = {}
        self.is_fifo = inner.is_fifo
        self.retention_s = inner.retention_s
        self.has_dead_letter_queue = inner.has_dead_letter_queue

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        self.polls.append((limit, wait_s))
        deliveries = await self._inner.receive(limit, wait_s=wait_s)
        self.receipts += [one.receipt_handle for one in deliveries]
        return deliveries

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        self._note([(one, Deleted()) for one in deliveries])
        faults = self._faults_of(deliveries)
        others = [one for one in deliveries if one.receipt_handle not in faults]
        return {**faults, **await self._inner.delete(others)}

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        self._note([(one, Shown(seconds)) for one, seconds in changes])
        faults = self._faults_of([one for one, _ in changes])
        others = [(one, seconds) for one, seconds in changes if one.receipt_handle not in faults]
        return {**faults, **await self._inner.change_visibility(others)}

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        self._note([(delivery, Buried(letter.reason.value))])
        await self._inner.dead_letter(delivery, letter)

    def told_of(self, message_id: str) -> list[Told]:
        """All that was told of one message, in order."""
        return [record.told for record in self.records if record.message_id == message_id]

    def batches(self, kind: type[Told]) -> list[int]:
        """The sizes of the calls of one kind, in order."""
        numbers = [record.batch for record in self.records if isinstance(record.told, kind)]
        return [numbers.count(number) for number in dict.fromkeys(numbers)]

    def _note(self, told: Sequence[tuple[Delivery, Told]]) -> None:
        self._batches += 1
        self.records += [
            Record(self._clock.elapsed_s(), self._batches, one.message_id, what) for one, what in told
        ]

    def _faults_of(self, deliveries: Sequence[Delivery]) -> dict[str, BatchFault]:
        faulty = [one for one in deliveries if self.entry_faults.get(one.message_id)]
        return {one.receipt_handle: self.entry_faults[one.message_id].pop(0) for one in faulty}
