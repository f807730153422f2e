"""Ports in the hand of a process that can die at any step out of itself, and then does nothing ever after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.contract.targets import Privacy
from worker.core.directory import ChannelPage
from worker.core.evidence import Page
from worker.core.fleet import Member, Roll
from worker.core.notice import Notice
from worker.core.replies import (
    ChangeLook,
    ChangeReply,
    JoinReply,
    NotNow,
    Refused,
    ResolveReply,
    SendReply,
    StatusReply,
)
from worker.core.row import Row
from worker.core.settlement import Letter
from worker.ports import BatchFault, Change, Channels, Delivery, Inbox, Ledger, NewChannel, Outcomes, Outgoing


@dataclass(slots=True)
class Life:
    """
    One worker process: it dies at its *dies_at*-th step, a port call begun or a port call answered.

    At other steps it is frozen, and goes on after so many seconds as if nothing had happened: *freezes*.
    """

    dies_at: int | None = None
    freezes: Mapping[int, float] = field(default_factory=dict)
    steps: int = 0
    frozen_until: float = float("-inf")
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self) -> None:
        """Pass a point at which the process may die, or be frozen; a dead one stays there for ever."""
        loop = asyncio.get_running_loop()
        await self.step_into_send()
        if self.steps in self.freezes:
            self.frozen_until = max(self.frozen_until, loop.time() + self.freezes[self.steps])
        if (left_s := self.frozen_until - loop.time()) > 0:
            await asyncio.sleep(left_s)
        if self.dead.is_set():
            await loop.create_future()

    async def step_into_send(self) -> None:
        """
        Pass a point at which the process may die, and is not frozen.

        A process frozen between its last check and its send is the one gap that nothing but the token closes.
        """
        self.steps += 1
        if self.steps == self.dies_at:
            self.dead.set()
        if self.dead.is_set():
            await asyncio.get_running_loop().create_future()


class MortalInbox:
    """An Inbox in the hand of a life."""

    def __init__(self, inner: Inbox, life: Life) -> None:
        self._inner = inner
        self._life = life
        self.is_fifo = inner.is_fifo
        self.retention_s = inner.retention_s
        self.has_dead_letter_queue = inner.has_dead_letter_queue

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        await self._life.step()
        deliveries = await self._inner.receive(limit, wait_s=wait_s)
        await self._life.step()
        return deliveries

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        await self._life.step()
        faults = await self._inner.delete(deliveries)
        await self._life.step()
        return faults

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        await self._life.step()
        faults = await self._inner.change_visibility(changes)
        await self._life.step()
        return faults

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        await self._life.step()
        await self._inner.dead_letter(delivery, letter)
        await self._life.step()


class MortalChannels:
    """Channels in the hand of a life."""

    def __init__(self, inner: Channels, life: Life) -> None:
        self._inner = inner
        self._life = life

    async def send(self, outgoing: Outgoing) -> SendReply:
        await self._life.step_into_send()
        reply = await self._inner.send(outgoing)
        await self._life.step()
        return reply

    async def change(self, change: Change) -> ChangeReply:
        await self._life.step_into_send()
        reply = await self._inner.change(change)
        await self._life.step()
        return reply

    async def look_at(self, change: Change) -> ChangeLook:
        await self._life.step()
        reply = await self._inner.look_at(change)
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

    async def message_status(
        self, channel_arn: str, message_id: str, *, bearer_arn: str, sub_channel_id: str | None
    ) -> StatusReply:
        await self._life.step()
        reply = await self._inner.message_status(
            channel_arn, message_id, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id
        )
        await self._life.step()
        return reply

    async def join(self, channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None) -> JoinReply:
        await self._life.step()
        reply = await self._inner.join(channel_arn, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id)
        await self._life.step()
        return reply

    async def create_channel(self, new: NewChannel) -> ResolveReply:
        await self._life.step()
        reply = await self._inner.create_channel(new)
        await self._life.step()
        return reply

    async def describe_channel(self, channel_arn: str, *, bearer_arn: str) -> ResolveReply:
        await self._life.step()
        reply = await self._inner.describe_channel(channel_arn, bearer_arn=bearer_arn)
        await self._life.step()
        return reply

    async def list_channels(
        self, app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None = None
    ) -> ChannelPage | Refused | NotNow:
        await self._life.step()
        page = await self._inner.list_channels(
            app_instance_arn, bearer_arn=bearer_arn, privacy=privacy, next_token=next_token
        )
        await self._life.step()
        return page


class MortalOutcomes:
    """Outcomes in the hand of a life."""

    def __init__(self, inner: Outcomes, life: Life) -> None:
        self._inner = inner
        self._life = life

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        await self._life.step()
        refused = await self._inner.publish(notices)
        await self._life.step()
        return refused


class MortalLedger:
    """A durable Ledger in the hand of a life."""

    def __init__(self, inner: Ledger, life: Life) -> None:
        self._inner = inner
        self._life = life
        self.is_shared = inner.is_shared
        self.created_at = inner.created_at

    async def read(self, job_id: str) -> Row | None:
        await self._life.step()
        row = await self._inner.read(job_id)
        await self._life.step()
        return row

    async def put(self, row: Row) -> Row | None:
        await self._life.step()
        standing = await self._inner.put(row)
        await self._life.step()
        return standing

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        await self._life.step()
        rows = await self._inner.due(shard, limit=limit)
        await self._life.step()
        return rows

    async def beat(self, member: Member) -> Roll:
        await self._life.step()
        roll = await self._inner.beat(member)
        await self._life.step()
        return roll

    async def leave(self, worker_id: str) -> None:
        await self._life.step()
        await self._inner.leave(worker_id)
        await self._life.step()
