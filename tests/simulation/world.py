"""The world of one schedule: an imitated queue and Chime, a durable ledger, and workers that die and come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from random import Random

from tests.simulation.schedule import END_S, HEALED_S, Duplicated, Enqueued, Schedule
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.arns import AppInstance
from worker.core.decide import Policy
from worker.core.evidence import Page
from worker.core.replies import JoinReply, NotNow, Refused, SendReply
from worker.core.row import Row
from worker.core.settlement import Letter
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.direct_channels import DirectChannels
from worker.local.memory_inbox import InboxCall, InboxTrouble, MemoryInbox
from worker.local.memory_queue import MemoryQueue
from worker.loop.gear import Gear, Identity
from worker.loop.limits import Limits
from worker.loop.serve import Service
from worker.ports import BatchFault, Delivery, LedgerUnavailable, Outgoing

HOME = AppInstance.parse("arn:aws:chime:us-east-1:111122223333:app-instance/simulated")
BEARER = HOME.user_arn("backend_worker")
START = datetime(2026, 1, 1, tzinfo=UTC)
RETENTION_S = 14 * 86_400


class VirtualClock:
    """The wall clock of a world whose loop time is virtual."""

    def now(self) -> datetime:
        """Return the instant that the running loop's time stands for."""
        return START + timedelta(seconds=asyncio.get_running_loop().time())


@dataclass(slots=True)
class Life:
    """One worker process: it dies at its *dies_at*-th step out of itself, and does nothing ever after."""

    dies_at: int | None
    steps: int = 0
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self) -> None:
        """Pass a point at which the process may die; a dead one stays there for ever."""
        self.steps += 1
        if self.steps == self.dies_at:
            self.dead.set()
        if self.dead.is_set():
            await asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class Hold:
    """One delivery in one of the hands there were; *order* counts all receipts."""

    hand: int
    job_id: str
    order: int
    received_at_s: float
    let_go_at_s: float = float("inf")


class MortalInbox:
    """An Inbox in the hand of a life."""

    def __init__(
        self, inner: MemoryInbox, life: Life, log: list[Hold], *, hand: int, extension_s: int
    ) -> None:
        self._inner = inner
        self._life = life
        self._log = log
        self._extension_s = extension_s
        self._hand = hand
        self._holds: dict[str, Hold] = {}
        self.is_fifo = inner.is_fifo
        self.retention_s = inner.retention_s
        self.has_dead_letter_queue = inner.has_dead_letter_queue

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        await self._life.step()
        deliveries = await self._inner.receive(limit, wait_s=wait_s)
        await self._life.step()
        now = asyncio.get_running_loop().time()
        for one in deliveries:
            hold = Hold(self._hand, json.loads(one.body)["id"], len(self._log), now)
            self._holds[one.receipt_handle] = hold
            self._log.append(hold)
        return deliveries

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        self._let_go(deliveries)
        await self._life.step()
        faults = await self._inner.delete(deliveries)
        await self._life.step()
        return faults

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        self._let_go([one for one, seconds in changes if seconds != self._extension_s])
        await self._life.step()
        faults = await self._inner.change_visibility(changes)
        await self._life.step()
        return faults

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        await self._life.step()
        await self._inner.dead_letter(delivery, letter)
        await self._life.step()

    def _let_go(self, deliveries: Sequence[Delivery]) -> None:
        now = asyncio.get_running_loop().time()
        for one in deliveries:
            hold = self._holds[one.receipt_handle]
            hold.let_go_at_s = min(now, hold.let_go_at_s)


