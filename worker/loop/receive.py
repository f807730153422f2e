"""
Receives while there is room in the hand: one receiver when idle, several when receives come back full.

A poll is never cancelled: what SQS has already handed out would stay hidden with nobody holding it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from worker.loop.gear import Gear
from worker.loop.hand import Hand
from worker.ports import RECEIVE_LIMIT, Delivery, Inbox, QueueUnavailable

MOST_RECEIVERS = 4
BURST_POLL_S = 5
BURST_POLLS = 2
"""So many empty long polls in a row, with nothing in hand, mean that the queue is drained."""
BURST_FAULTS = 5
HELD_LOOK_S = 1.0
FULL_S = 5.0
"""How long a full hand is waited for before the loop comes round again."""
QUICK_S = 0.5
"""An empty answer that came sooner was no long poll: the next one waits a second."""


class CannotLook(Exception):
    """`--burst` could not find out whether the queue is drained."""


class Receiver:
    """Polls, and hands what comes to *accept*."""

    def __init__(
        self, gear: Gear, inbox: Inbox, hand: Hand, accept: Callable[[Sequence[Delivery]], None]
    ) -> None:
        self._gear = gear
        self._inbox = inbox
        self._hand = hand
        self._accept = accept
        self._helpers = 0
        self.came_round_at = float("-inf")
        """Loop time of the last round: how the health check tells a worker that has stalled."""

    async def until_stopped(self, tasks: asyncio.TaskGroup) -> None:
        """Receive until the service is asked to stop; *tasks* runs the helpers that a backlog calls for."""
        while not self._gear.stopping.requested:
            await self._round(tasks, wait_s=self._gear.limits.poll_s)

    async def until_drained(self, tasks: asyncio.TaskGroup) -> None:
        """Receive until the queue shows nothing more, then ask the service to stop. Raise CannotLook."""
        empty, faults = 0, 0
        while not self._gear.stopping.requested:
            count = await self._round(tasks, wait_s=min(BURST_POLL_S, self._gear.limits.poll_s))
            cause = self._gear.intake.cause
            if self._gear.intake.is_held:
                raise CannotLook("an operator has paused all channels (`backend-worker resume`)")
            faults = faults + 1 if cause else 0
            if cause and faults >= BURST_FAULTS:
                raise CannotLook(f"the {cause} cannot be used")
            empty = empty + 1 if count == 0 and not self._hand else 0
            if empty >= BURST_POLLS:
                self._gear.stopping.request()

    async def _round(self, tasks: asyncio.TaskGroup, *, wait_s: int) -> int | None:
        """Poll once, or wait for room or for a pause to pass; return how many came, None without a poll."""
        self.came_round_at = asyncio.get_running_loop().time()
        if self._gear.intake.is_held:
            await self._gear.stopping.sleep(HELD_LOOK_S)
            return None
        if self._gear.intake.cause is not None:
            await self._gear.stopping.sleep(self._gear.intake.probe_delay_s())
            return None if self._gear.stopping.requested else await self._poll(limit=1, wait_s=0)
        if not (room := self._room()):
            with suppress(TimeoutError):
                async with asyncio.timeout(FULL_S):
                    await self._hand.changed()
            return None
        count = await self._poll(limit=room, wait_s=wait_s)
        if count == RECEIVE_LIMIT and self._helpers < MOST_RECEIVERS - 1 and self._room():
            self._helpers += 1
            tasks.create_task(self._help(), name="receiver")
        return count

    async def _help(self) -> None:
        """Receive without waiting, for as long as receives come back full."""
        try:
            while (
                not self._gear.stopping.requested
                and self._gear.intake.cause is None
                and (room := self._room())
            ):
                if await self._poll(limit=room, wait_s=0) != RECEIVE_LIMIT:
                    return
        finally:
            self._helpers -= 1

    def _room(self) -> int:
        size = self._gear.limits.hand_size(self._gear.turns.rate_per_s())
        return max(0, min(RECEIVE_LIMIT, size - self._hand.expected_count))

    async def _poll(self, *, limit: int, wait_s: int) -> int | None:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        self._hand.promise(limit)
        try:
            deliveries = await self._inbox.receive(limit, wait_s=wait_s)
        except QueueUnavailable as fault:
            self._gear.intake.failed("queue", str(fault))
            return None
        finally:
            self._hand.promise(-limit)
        self._gear.intake.works("queue")
        self._accept(deliveries)
        if not deliveries and loop.time() - began_at < QUICK_S:
            await self._gear.stopping.sleep(1.0)
        return len(deliveries)
