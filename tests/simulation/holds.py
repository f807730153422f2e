"""Which hand held which delivery from when to when: what the order of sending is judged by."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.core.settlement import Letter
from worker.ports import BatchFault, Delivery, Inbox


@dataclass(slots=True)
class Hold:
    """One delivery in one of the hands there were; *order* counts all receipts."""

    hand: int
    job_id: str
    order: int
    received_at_s: float
    let_go_at_s: float = float("inf")


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
            hold = Hold(self._hand, json.loads(one.body)["id"], len(self._log), now)
            self._holds[one.receipt_handle] = hold
            self._log.append(hold)
        return deliveries

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        self._let_go(deliveries)
        return await self._inner.delete(deliveries)

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        self._let_go([one for one, seconds in changes if seconds != self._extension_s])
        return await self._inner.change_visibility(changes)

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        await self._inner.dead_letter(delivery, letter)

    def _let_go(self, deliveries: Sequence[Delivery]) -> None:
        now = asyncio.get_running_loop().time()
        for one in deliveries:
            hold = self._holds[one.receipt_handle]
            hold.let_go_at_s = min(now, hold.let_go_at_s)
