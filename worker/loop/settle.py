"""
Tells SQS how deliveries end: deletes and visibility changes in batches, dead letters one by one.

It outlives the jobs: what is submitted is settled even if the drain deadline cancels everything else.
Submitting never waits. What SQS refuses for now is tried again; what is void is dropped, because the
ledger holds the end and a redelivery is recognised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self, assert_never

import structlog

from worker.core.settlement import DeadLetter, Delete, Release, Settlement, visibility_after
from worker.loop.hand import Hand, Held
from worker.loop.tally import Tally
from worker.ports import RECEIVE_LIMIT, BatchFault, Inbox, LetterDoesNotFit, QueueUnavailable

log = structlog.get_logger()

LINGER_S = 0.05
"""How long a delivery may wait for others to fill its batch, while jobs are still at work."""
RETRY_S = (0.2, 0.5, 1.0, 2.0, 4.0)
FLUSH_S = 4.0
"""How long the last flush may take: drain limit + this stays below the container's stop timeout."""
NO_LETTER_S = 60.0
"""When a job comes back that no dead letter can hold: the queue's own redrive policy counts its receives."""


class Settler:
    """Use as a context manager around everything that submits; leaving it flushes what is left."""

    def __init__(self, inbox: Inbox, hand: Hand, tally: Tally) -> None:
        self._inbox = inbox
        self._tally = tally
        self._hand = hand
        self._deletes: list[Held] = []
        self._releases: list[tuple[Held, int]] = []
        self._letters: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self._tasks = asyncio.TaskGroup()
        self._visibility = asyncio.Lock()  # one change at a time, or an extension could undo a release

    async def __aenter__(self) -> Self:
        """Start settling."""
        await self._tasks.__aenter__()
        self._flushers = (
            self._tasks.create_task(self._flush_forever(self._flush_deletes, lambda: len(self._deletes))),
            self._tasks.create_task(self._flush_forever(self._flush_releases, lambda: len(self._releases))),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush, for a bounded time; what is not settled by then comes back when its visibility ends."""
        self._closing = True
        self._wake.set()
        try:
            await asyncio.wait([*self._flushers, *self._letters], timeout=FLUSH_S)
        finally:
            if unsettled := len(self._hand):
                log.warning("settler.gave_up", unsettled_count=unsettled)
            for task in (*self._flushers, *self._letters):
                task.cancel()
            await self._tasks.__aexit__(kind, exc, trace)

    def submit(self, held: Held, settlement: Settlement) -> None:
        """Settle a delivery soon."""
        match settlement:
            case Delete():
                held.phase = "settling"
                self._deletes.append(held)
            case Release():
                held.phase = "leaving"
                self._releases.append((held, visibility_after(settlement) or 0))
            case DeadLetter():
                held.phase = "settling"
                task = self._tasks.create_task(self._dead_letter(held, settlement))
                self._letters.add(task)
                task.add_done_callback(self._letter_is_over)
            case _:
                assert_never(settlement)
        self._wake.set()
        self._hand.wake()

    def _letter_is_over(self, task: asyncio.Task[None]) -> None:
        self._letters.discard(task)
        self._wake.set()  # the last flush may have waited for it

    async def extend(self, batch: Sequence[Held], visibility_timeout_s: int) -> Mapping[str, BatchFault]:
        """Hide up to ten deliveries for longer, but none on its way out. Raise QueueUnavailable."""
        async with self._visibility:
            changes = [(held.delivery, visibility_timeout_s) for held in batch if held.phase != "leaving"]
            return await self._inbox.change_visibility(changes) if changes else {}

    async def _flush_forever(self, flush: Callable[[], Awaitable[bool]], pending: Callable[[], int]) -> None:
        """Flush what is pending: full batches at once, others when idle or after a short linger."""
        tries = 0
        while True:
            while not pending():
                if self._closing and not self._letters:
                    return
                await self._woken()
            if 0 < pending() < RECEIVE_LIMIT and not self._closing and self._others_at_work():
                await self._linger(pending)
            if await flush():
                tries = 0
            else:
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1

    async def _woken(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    async def _linger(self, pending: Callable[[], int]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + LINGER_S
        while pending() < RECEIVE_LIMIT and self._others_at_work() and not self._closing:
            try:
                async with asyncio.timeout_at(until):
                    await self._woken()
            except TimeoutError:
                return

    def _others_at_work(self) -> bool:
        return any(held.phase == "active" for held in self._hand)

    async def _flush_deletes(self) -> bool:
        batch, self._deletes = self._deletes[:RECEIVE_LIMIT], self._deletes[RECEIVE_LIMIT:]
        again = await self._call(batch, self._inbox.delete([held.delivery for held in batch]), "delete")
        self._deletes.extend(again)
        return not again

    async def _flush_releases(self) -> bool:
        batch, self._releases = self._releases[:RECEIVE_LIMIT], self._releases[RECEIVE_LIMIT:]
        changes = [(held.delivery, after_s) for held, after_s in batch]
        async with self._visibility:
            again = await self._call(
                [held for held, _ in batch], self._inbox.change_visibility(changes), "release"
            )
        # In front, and in their order: on a FIFO queue a head is shown after its followers.
        self._releases[:0] = [(held, after_s) for held, after_s in batch if held in again]
        return not again

    async def _call(
        self, batch: Sequence[Held], call: Awaitable[Mapping[str, BatchFault]], what: str
    ) -> list[Held]:
        """Make one batch call, let go of what is settled, and return what must be tried again."""
        try:
            faults = await call
        except QueueUnavailable as fault:
            log.warning("settlement.failed", what=what, cause=str(fault))
            return list(batch)
        again = []
        for held in batch:
            match faults.get(held.delivery.receipt_handle):
                case "later":
                    again.append(held)
                case "gone":
                    log.warning("delivery.lost", what=what, delivery_id=held.delivery.message_id)
                    self._hand.drop(held)
                case None:
                    self._hand.drop(held)
        return again

    async def _dead_letter(self, held: Held, settlement: DeadLetter) -> None:
        """Copy, then delete: a crash between the two leaves two letters, never none."""
        letter = settlement.letter
        fields = {
            "job_id": letter.job_id,
            "reason": letter.reason.value,
            "delivery_id": held.delivery.message_id,
        }
        if not self._inbox.has_dead_letter_queue:
            log.warning("job.left_in_queue", cause="no dead letter queue", **fields)
            self.submit(held, Release(NO_LETTER_S))
            return
        for delay_s in (*RETRY_S, None):
            try:
                await self._inbox.dead_letter(held.delivery, letter)
            except LetterDoesNotFit as fault:
                log.warning("job.left_in_queue", cause=str(fault), **fields)
                self.submit(held, Release(NO_LETTER_S))
                return
            except QueueUnavailable as fault:
                log.warning("settlement.failed", what="dead letter", cause=str(fault))
                if delay_s is None:
                    self.submit(held, Release(RETRY_S[-1]))
                    return
                await asyncio.sleep(delay_s)
            else:
                self._tally.dead_lettered[letter.reason] += 1
                log.warning("job.dead_lettered", detail=letter.detail, **fields)
                self.submit(held, Delete())
                return
