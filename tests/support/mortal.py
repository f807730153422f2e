"""Ports in the hand of a process that can die at any step out of itself, and then does nothing ever after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from worker.contract.targets import Privacy
from worker.core.directory import ChannelPage
from worker.core.evidence import Page
from worker.core.replies import JoinReply, NotNow, Refused, ResolveReply, SendReply
from worker.core.row import Row
from worker.core.settlement import Letter
from worker.ports import BatchFault, Channels, Delivery, Inbox, Ledger, NewChannel, Outgoing


@dataclass(slots=True)
class Life:
    """One worker process: it dies at its *dies_at*-th step, a port call begun or a port call answered."""

    dies_at: int | None = None
    steps: int = 0
    dead: asyncio.Event = field(default_factory=asyncio.Event)

    async def step(self) -> None:
        """Pass a point at which the process may die; a dead one stays there for ever."""
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
