"""
A stage for one worker: queue, Chime and ledger in memory and in virtual time, the real service before them.

Nothing here is a mock: each part passes the contract suite of the real one. What goes wrong is said by
`strike` and `trouble`; what happened is read from the world, and not from what the worker says.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any, Literal

from tests.support.clock import START, LoopClock
from tests.support.fickle_ledger import FickleLedger
from tests.support.mortal import Life, MortalChannels, MortalInbox, MortalLedger, MortalOutcomes
from tests.support.recorded_inbox import RecordedInbox
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.arns import AppInstance
from worker.core.policy import Policy
from worker.core.row import Ended, Row, Sending
from worker.local.chime.calls import LoggedCall
from worker.local.chime.clock import from_ms
from worker.local.chime.faults import Fault, FaultRule
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.chime.treatments import Treatment
from worker.local.direct_channels import DirectChannels
from worker.local.memory_inbox import InboxCall, MemoryInbox
from worker.local.memory_outcomes import MemoryOutcomes
from worker.local.memory_queue import MemoryQueue
from worker.loop.gear import Gear, Identity
from worker.loop.limits import Limits
from worker.loop.serve import Service
from worker.ports import Inbox

HOME = AppInstance.parse("arn:aws:chime:us-east-1:111122223333:app-instance/stage")
BEARER = HOME.user_arn("backend_worker")
SOMEBODY = HOME.user_arn("somebody")
CHANNELS = ("orders", "alerts", "news")
DAY_S = 86_400
TICK_S = 0.05

SEND = "SendChannelMessage"
LIST = "ListChannelMessages"
JOIN = "CreateChannelMembership"

Tokens = Literal["honoured", "ignored"]
Part = InboxCall | Literal["ledger", "outcomes"]
Trouble = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Running:
    """A worker on stage."""

    service: Service
    gear: Gear
    task: asyncio.Task[bool]

    def stop(self) -> None:
        """Ask it to stop, as SIGTERM does; once more is a second signal."""
        self.service.stop()

    async def ended(self) -> bool:
        """Wait for its end; tell whether the drain was not cut short."""
        return await asyncio.shield(self.task)


class Stage:
    """The world around a worker. What is set before a worker starts holds for it and for all later ones."""

    def __init__(
        self,
        *,
        tokens: Tokens = "ignored",
        fifo: bool = False,
        visibility_timeout_s: float = 60.0,
        retention_s: int = 14 * DAY_S,
    ) -> None:
        self.limits = Limits(visibility_timeout_s=visibility_timeout_s)
        self.policy = Policy(own_bearer_arns=frozenset({BEARER}))
        self.pool: tuple[str, ...] = (BEARER,)
        self.latency_s = 0.02
        self.trouble: dict[Part, Trouble] = {}
        """Which parts fail at present, and whether before they take effect or after."""
        self.clock = LoopClock()
        self.workers_clock = LoopClock()
        """May be wrong; Chime's and the queue's is right."""
        self._rng = Random(8812)
        self.chime = Chime(self.clock, switches=Switches(tokens=tokens), rng=self._rng)
        self.chime.add_app_instance(HOME.arn)
        self.chime.add_user(BEARER)
        self.chime.add_admin(BEARER)
        self.chime.add_user(SOMEBODY)
        for channel in CHANNELS:
            self.open_channel(channel)
        self.queue = MemoryQueue(
            self.clock,
            fifo=fifo,
            visibility_timeout_s=visibility_timeout_s,
            retention_s=retention_s,
            rng=self._rng,
        )
        self.watch(MemoryInbox(self.queue, trouble=self.trouble.get))
        self.rows: list[Row] = []
        """Every row that was ever stored, in order."""
        self.outcomes = MemoryOutcomes(trouble=lambda: self.trouble.get("outcomes"))
        """Published to only where the policy says so."""
        self._workers = 0
        self.lose_the_ledger()

    def open_channel(self, channel: str, *, members: tuple[str, ...] = (BEARER, SOMEBODY)) -> None:
        """Make a channel."""
        self.chime.add_channel(HOME.channel_arn(channel))
        for member in members:
            self.chime.add_member(HOME.channel_arn(channel), member)

    def open_flow(self, channel: str, *treatments: Treatment) -> None:
        """Send a channel's messages through a flow that treats them so."""
        arn = f"{HOME.arn}/channel-flow/{channel}"
        self.chime.add_flow(arn, *treatments)
        self.chime.associate_flow(HOME.channel_arn(channel), arn)

    def watch(self, inbox: Inbox) -> None:
        """Put another inbox before the queue."""
        self.inbox = RecordedInbox(inbox)

    def lose_the_ledger(self) -> None:
        """Begin with a new ledger that knows nothing."""
        self.ledger = MemoryLedger(self.clock, retention_s=30 * DAY_S)

    def enqueue(self, *bodies: str, group: str = "group") -> list[str]:
        """Enqueue jobs, on a FIFO queue in a message group; return their SQS MessageIds."""
        group_id = group if self.queue.is_fifo else None
        return [self.queue.enqueue(body, group_id=group_id) for body in bodies]

    def strike(
        self,
        fault: Fault,
        operation: str = SEND,
        *,
        channel: str | None = None,
        first: int = 1,
        times: int | None = 1,
    ) -> None:
        """Let calls of Chime meet a fault: the next send, unless told otherwise."""
        arn = HOME.channel_arn(channel) if channel else None
        self.chime.faults.add(FaultRule(fault, operation=operation, channel=arn, first=first, times=times))

    def somebody_writes(self, content: str, *, marked: str | None = None) -> None:
        """Let another member send a message, with whatever marker."""
        request: dict[str, object] = {
            "ChannelArn": HOME.channel_arn("orders"),
            "Content": content,
            "Type": "STANDARD",
            "Persistence": "PERSISTENT",
            "ClientRequestToken": f"token-{self.chime.calls.total}",
        }
        if marked:
            request["MessageAttributes"] = {"job": {"StringValues": [marked]}}
        self.chime.call(SEND, request, bearer=SOMEBODY)

    async def serve(self) -> None:
        """Let a worker serve until the queue is empty, for an hour at most; then stop it."""
        async with self.serving():
            await self.until(self.is_empty)

    async def serve_until_reconciled(self, *, within_s: float = 3600.0) -> None:
        """Let a worker serve until nothing is left to be done, nor to be explained."""
        async with self.serving():
            await self.until(lambda: self.is_empty() and not self.ledger.due_rows(), within_s=within_s)

    def published(self, job_id: str = "order-8812") -> list[dict[str, Any]]:
        """The outcomes of a job that were published, in order."""
        told = (json.loads(notice.body) for notice in self.outcomes.published)
        return [one for one in told if one["job_id"] == job_id]

    async def serve_for(self, seconds: float) -> None:
        """Let a worker serve for so long, then stop it."""
        async with self.serving():
            await asyncio.sleep(seconds)

    async def serve_until_killed(self, *, at_step: int) -> bool:
        """Let a worker serve until it is killed at that step; False if the queue was empty before."""
        life = Life(dies_at=at_step)
        async with self.serving(life=life) as worker:
            await self.until(lambda: life.dead.is_set() or len(self.queue) == 0)
            if life.dead.is_set():
                worker.task.cancel()
        return life.dead.is_set()

    async def serve_until_killed_in_a_send(self) -> None:
        """Let a worker serve until it is killed between claim and reply, or until the queue is empty."""
        life, before = Life(), len(self.rows)
        async with self.serving(life=life) as worker:
            await self.until(lambda: len(self.queue) == 0 or self._is_sending(before))
            if self._is_sending(before):
                life.dead.set()
                worker.task.cancel()

    @asynccontextmanager
    async def serving(
        self, until: Literal["stopped", "drained"] = "stopped", *, life: Life | None = None
    ) -> AsyncIterator[Running]:
        """Let a worker serve as long as the block lasts; then stop it and wait for its end."""
        gear, service = self._assembled(life or Life())
        async with asyncio.TaskGroup() as tasks:
            worker = Running(service, gear, tasks.create_task(service.run(until=until)))
            yield worker
            if not gear.stopping.requested:
                worker.stop()

    async def until(self, condition: Callable[[], bool], *, within_s: float = 3600.0) -> None:
        """Wait until something holds, or until it is plain that it never will."""
        give_up_at = self.clock.elapsed_s() + within_s
        while not condition() and self.clock.elapsed_s() < give_up_at:
            await self._tick()

    def is_empty(self) -> bool:
        """Whether nothing is left in the queue, nor in anybody's hand."""
        return len(self.queue) == 0

    async def passes(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def messages(self, channel: str = "orders") -> list[str | None]:
        """What stands in a channel, the oldest first."""
        return [message.content for message in self.chime.messages(HOME.channel_arn(channel))]

    def stored_at_s(self, content: str, channel: str = "orders") -> float:
        """When a message came into its channel; never, if it is not there."""
        found = (one for one in self.chime.messages(HOME.channel_arn(channel)) if one.content == content)
        return next(((from_ms(one.stored_ms) - START).total_seconds() for one in found), inf)

    def last_stored_at_s(self) -> float:
        """When the last message came into any channel."""
        stored = (one.stored_ms for arn in self.chime.channels() for one in self.chime.messages(arn))
        return (from_ms(max(stored)) - START).total_seconds()

    def settled_at_s(self, message_id: str) -> float:
        """When SQS was last told anything of a message."""
        return max(record.at_s for record in self.inbox.records if record.message_id == message_id)

    def calls(self, operation: str = SEND, channel: str | None = None) -> list[LoggedCall]:
        """The calls that left the worker, whatever became of them."""
        arn = HOME.channel_arn(channel) if channel else None
        calls = self.chime.calls.latest
        return [
            one
            for one in calls
            if one.bearer == BEARER and one.operation == operation and arn in (None, one.channel)
        ]

    def dead_letters(self) -> dict[str, str]:
        """The reason of each dead letter, by the job that it names."""
        return {
            str(each.attributes["job_id"].value): str(each.attributes["reason"].value)
            for each in self.queue.dead_letters
        }

    async def row(self, job_id: str = "order-8812") -> Row:
        """What the ledger holds of a job."""
        row = await self.ledger.read(job_id)
        assert row is not None, f"the ledger has no row of {job_id}"
        return row

    async def end_of(self, job_id: str = "order-8812") -> Ended:
        """How a job ended."""
        row = await self.row(job_id)
        assert isinstance(row.state, Ended), f"{job_id} has no end yet"
        return row.state

    def _is_sending(self, since: int) -> bool:
        return any(isinstance(row.state, Sending) for row in self.rows[since:])

    async def _tick(self) -> None:
        await asyncio.sleep(TICK_S)

    def _assembled(self, life: Life) -> tuple[Gear, Service]:
        self._workers += 1
        ledger = FickleLedger(self.ledger, trouble=lambda: self.trouble.get("ledger"), written=self.rows)
        chime = DirectChannels(self.chime, deadline_s=self.limits.call_deadline_s, latency_s=self.latency_s)
        gear = Gear(
            channels=MortalChannels(chime, life),
            ledger=MortalLedger(ledger, life),
            clock=self.workers_clock,
            rng=self._rng,
            policy=self.policy,
            outcomes=MortalOutcomes(self.outcomes, life),
            limits=self.limits,
            identity=Identity(
                app_instance_arn=HOME.arn,
                pool=self.pool,
                marker_style="hash",
                may_speak_for=lambda arn: arn.startswith(HOME.arn) and not arn.endswith("/stranger"),
                worker_id=f"worker {self._workers}",
            ),
            is_fifo=self.queue.is_fifo,
            retention_s=self.queue.retention_s,
        )
        return gear, Service(gear, MortalInbox(self.inbox, life), home=HOME)