class MortalChannels:
    """Channels in the hand of a life."""

    def __init__(self, inner: DirectChannels, life: Life) -> None:
        self._inner = inner
        self._life = life

    async def send(self, outgoing: Outgoing) -> SendReply:
        await self._life.step()
        reply = await self._inner.send(outgoing)
        await self._life.step()
        return reply

    async def list_messages(
        self,
        channel_arn: str,
        *,
        bearer_arn: str,
        not_before: datetime | None,
        sub_channel_id: str | None = None,
        next_token: str | None = None,
    ) -> Page | Refused | NotNow:
        await self._life.step()
        page = await self._inner.list_messages(
            channel_arn,
            bearer_arn=bearer_arn,
            not_before=not_before,
            sub_channel_id=sub_channel_id,
            next_token=next_token,
        )
        await self._life.step()
        return page

    async def join(self, channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None) -> JoinReply:
        await self._life.step()
        reply = await self._inner.join(channel_arn, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id)
        await self._life.step()
        return reply


class MortalLedger:
    """The durable ledger in the hand of a life; its faults come before the effect or after it."""

    def __init__(
        self, inner: MemoryLedger, life: Life, log: list[Row], fault: Callable[[], str | None]
    ) -> None:
        self._inner = inner
        self._life = life
        self._log = log
        self._fault = fault
        self.created_at = inner.created_at

    async def read(self, job_id: str) -> Row | None:
        await self._life.step()
        if self._fault() is not None:
            raise LedgerUnavailable("simulated")
        return await self._inner.read(job_id)

    async def put(self, row: Row) -> Row | None:
        await self._life.step()
        fault = self._fault()
        if fault == "before":
            raise LedgerUnavailable("simulated")
        standing = await self._inner.put(row)
        if standing is None:
            self._log.append(row)
        await self._life.step()
        if fault == "after":
            raise LedgerUnavailable("simulated")
        return standing


