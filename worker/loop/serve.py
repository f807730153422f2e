"""
The service: receives jobs, works on one lane a channel, drains when asked to stop.

Lifetimes nest, and what must survive is outside: settler > extension > drain deadline > receivers and lanes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Literal

import structlog

from worker.contract.arns import AppInstance
from worker.contract.job import parse_job
from worker.contract.rejected import Rejected
from worker.core.lanes import Lanes
from worker.core.settlement import Release
from worker.loop.extend import extend_forever
from worker.loop.gear import Gear
from worker.loop.hand import Hand, Held
from worker.loop.handle import handle
from worker.loop.leaving import Move, Park
from worker.loop.receive import Receiver
from worker.loop.reconcile import Reconciler
from worker.loop.settle import Settler
from worker.ports import Delivery, Inbox

log = structlog.get_logger()

TRIM_EVERY_S = 1.0
STUCK_S = 2.0
"""A lane whose head has not changed for so long holds back: it may not fill the hand."""
STUCK_SHARE = 8
"""A stuck lane keeps at most this part of the hand; the rest goes back to make room for other channels."""


class Service:
    """One worker at work on one queue."""

    def __init__(self, gear: Gear, inbox: Inbox, *, home: AppInstance) -> None:
        self._gear = gear
        self._home = home
        self._hand = Hand()
        self._lanes: Lanes[Held] = Lanes()
        self._settler = Settler(inbox, self._hand, gear.tally)
        self._receiver = Receiver(gear, inbox, self._hand, self._accept)
        self._reconciler = Reconciler(gear)
        self._hurry = asyncio.Event()

    def came_round_at(self) -> float:
        """Loop time at which the receive loop last came round."""
        return self._receiver.came_round_at

    def waits_for(self) -> str | None:
        """Say why no new jobs are taken; None if they are."""
        if self._gear.stopping.requested:
            return "draining"
        return "operator" if self._gear.intake.is_held else self._gear.intake.cause

    def stop(self) -> None:
        """Ask the service to drain and end; asked again, it cuts the drain short."""
        if self._gear.stopping.requested:
            self._hurry.set()
        else:
            log.info("worker.draining", in_hand_count=len(self._hand))
            self._gear.stopping.request()

    async def run(self, *, until: Literal["stopped", "drained"] = "stopped") -> bool:
        """
        Serve until asked to stop, or until the queue is drained; then drain.

        Return False if the drain was cut short. An internal task that dies ends the service with its error.
        """
        async with self._settler:
            try:
                await self._gear.heart.join()
                async with asyncio.TaskGroup() as background:
                    support = [
                        background.create_task(work, name=name) for name, work in self._background().items()
                    ]
                    try:
                        return await self._until_drained(until)
                    finally:
                        for task in support:
                            task.cancel()
            finally:
                for held in self._hand:
                    if held.phase in ("waiting", "active"):
                        self._settler.submit(held, Release())
                await self._gear.heart.leave()

    def _background(self) -> dict[str, Coroutine[None, None, None]]:
        """Say what goes on beside the jobs, for as long as any is in hand."""
        interval_s = self._gear.limits.reconcile_interval_s
        return {
            "extend": self._extend(),
            "trim": self._trim_forever(),
            "beat": self._gear.heart.beat_forever(),
            **({"reconcile": self._reconciler.forever(interval_s)} if interval_s else {}),
        }

    async def _until_drained(self, until: Literal["stopped", "drained"]) -> bool:
        """Run receivers and lanes; once asked to stop, for as long as the drain limit allows."""
        try:
            async with asyncio.timeout(None) as drain, asyncio.TaskGroup() as self._tasks:
                watch = self._tasks.create_task(self._stop_watch(drain), name="stop watch")
                receive = self._receiver.until_stopped if until == "stopped" else self._receiver.until_drained
                await receive(self._tasks)
                while any(held.phase == "active" for held in self._hand):
                    await self._hand.changed()
                watch.cancel()
        except TimeoutError:
            log.warning("worker.drain_cut_short", in_hand_count=len(self._hand))
            return False
        return True

    async def _stop_watch(self, drain: asyncio.Timeout) -> None:
        """When asked to stop: give back what has not begun, and start the clock of the drain."""
        loop = asyncio.get_running_loop()
        await self._gear.stopping.wait()
        drain.reschedule(loop.time() + self._gear.limits.drain_s)
        self._gear.turns.close()
        for key in self._lanes:
            self._give_back(self._lanes.cut(key, keep=1), after_s=0.0)
        self._hand.wake()
        await self._hurry.wait()
        drain.reschedule(loop.time())

    def _accept(self, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries into the hand, each into its lane; start the lanes that were empty."""
        now = asyncio.get_running_loop().time()
        for delivery in deliveries:
            held = self._held(delivery, now)
            self._hand.take(held)
            if self._gear.stopping.requested:
                self._settler.submit(held, Release())
            elif self._lanes.add(held.lane, held) == 1:
                self._tasks.create_task(self._work_off(held.lane), name="lane")

    def _held(self, delivery: Delivery, now: float) -> Held:
        try:
            job = parse_job(delivery.body, home=self._home, sent_at=delivery.sent_at)
        except Rejected as rejected:
            # Nobody waits for it, and it waits for nobody: a dead letter gives up its place.
            lane = f"rejected {delivery.receipt_handle}"
            return Held(delivery, rejected, lane, now, now + self._gear.limits.visibility_timeout_s)
        lane = self._gear.resolver.lane_of(job.target)
        if self._gear.is_fifo and delivery.group_id:
            lane = delivery.group_id
        return Held(delivery, job, lane, now, now + self._gear.limits.visibility_timeout_s)

    async def _work_off(self, lane: str) -> None:
        """Work on a lane's head until the lane is empty, or goes back to the queue."""
        while (held := self._lanes.head(lane)) is not None:
            held.phase, held.heads_since = "active", asyncio.get_running_loop().time()
            verdict = await handle(self._gear, held)
            match verdict:
                case Park(after_s):
                    self._give_back(self._lanes.cut(lane, keep=0), after_s=after_s)
                case Release(after_s) if self._gear.is_fifo:
                    self._give_back(self._lanes.cut(lane, keep=0), after_s=after_s)
                case Move(to):
                    self._move(held, to)
                case _:
                    self._lanes.pop(lane)
                    self._settler.submit(held, verdict)

    def _move(self, held: Held, to: str) -> None:
        """Move the head of a lane to its place in another, by the order of receipt."""
        self._lanes.pop(held.lane)
        held.lane, held.phase = to, "waiting"
        places = {one: place for place, one in enumerate(self._hand)}
        if self._lanes.insert(to, held, place=places.__getitem__) == 1:
            self._tasks.create_task(self._work_off(to), name="lane")

    def _give_back(self, lane: Sequence[Held], *, after_s: float) -> None:
        """
        Release a lane or its tail: on a standard queue all of it with the delay.

        On a FIFO queue the followers at once and the head last with the delay: the group stays blocked.
        """
        if self._gear.is_fifo and lane:
            for held in lane[1:]:
                self._settler.submit(held, Release())
            self._settler.submit(lane[0], Release(after_s))
            return
        for held in lane:
            self._settler.submit(held, Release(after_s))

    async def _extend(self) -> None:
        await extend_forever(
            self._settler, self._hand, visibility_timeout_s=self._gear.limits.visibility_timeout_s
        )

    async def _trim_forever(self) -> None:
        """Keep stuck lanes from filling the hand (contract, guarantee 5)."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(TRIM_EVERY_S)
            keep = max(10, self._gear.limits.hand_size(self._gear.turns.rate_per_s()) // STUCK_SHARE)
            for key in self._lanes:
                head = self._lanes.head(key)
                if head is not None and head.phase == "active" and loop.time() - head.heads_since > STUCK_S:
                    self._give_back(
                        self._lanes.cut(key, keep=keep), after_s=self._gear.limits.visibility_timeout_s / 2
                    )
