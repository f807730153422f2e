"""
Beats: tells the workers of a ledger that this one lives, and learns from the same call who the others are.

It decides nothing: `worker.core.fleet` does. What an operator paused comes along with the roll.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from worker.core.fleet import BEAT_S, LAPSE_S, Fleet, Member, Roll
from worker.loop.intake import Intake
from worker.loop.turns import Turns
from worker.ports import Clock, Ledger, LedgerUnavailable

log = structlog.get_logger()

LEAVE_S = 2.0


class Heart:
    """The place of this worker in the fleet."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        me: Member,
        turns: Turns,
        intake: Intake,
    ) -> None:
        self.fleet = Fleet(me.id)
        self._ledger = ledger
        self._clock = clock
        self._me = me
        self._turns = turns
        self._intake = intake
        self._paused: frozenset[str | None] = frozenset()
        self._known_until = float("-inf")
        self._size = 1
        self._is_out = False

    def is_paused(self, channel_arn: str) -> bool:
        """Tell whether an operator wants nothing sent to a channel."""
        return None in self._paused or channel_arn in self._paused

    def is_known_for(self, needed_s: float) -> bool:
        """Tell whether all others take us for alive for *needed_s* more: nobody has taken our jobs over."""
        left_s = self._known_until - asyncio.get_running_loop().time()
        return not self._ledger.is_shared or left_s >= needed_s

    async def join(self) -> None:
        """Beat for the first time: before anything is received, so that a pause is known and we are."""
        await self._try_to_beat()

    async def beat_forever(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(BEAT_S)
            await self._try_to_beat()

    async def _try_to_beat(self) -> None:
        """Beat; a ledger that is out is told once, and beaten for again."""
        try:
            await self.beat()
        except LedgerUnavailable as fault:
            if not self._is_out:
                log.warning("heartbeat.failed", cause=str(fault))
            self._is_out = True
        else:
            self._is_out = False

    async def leave(self) -> None:
        """Tell the others that this worker has nothing in hand any more."""
        try:
            async with asyncio.timeout(LEAVE_S):
                await self._ledger.leave(self._me.id)
        except (LedgerUnavailable, TimeoutError) as fault:  # they find out by themselves, a little later
            log.debug("heartbeat.not_removed", cause=str(fault))

    async def beat(self) -> None:
        """Write this worker's heartbeat once, and learn the others'. Raise LedgerUnavailable."""
        began_at = asyncio.get_running_loop().time()
        roll = await self._ledger.beat(replace(self._me, seen_at=self._clock.now()))
        self._known_until = began_at + LAPSE_S
        self._learn(roll)

    def _learn(self, roll: Roll) -> None:
        now = asyncio.get_running_loop().time()
        self.fleet.observe(roll.members, now)
        if (size := len(self.fleet.living())) != self._size:
            log.info("fleet.changed", workers=size)
            self._size = size
            self._turns.split(size)
        paused = frozenset(pause.channel_arn for pause in roll.pauses)
        for channel_arn in paused - self._paused:
            log.warning("sending.paused", channel_arn=channel_arn or "all")
        for channel_arn in self._paused - paused:
            log.warning("sending.resumed", channel_arn=channel_arn or "all")
        self._paused = paused
        self._intake.is_held = None in paused
