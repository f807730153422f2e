"""The world of one schedule: an imitated queue and Chime, a ledger, and workers that die and come back."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from math import ceil
from random import Random
from typing import assert_never

from tests.simulation.holds import Hold, WatchedChannels, WatchedInbox
from tests.simulation.jobs import HEALED_S, Changed, Enqueued
from tests.simulation.schedule import END_S, Deleted, Duplicated, Redriven, Schedule
from tests.support.clock import START, LoopClock
from tests.support.fickle_ledger import FickleLedger, LedgerTrouble
from tests.support.mortal import Life, MortalInbox, MortalLedger, MortalOutcomes
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.arns import AppInstance
from worker.contract.limits import REDRIVE_COUNT
from worker.contract.targets import Named
from worker.core.identity import derived_channel_id
from worker.core.policy import Policy
from worker.core.row import Row
from worker.local.chime.errors import ChimeError
from worker.local.chime.message_log import Message
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.direct_channels import DirectChannels
from worker.local.memory_inbox import InboxCall, InboxTrouble, MemoryInbox
from worker.local.memory_outcomes import MemoryOutcomes, OutcomesTrouble
from worker.local.memory_queue import MemoryQueue
from worker.loop.gear import Gear, Identity
from worker.loop.limits import Limits
from worker.loop.serve import Service
from worker.ports import Attribute

HOME = AppInstance.parse("arn:aws:chime:us-east-1:111122223333:app-instance/simulated")
BEARER = HOME.user_arn("backend_worker")
SECOND_BEARER = HOME.user_arn("second_worker")
RETENTION_S = 14 * 86_400


class World:
    """Everything outside the worker, and the lives of the workers in it. Its ports can be replaced."""

    inbox_kind = MemoryInbox
    channels_kind = DirectChannels
    ledger_kind = MemoryLedger
    outcomes_kind = MemoryOutcomes

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.clock = LoopClock()
        self._rng = Random(f"world {schedule.seed}")
        self.chime = Chime(
            self.clock,
            switches=Switches(
                tokens=schedule.tokens,
                list_lag_s=schedule.list_lag_s,
                describe_lag_s=schedule.describe_lag_s,
                validation="off",
                page_size=5,
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
        self.outcomes = self.outcomes_kind(trouble=self._outcomes_trouble)
        self.ledger = self.ledger_kind(self.clock, retention_s=30 * 86_400)
        self.ledger.is_shared = schedule.workers > 1
        self.rows: list[Row] = []
        self.holds: list[Hold] = []
        self.sends: dict[str, list[tuple[float, int]]] = defaultdict(list)
        """When the sends of each marker began, and in which hand."""
        self.message_ids: list[str] = []
        self.removed: list[Message] = []
        """What was in channels that were deleted."""
        self.redriven: list[str] = []
        self.open_rows: list[Row] = []
        self.hands = 0

    def _furnish(self) -> None:
        self.chime.add_app_instance(HOME.arn)
        for bearer in (BEARER, SECOND_BEARER):
            self.chime.add_user(bearer)
            self.chime.add_admin(bearer)
        for channel in self.schedule.channels:
            self.chime.add_channel(HOME.channel_arn(channel))
            if channel not in self.schedule.strangers:
                self.chime.add_member(HOME.channel_arn(channel), BEARER)
        for channel, treatment in self.schedule.flows.items():
            flow = f"{HOME.arn}/channel-flow/of-{channel}"
            self.chime.add_flow(flow, treatment)
            self.chime.associate_flow(HOME.channel_arn(channel), flow)
        self.chime.faults.add(*self.schedule.chime_faults)

    def messages(self, channel: str) -> list[Message]:
        """What is in a channel, if it is there."""
        arn = self._arn_of(channel)
        return self.chime.messages(arn) if arn in self.chime.channels() else []

    def _arn_of(self, channel: str) -> str:
        made = channel in self.schedule.made
        return HOME.channel_arn(derived_channel_id(HOME.arn, Named(channel)) if made else channel)

    def policy(self) -> Policy:
        """What the operator of this world decided."""
        return Policy(
            grace_s=self.schedule.grace_s,
            retry_cap_s=20.0,
            own_bearer_arns=frozenset({BEARER, SECOND_BEARER}),
            publishes=self.schedule.publishes,
        )

    async def run(self) -> None:
        """Live through the schedule until the queue is empty, or it is plain that it never will be."""
        async with asyncio.TaskGroup() as tasks:
            producers = tasks.create_task(self._produce())
            healer = tasks.create_task(self._heal())
            fleet = range(self.schedule.workers)
            await asyncio.wait([tasks.create_task(self._work(number, tasks)) for number in fleet])
            self.open_rows = self._open_rows()
            producers.cancel()
            healer.cancel()

    async def _work(self, number: int, tasks: asyncio.TaskGroup) -> None:
        """Live the lives of one worker; the fleet shares the schedule's crashes."""
        for dies_at in (*self.schedule.crash_after_calls[number :: self.schedule.workers], None):
            await self._live(Life(dies_at, freezes=self.schedule.freezes), tasks, number=number)

    async def _live(self, life: Life, tasks: asyncio.TaskGroup, *, number: int) -> None:
        """Run a worker until it dies, or until everything is over; restart it at each graceful stop."""
        while not life.dead.is_set() and not self._is_over():
            self.hands += 1
            hand = self.hands
            service = self._service(life, hand, number=number)
            running = tasks.create_task(service.run())
            dying = tasks.create_task(life.dead.wait())
            watching = tasks.create_task(self._until_stop_or_over())
            await asyncio.wait((running, dying, watching), return_when=asyncio.FIRST_COMPLETED)
            if not life.dead.is_set() and not running.done():
                service.stop()
                await asyncio.wait((running, dying), return_when=asyncio.FIRST_COMPLETED)
            for task in (running, dying, watching):
                task.cancel()
            self._empty(hand)
            await asyncio.sleep(self._rng.choice((0.0, 0.5, 5.0)))

    def _empty(self, hand: int) -> None:
        """Note that whatever a hand held is held no more: its worker is dead, or has drained."""
        now = asyncio.get_running_loop().time()
        for hold in self.holds:
            if hold.hand == hand:
                hold.let_go_at_s = min(now, hold.let_go_at_s)

    async def _until_stop_or_over(self) -> None:
        now = asyncio.get_running_loop().time
        stop_at = next((at for at in self.schedule.stops_at_s if at > now()), float("inf"))
        while now() < stop_at:
            if self._is_over():
                return
            await asyncio.sleep(min(5.0, max(0.001, stop_at - now())))

    def _is_over(self) -> bool:
        now = asyncio.get_running_loop().time()
        return now > END_S or (now > HEALED_S and len(self.queue) == 0 and not self._open_rows())

    def _open_rows(self) -> list[Row]:
        """What reconciliation still has to do; not where the channel is gone, and nobody can be asked."""
        return [row for row in self.ledger.due_rows() if row.owed or row.channel_arn in self.chime.channels()]

    def _clock_of(self, number: int) -> LoopClock:
        skew_s, jumps = self.schedule.skews_s[number], self.schedule.jumps
        return LoopClock(
            error_s=lambda elapsed_s: skew_s + sum(jump.by_s for jump in jumps if jump.at_s <= elapsed_s)
        )

    def _service(self, life: Life, hand: int, *, number: int) -> Service:
        schedule = self.schedule
        limits = Limits(
            concurrency=8,
            visibility_timeout_s=schedule.visibility_timeout_s,
            bearer_rate_per_s=schedule.bearer_rate_per_s,
            drain_s=25.0,
        )
        inbox = MortalInbox(self.inbox_kind(self.queue, trouble=self._queue_trouble), life)
        extension_s = ceil(schedule.visibility_timeout_s)
        watched = WatchedInbox(inbox, self.holds, hand=hand, extension_s=extension_s)
        channels = self.channels_kind(
            self.chime, deadline_s=limits.call_deadline_s, latency_s=schedule.latency_s
        )
        ledger = FickleLedger(self.ledger, trouble=self._ledger_trouble, written=self.rows)
        gear = Gear(
            channels=WatchedChannels(channels, life, self.sends, hand=hand),
            ledger=MortalLedger(ledger, life),
            clock=self._clock_of(number),
            rng=self._rng,
            outcomes=MortalOutcomes(self.outcomes, life) if schedule.publishes else None,
            policy=self.policy(),
            limits=limits,
            identity=Identity(
                app_instance_arn=HOME.arn,
                pool=(BEARER,)
                if self.clock.elapsed_s() < schedule.pool_grows_at_s
                else (BEARER, SECOND_BEARER),
                marker_style="hash",
                may_speak_for=lambda arn: arn in (BEARER, SECOND_BEARER),
                worker_id=f"worker {hand}",
            ),
            is_fifo=schedule.fifo,
            retention_s=RETENTION_S,
        )
        return Service(gear, watched, home=HOME)

    async def _produce(self) -> None:
        """Enqueue, and let SQS duplicate, at the schedule's times."""
        loop = asyncio.get_running_loop()
        schedule = self.schedule
        events: list[Enqueued | Changed | Duplicated | Deleted | Redriven] = [
            *schedule.enqueued,
            *schedule.changed,
            *schedule.duplicated,
            *schedule.deleted,
            *schedule.redriven,
        ]
        events.sort(key=lambda event: event.at_s)
        for event in events:
            await asyncio.sleep(max(0.0, event.at_s - loop.time()))
            match event:
                case Enqueued():
                    self._enqueue(event)
                case Changed():
                    self._change(event)
                case Duplicated(nth=nth):
                    with suppress(IndexError, StopIteration):  # not enqueued yet, or gone already
                        self.queue.duplicate(self.message_ids[nth])
                case Deleted(channel=channel):
                    self._delete(channel)
                case Redriven():
                    self._redrive()

    def _redrive(self) -> None:
        if self.queue.dead_letters:
            letter = self.queue.dead_letters.pop(0)
            self.redriven.append(letter.body)
            again = {REDRIVE_COUNT: Attribute("Number", "1")}
            self.queue.enqueue(letter.body, group_id=letter.group_id, attributes=again)

    def _enqueue(self, job: Enqueued) -> None:
        body: dict[str, object] = {
            "id": job.job_id,
            "channel": _named(job),
            "message": {"content": job.content, "persistence": job.persistence},
        }
        if job.not_before_s is not None:
            body["not_before"] = (START + timedelta(seconds=job.not_before_s)).isoformat()
        group_id = job.channel if self.schedule.fifo else None
        self.message_ids.append(self.queue.enqueue(json.dumps(body), group_id=group_id))

    def _change(self, job: Changed) -> None:
        body: dict[str, object] = {"id": job.job_id, "channel": job.channel, "message_of": job.of}
        if job.content is None:
            body["type"] = "redact_message"
        else:
            body |= {"type": "update_message", "message": {"content": job.content}}
        group_id = job.channel if self.schedule.fifo else None
        self.message_ids.append(self.queue.enqueue(json.dumps(body), group_id=group_id))

    def _delete(self, channel: str) -> None:
        self.removed += self.messages(channel)
        with suppress(ChimeError):  # nobody has made it yet
            self.chime.call("DeleteChannel", {"ChannelArn": self._arn_of(channel)}, bearer=BEARER)

    async def _heal(self) -> None:
        await asyncio.sleep(HEALED_S)
        self.chime.faults.clear()

    def _queue_trouble(self, call: InboxCall) -> InboxTrouble | None:
        if self._is_healed() or self._rng.random() >= self.schedule.queue_fault_p:
            return None
        # A receive whose answer is lost leaves its jobs hidden until their visibility ends.
        return self._rng.choice(("before", "after"))

    def _ledger_trouble(self) -> LedgerTrouble | None:
        if self._is_healed() or self._rng.random() >= self.schedule.ledger_fault_p:
            return None
        return self._rng.choice(("before", "after"))

    def _outcomes_trouble(self) -> OutcomesTrouble | None:
        if self._is_healed() or self._rng.random() >= self.schedule.outcomes_fault_p:
            return None
        return self._rng.choice(("before", "after", "partly"))

    def _is_healed(self) -> bool:
        return asyncio.get_running_loop().time() >= HEALED_S


def _named(job: Enqueued) -> object:
    """Name the job's channel as it does."""
    match job.way:
        case "id":
            return job.channel
        case "name":
            return {"name": job.channel}
        case "create":
            return {"name": job.channel, "create": True}
        case _:
            assert_never(job.way)
