"""The oracle has teeth: against a worker, or ports, broken on purpose the simulation finds what it must."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
import structlog

from tests.simulation.run import simulate
from tests.simulation.world import World
from worker.adapters.ledger.memory import MemoryLedger
from worker.core.evidence import Page
from worker.core.notice import Notice
from worker.core.policy import Policy
from worker.core.replies import ChangeReply, Done, NotNow, Refused
from worker.core.row import Ended, Row
from worker.local.direct_channels import DirectChannels
from worker.local.memory_inbox import MemoryInbox
from worker.local.memory_outcomes import MemoryOutcomes
from worker.ports import BatchFault, Change, Delivery

SEEDS = 150


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


class NoClaims(MemoryLedger):
    """Stores ends only: what was begun before a crash is forgotten."""

    async def put(self, row: Row) -> Row | None:
        return await super().put(row) if isinstance(row.state, Ended) else None


class ForgottenEnds(MemoryLedger):
    """Forgets every job as soon as it has ended."""

    async def put(self, row: Row) -> Row | None:
        standing = await super().put(row)
        if isinstance(row.state, Ended):
            self._remove(row.job_id)
        return standing


class DeafOutcomes(MemoryOutcomes):
    """Says that it has taken what it has not."""

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        return []


class BlindChannels(DirectChannels):
    """Lists nothing, whatever is there."""

    async def list_messages(
        self,
        channel_arn: str,
        *,
        bearer_arn: str,
        not_before: datetime | None,
        sub_channel_id: str | None = None,
        next_token: str | None = None,
    ) -> Page | Refused | NotNow:
        return Page(())


class LyingChannels(DirectChannels):
    """Says that it has changed what it has not."""

    async def change(self, change: Change) -> ChangeReply:
        return Done()


class HastyInbox(MemoryInbox):
    """Deletes what it receives, before anything has become of it."""

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        deliveries = await super().receive(limit, wait_s=wait_s)
        await super().delete(deliveries)
        return deliveries


class UndeletingInbox(MemoryInbox):
    """Claims to delete, and does not."""

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        return {}


class LanelessInbox(MemoryInbox):
    """Gives every delivery a group, and so a lane, of its own."""

    @property
    def is_fifo(self) -> bool:
        return True

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        deliveries = await super().receive(limit, wait_s=wait_s)
        return [replace(one, group_id=one.receipt_handle) for one in deliveries]


class WithDeafReaders(World):
    outcomes_kind = DeafOutcomes


class NoGrace(World):
    def policy(self) -> Policy:
        return replace(super().policy(), grace_s=0.0)


class WithoutClaims(World):
    ledger_kind = NoClaims


class WithForgottenEnds(World):
    ledger_kind = ForgottenEnds


class WithoutLooks(World):
    channels_kind = BlindChannels


class WithoutChanges(World):
    channels_kind = LyingChannels


class DeletingBeforeRecording(World):
    inbox_kind = HastyInbox


class NeverDeleting(World):
    inbox_kind = UndeletingInbox


class WithoutLanes(World):
    inbox_kind = LanelessInbox


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (NoGrace, "doubled"),
        (WithoutClaims, "doubled"),
        (WithoutLooks, "doubled"),
        (WithForgottenEnds, "ended twice"),
        (DeletingBeforeRecording, "lost"),
        (NeverDeleting, "never ended"),
        (WithoutLanes, "out of order"),
        (WithDeafReaders, "outcome missing"),
        (WithForgottenEnds, "revision back"),
        (WithoutLooks, "misjudged"),
        (WithoutChanges, "wrongly changed"),
    ],
)
def test_a_world_broken_on_purpose_is_found_out(broken: type[World], kind: str) -> None:
    def found() -> Iterator[str]:
        for seed in range(SEEDS):
            yield from (finding.kind for finding in simulate(seed, "ignored", make=broken))

    assert kind in found()