class World:
    """Everything outside the worker, and the lives of the workers in it."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.clock = VirtualClock()
        self._rng = Random(f"world {schedule.seed}")
        self.chime = Chime(
            self.clock,
            switches=Switches(
                tokens=schedule.tokens, list_lag_s=schedule.list_lag_s, validation="off", page_size=5
            ),
            rng=self._rng,
        )
        self._furnish()
        self.queue = MemoryQueue(
            self.clock,
            fifo=schedule.fifo,
            visibility_timeout_s=schedule.visibility_timeout_s,
            retention_s=RETENTION_S,
            rng=self._rng,
        )
        self.ledger = MemoryLedger(self.clock, retention_s=30 * 86_400)
        self.rows: list[Row] = []
        self.holds: list[Hold] = []
        self.message_ids: list[str] = []
        self.hands = 0

    def _furnish(self) -> None:
        self.chime.add_app_instance(HOME.arn)
        self.chime.add_user(BEARER)
        self.chime.add_admin(BEARER)
        for channel in self.schedule.channels:
            self.chime.add_channel(HOME.channel_arn(channel))
            if channel not in self.schedule.strangers:
                self.chime.add_member(HOME.channel_arn(channel), BEARER)
        self.chime.faults.add(*self.schedule.chime_faults)

    async def run(self) -> None:
        """Live through the schedule until the queue is empty, or it is plain that it never will be."""
        async with asyncio.TaskGroup() as tasks:
            producers = tasks.create_task(self._produce())
            healer = tasks.create_task(self._heal())
            for dies_at in (*self.schedule.crash_after_calls, None):
                await self._live(Life(dies_at), tasks)
            producers.cancel()
            healer.cancel()

    async def _live(self, life: Life, tasks: asyncio.TaskGroup) -> None:
        """Run a worker until it dies, or until everything is over; restart it at each graceful stop."""
        while not life.dead.is_set() and not self._is_over():
            service = self._service(life)
            running = tasks.create_task(service.run())
            dying = tasks.create_task(life.dead.wait())
            watching = tasks.create_task(self._until_stop_or_over())
            await asyncio.wait((running, dying, watching), return_when=asyncio.FIRST_COMPLETED)
            if not life.dead.is_set() and not running.done():
                service.stop()
                await asyncio.wait((running, dying), return_when=asyncio.FIRST_COMPLETED)
            for task in (running, dying, watching):
                task.cancel()
            self._empty_hand()
            await asyncio.sleep(self._rng.choice((0.0, 0.5, 5.0)))

    def _empty_hand(self) -> None:
        """Note that whatever the last hand held is held no more: its worker is dead, or has drained."""
        now = asyncio.get_running_loop().time()
        for hold in self.holds:
            if hold.hand == self.hands:
                hold.let_go_at_s = min(now, hold.let_go_at_s)

    async def _until_stop_or_over(self) -> None:
        now = asyncio.get_running_loop().time
        stop_at = next((at for at in self.schedule.stops_at_s if at > now()), float("inf"))
        while now() < stop_at and not self._is_over():
            await asyncio.sleep(min(5.0, max(0.001, stop_at - now())))

    def _is_over(self) -> bool:
        now = asyncio.get_running_loop().time()
        return now > END_S or (now > HEALED_S and len(self.queue) == 0)

    def _service(self, life: Life) -> Service:
        schedule = self.schedule
        self.hands += 1
        limits = Limits(
            concurrency=8,
            visibility_timeout_s=schedule.visibility_timeout_s,
            bearer_rate_per_s=schedule.bearer_rate_per_s,
            drain_s=25.0,
        )
        inbox = MortalInbox(
            MemoryInbox(self.queue, trouble=self._queue_trouble),
            life,
            self.holds,
            hand=self.hands,
            extension_s=ceil(schedule.visibility_timeout_s),
        )
        channels = DirectChannels(self.chime, deadline_s=limits.call_deadline_s, latency_s=schedule.latency_s)
        gear = Gear(
            channels=MortalChannels(channels, life),
            ledger=MortalLedger(self.ledger, life, self.rows, self._ledger_fault),
            clock=self.clock,
            rng=self._rng,
            policy=Policy(grace_s=schedule.grace_s, retry_cap_s=20.0, default_bearer_arn=BEARER),
            limits=limits,
            identity=Identity(
                app_instance_arn=HOME.arn,
                bearer_arn=BEARER,
                marker_style="hash",
                may_speak_for=lambda arn: arn == BEARER,
            ),
            is_fifo=schedule.fifo,
            retention_s=RETENTION_S,
        )
        return Service(gear, inbox, home=HOME)

    async def _produce(self) -> None:
        """Enqueue, and let SQS duplicate, at the schedule's times."""
        loop = asyncio.get_running_loop()
        events: list[Enqueued | Duplicated] = [*self.schedule.enqueued, *self.schedule.duplicated]
        events.sort(key=lambda event: event.at_s)
        for event in events:
            await asyncio.sleep(max(0.0, event.at_s - loop.time()))
            match event:
                case Enqueued():
                    self._enqueue(event)
                case Duplicated(nth=nth):
                    with suppress(IndexError, StopIteration):  # not enqueued yet, or gone already
                        self.queue.duplicate(self.message_ids[nth])

    def _enqueue(self, job: Enqueued) -> None:
        body: dict[str, object] = {
            "id": job.job_id,
            "channel": job.channel,
            "message": {"content": job.content, "persistence": job.persistence},
        }
        if job.not_before_s is not None:
            body["not_before"] = (START + timedelta(seconds=job.not_before_s)).isoformat()
        group_id = job.channel if self.schedule.fifo else None
        self.message_ids.append(self.queue.enqueue(json.dumps(body), group_id=group_id))

    async def _heal(self) -> None:
        await asyncio.sleep(HEALED_S)
        self.chime.faults.clear()

    def _queue_trouble(self, call: InboxCall) -> InboxTrouble | None:
        if self._is_healed() or self._rng.random() >= self.schedule.queue_fault_p:
            return None
        # A receive whose answer is lost leaves its jobs hidden until their visibility ends.
        return self._rng.choice(("before", "after"))

    def _ledger_fault(self) -> str | None:
        if self._is_healed() or self._rng.random() >= self.schedule.ledger_fault_p:
            return None
        return self._rng.choice(("before", "after"))

    def _is_healed(self) -> bool:
        return asyncio.get_running_loop().time() >= HEALED_S
