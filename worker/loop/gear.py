"""What every job's handling shares: ports, pace, slots and policy, assembled once by `worker.app`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from worker.core.fleet import Member
from worker.core.identity import MarkerStyle
from worker.core.policy import Policy
from worker.core.rendezvous import owner_of
from worker.core.replies import JoinReply
from worker.core.row import Claim
from worker.core.witness import Witness
from worker.loop.breaker import Breaker
from worker.loop.calls import Calls
from worker.loop.heart import Heart
from worker.loop.intake import Intake
from worker.loop.limits import Limits
from worker.loop.publish import Publisher
from worker.loop.resolve import Resolver
from worker.loop.shared import Shared
from worker.loop.stopping import Stopping
from worker.loop.tally import Tally
from worker.loop.turns import Turns
from worker.ports import Channels, Clock, Ledger, Outcomes

CLOCKS_DIFFER = timedelta(seconds=5)
"""How far the clocks of two workers may be apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are to Chime, and whom jobs may speak for."""

    app_instance_arn: str
    pool: tuple[str, ...]
    """The worker's own bearers; the first one finds channels."""
    marker_style: MarkerStyle
    may_speak_for: Callable[[str], bool]
    worker_id: str = "worker"
    """Among the workers of the ledger; new with every start."""
    host: str = ""
    version: str = ""

    def bearer_for(self, channel_arn: str) -> str:
        """Say which of the pool serves a channel: always the same, so that the channel sees one sender."""
        return owner_of(channel_arn, self.pool)


@dataclass(slots=True, kw_only=True)
class Gear:
    """The shared parts. One a service, for as long as it runs."""

    channels: Channels
    ledger: Ledger
    clock: Clock
    rng: Random
    policy: Policy
    limits: Limits
    identity: Identity
    is_fifo: bool
    retention_s: int | None
    outcomes: Outcomes | None = None
    turns: Turns = field(init=False)
    slots: asyncio.Semaphore = field(init=False)
    calls: Calls = field(init=False)
    resolver: Resolver = field(init=False)
    heart: Heart = field(init=False)
    publisher: Publisher = field(init=False)
    breaker: Breaker = field(init=False)
    joins: Shared[JoinReply] = field(default_factory=Shared)
    witness: Witness = field(default_factory=Witness)
    stopping: Stopping = field(default_factory=Stopping)
    intake: Intake = field(default_factory=Intake)
    tally: Tally = field(default_factory=Tally)
    live_claims: set[str] = field(default_factory=set)
    """Ids of the claims that handlings of this process hold."""

    def __post_init__(self) -> None:
        """Make what follows from the limits."""
        self.turns = Turns(
            bearer_rate_per_s=self.limits.bearer_rate_per_s,
            channel_rate_per_s=self.limits.channel_rate_per_s,
            spare_share=self.limits.reconcile_share,
        )
        self.slots = asyncio.Semaphore(self.limits.concurrency)
        self.calls = Calls(self.turns, self.slots, wait=self.turns.for_call, stopping=self.stopping)
        self.resolver = Resolver(
            self.channels,
            self.calls,
            stopping=self.stopping,
            rng=self.rng,
            app_instance_arn=self.identity.app_instance_arn,
            bearer_arn=self.identity.pool[0],
        )
        self.breaker = Breaker(self.intake, pool=self.identity.pool)
        self.publisher = Publisher(self.outcomes, intake=self.intake, stopping=self.stopping, rng=self.rng)
        now = self.clock.now()
        me = Member(
            id=self.identity.worker_id,
            host=self.identity.host,
            version=self.identity.version,
            started_at=now,
            seen_at=now,
        )
        self.heart = Heart(self.ledger, self.clock, me=me, turns=self.turns, intake=self.intake)

    def is_live(self, claim: Claim) -> bool:
        """
        Tell whether a claim's holder may still be at work.

        In a ledger of our own, a claim that no handling of ours holds is a dead worker's. In a shared one it
        must lapse first, or its holder's heartbeat: no call begins that could outlast either.
        """
        if claim.id in self.live_claims:
            return True
        is_ours = claim.worker_id == self.identity.worker_id or not self.ledger.is_shared
        if is_ours or self.clock.now() >= claim.until + CLOCKS_DIFFER:
            return False
        return not self.heart.fleet.is_dead(claim.worker_id)
