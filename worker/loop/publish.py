"""
Publishes outcomes before their deliveries leave the queue. It has no task and no timer of its own.

One call is under way at a time: whoever comes meanwhile waits, and the first of them makes the next call
for all, so that batches grow with the load and an idle worker publishes at once.
"""

from __future__ import annotations

import asyncio
from random import Random

from worker.core.backoff import delay_after
from worker.core.notice import Notice
from worker.loop.intake import Intake
from worker.loop.stopping import Stopping
from worker.ports import Outcomes, OutcomesUnavailable

BATCH_LIMIT = 10
"""SQS, SNS and EventBridge take no more at once."""
PATIENCE_S = 60.0
PATIENCE_WHEN_STOPPING_S = 5.0
RETRY_BASE_S = 0.2
RETRY_CAP_S = 5.0


class NotPublished(Exception):
    """The target did not take an outcome in time: it is recorded, and whoever comes next publishes it."""


class Publisher:
    """Publishes to *outcomes*; nobody waits for it if that is None."""

    def __init__(self, outcomes: Outcomes | None, *, intake: Intake, stopping: Stopping, rng: Random) -> None:
        self._outcomes = outcomes
        self._intake = intake
        self._stopping = stopping
        self._rng = rng
        self._waiting: dict[object, Notice] = {}
        # It hands the next call to who waits longest, also if its holder is cancelled.
        self._turn = asyncio.Lock()
        self._setbacks = 0
        self._next_at = float("-inf")

    async def publish(self, notice: Notice) -> None:
        """
        Return once the target has taken *notice*.

        While it takes nothing, the intake is paused and the call repeated. Raise NotPublished after 60 s,
        or 5 s once the service is asked to stop.
        """
        if self._outcomes is None:
            return
        ticket, began_at = object(), asyncio.get_running_loop().time()
        self._waiting[ticket] = notice
        try:
            while ticket in self._waiting:
                async with self._turn:
                    if ticket in self._waiting:  # else somebody has published it meanwhile
                        await self._back_off(began_at)
                        await self._call(self._outcomes)
        finally:
            self._waiting.pop(ticket, None)

    async def _back_off(self, began_at: float) -> None:
        """Wait until the target may be tried again; raise NotPublished if *began_at* is long ago."""
        now = asyncio.get_running_loop().time()
        patience_s = PATIENCE_WHEN_STOPPING_S if self._stopping.requested else PATIENCE_S
        if (left_s := began_at + patience_s - now) <= 0:
            raise NotPublished
        if (delay_s := min(self._next_at - now, left_s)) > 0:
            await (asyncio.sleep(delay_s) if self._stopping.requested else self._stopping.sleep(delay_s))

    async def _call(self, outcomes: Outcomes) -> None:
        """Publish what waits longest."""
        batch = self._batch()
        try:
            refused = set(await outcomes.publish(list(batch.values())))
        except OutcomesUnavailable as fault:
            self._failed(str(fault))
            return
        taken = [ticket for n, ticket in enumerate(batch) if n not in refused]
        if not taken:
            self._failed("each outcome was refused by itself")
            return
        for ticket in taken:
            self._waiting.pop(ticket, None)  # its caller may have been cancelled
        self._setbacks, self._next_at = 0, float("-inf")
        self._intake.works("outcomes")

    def _batch(self) -> dict[object, Notice]:
        """Take the first of each group: if one were refused, another of its group would overtake it."""
        firsts: dict[str, tuple[object, Notice]] = {}
        for ticket, notice in self._waiting.items():
            firsts.setdefault(notice.group_id, (ticket, notice))
        return dict(list(firsts.values())[:BATCH_LIMIT])

    def _failed(self, cause: str) -> None:
        self._intake.failed("outcomes", cause)
        self._setbacks += 1
        delay_s = delay_after(self._setbacks, base_s=RETRY_BASE_S, cap_s=RETRY_CAP_S, rng=self._rng)
        self._next_at = asyncio.get_running_loop().time() + delay_s
