"""
SQS in memory, for the simulation and for tests: receipts, visibility and order as SQS documents them.

It waits by the event loop's timers only, so it runs in virtual time. It never loses a message before its
retention ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from worker.adapters.sqs_letters import FittedLetter
from worker.core.settlement import MAX_VISIBILITY_S
from worker.ports import Attribute, BatchFault, Clock, Delivery

_MOMENT_S = 0.001
"""The shortest wait for a message to become visible: clocks and timers do not round alike."""


@dataclass(slots=True)
class _Stored:
    """A message of the queue. *receipt* is the newest one given out."""

    message_id: str
    body: str
    sent_at: datetime
    group_id: str | None
    attributes: Mapping[str, Attribute]
    visible_at: datetime
    received_at: datetime | None = None
    receive_count: int = 0
    receipt: str = ""
    older_receipts: set[str] = field(default_factory=set)


class MemoryQueue:
    """One queue and its dead letters. *rng* makes the ids, so that a run can be repeated."""

    def __init__(
        self, clock: Clock, *, fifo: bool, visibility_timeout_s: float, retention_s: int, rng: Random
    ) -> None:
        self.is_fifo = fifo
        self.retention_s = retention_s
        self.dead_letters: list[FittedLetter] = []
        self._clock = clock
        self._visibility_timeout = timedelta(seconds=visibility_timeout_s)
        self._rng = rng
        self._stored: list[_Stored] = []
        self._arrived = asyncio.Event()

    def enqueue(
        self, body: str, *, group_id: str | None = None, attributes: Mapping[str, Attribute] | None = None
    ) -> str:
        """Put a message at the end of the queue and return its MessageId; FIFO needs a *group_id*."""
        if self.is_fifo and group_id is None:
            raise ValueError("a FIFO queue takes no message without a MessageGroupId")
        now = self._clock.now()
        self._put(_Stored(self._new_id(), body, now, group_id, dict(attributes or {}), visible_at=now))
        return self._stored[-1].message_id

    def duplicate(self, message_id: str) -> None:
        """Deliver a message once more besides, as a standard queue may do at any time."""
        original = next(one for one in self._stored if one.message_id == message_id)
        copy = replace(original, visible_at=self._clock.now(), receipt="", older_receipts=set())
        self._put(copy)

    def bury(self, letter: FittedLetter) -> None:
        """Add a dead letter; a FIFO queue swallows a second one of the same deduplication id."""
        if self.is_fifo and any(letter.deduplication_id == one.deduplication_id for one in self.dead_letters):
            return
        self.dead_letters.append(letter)

    def __len__(self) -> int:
        """Messages in the queue, in flight or not."""
        self._drop_expired()
        return len(self._stored)

    @property
    def in_flight(self) -> int:
        """Messages that somebody received and that have not become visible again."""
        now = self._clock.now()
        return sum(one.receipt != "" and one.visible_at > now for one in self._stored)

    async def receive(self, limit: int, *, wait_s: float) -> Sequence[Delivery]:
        """Receive what is visible; wait up to *wait_s* for an arrival or for a timeout to run out."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + wait_s
        while not (taken := self._take(limit)) and (left_s := until_s - loop.time()) > 0:
            self._arrived.clear()
            try:
                async with asyncio.timeout(min(left_s, self._next_visible_s())):
                    await self._arrived.wait()
            except TimeoutError:
                continue
        return taken

    def delete(self, receipt: str) -> BatchFault | None:
        """
        Delete by receipt.

        A receipt that a later receive has replaced, or that ran out on FIFO, deletes nothing: FIFO says so,
        a standard queue claims success.
        """
        held = self._held(receipt)
        if held is not None:
            self._stored.remove(held)
            self._arrived.set()  # a FIFO group may go on
            return None
        return "gone" if self.is_fifo or not self._was_given_out(receipt) else None

    def change_visibility(self, receipt: str, seconds: float) -> BatchFault | None:
        """Show a message again after *seconds*, if it is in flight and stays within 12 h of its receive."""
        held, now = self._held(receipt), self._clock.now()
        if held is None or held.received_at is None or held.visible_at <= now:
            return "gone"
        visible_at = now + timedelta(seconds=seconds)
        if visible_at > held.received_at + timedelta(seconds=MAX_VISIBILITY_S):
            return "gone"
        held.visible_at = visible_at
        self._arrived.set()
        return None

    def _put(self, stored: _Stored) -> None:
        self._stored.append(stored)
        self._arrived.set()

    def _take(self, limit: int) -> list[Delivery]:
        """Hand out what is visible, the oldest first; of a FIFO group none while one is in flight."""
        self._drop_expired()
        now = self._clock.now()
        blocked = {one.group_id for one in self._stored if self.is_fifo and one.visible_at > now}
        ready = [one for one in self._stored if one.visible_at <= now and one.group_id not in blocked]
        return [self._hand_out(one, now) for one in ready[:limit]]

    def _hand_out(self, one: _Stored, now: datetime) -> Delivery:
        if one.receipt:
            one.older_receipts.add(one.receipt)
        one.receipt = self._new_id()
        one.receive_count += 1
        one.received_at = now
        one.visible_at = now + self._visibility_timeout
        return Delivery(
            message_id=one.message_id,
            receipt_handle=one.receipt,
            body=one.body,
            sent_at=one.sent_at,
            received_at=now,
            receive_count=one.receive_count,
            group_id=one.group_id,
            attributes=one.attributes,
        )

    def _held(self, receipt: str) -> _Stored | None:
        """Find the message that *receipt* still commands."""
        now = self._clock.now()
        for one in self._stored:
            if one.receipt == receipt and not (self.is_fifo and one.visible_at <= now):
                return one
        return None

    def _was_given_out(self, receipt: str) -> bool:
        return any(receipt == one.receipt or receipt in one.older_receipts for one in self._stored)

    def _next_visible_s(self) -> float:
        """Seconds until the next message becomes visible; infinite if none will."""
        now = self._clock.now()
        later = [(one.visible_at - now).total_seconds() for one in self._stored if one.visible_at > now]
        return max(min(later, default=float("inf")), _MOMENT_S)

    def _drop_expired(self) -> None:
        oldest = self._clock.now() - timedelta(seconds=self.retention_s)
        self._stored = [one for one in self._stored if one.sent_at >= oldest]

    def _new_id(self) -> str:
        return str(UUID(int=self._rng.getrandbits(128)))
