"""Which hand held which delivery from when to when: what the order of sending is judged by."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.support.clock import START
from tests.support.mortal import Life, MortalChannels
from worker.core.replies import SendReply
from worker.core.settlement import Letter
from worker.ports import BatchFault, Channels, Delivery, Inbox, Outgoing


@dataclass(slots=True)
class Hold:
    """One delivery in one of the hands there were; *order* counts all receipts."""

    hand: int
    job_id: str
    order: int
    received_at_s: float
    hidden_until_s: float = 0.0
    """From then on SQS hands it to others: a hand that was frozen for so long holds it no more."""
    let_go_at_s: float = float("inf")

    def held_at(self, at_s: float) -> bool:
        """Tell whether the hand had it at that time."""
        return self.received_at_s <= at_s < min(self.let_go_at_s, self.hidden_until_s)


class WatchedChannels(MortalChannels):
    """Notes when each send began, and in which hand: its message may be stored when that has let go of it."""

    def __init__(
        self, inner: Channels, life: Life, log: dict[str, list[tuple[float, int]]], *, hand: int
    ) -> None:
        super().__init__(inner, life)
        self._log = log
        self._hand = hand

    async def send(self, outgoing: Outgoing) -> SendReply:
        self._log[outgoing.marker or ""].append((asyncio.get_running_loop().time(), self._hand))
        return await super().send(outgoing)


class WatchedInbox:
    """Passes calls on to *inner*, and notes what one hand takes and lets go."""

    def __init__(self, inner: Inbox, log: list[Hold], *, hand: int, extension_s: int) -> None:
        self._inner = inner
        self._log = log
        self._extension_s = extension_s
        self._hand = hand
        self._holds: dict[str, Hold] = {}
        self.is_fifo = inner.is_fifo
        self.retention_s = inner.retention_s
        self.has_dead_letter_queue = inner.has_dead_letter_queue

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        deliveries = await self._inner.receive(limit, wait_s=wait_s)
        now = asyncio.get_running_loop().time()
        for one in deliveries:
            handed_out_s = (one.received_at - START).total_seconds()  # before a freeze, maybe
            hidden_until_s = handed_out_s + self._extension_s
            hold = Hold(self._hand, json.loads(one.body)["id"], len(self._log), now, hidden_until_s)
            self._holds[one.receipt_handle] = hold
            self._log.append(hold)
        return deliveries

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        self._let_go(deliveries)
        return await self._inner.delete(deliveries)

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        self._let_go([one for one, seconds in changes if seconds != self._extension_s])
        faults = await self._inner.change_visibility(changes)
        now = asyncio.get_running_loop().time()
        for one, seconds in changes:
            if seconds == self._extension_s and one.receipt_handle not in faults:
                self._holds[one.receipt_handle].hidden_until_s = now + seconds
        return faults

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        await self._inner.dead_letter(delivery, letter)

    def _let_go(self, deliveries: Sequence[Delivery]) -> None:
        now = asyncio.get_running_loop().time()
        for one in deliveries:
            hold = self._holds[one.receipt_handle]
            hold.let_go_at_s = min(now, hold.let_go_at_s)
