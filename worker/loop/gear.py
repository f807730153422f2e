"""What every job's handling shares: ports, pace, slots and policy, assembled once by `worker.app`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from worker.core.decide import Policy
from worker.core.identity import MarkerStyle
from worker.core.row import Claim
from worker.core.witness import Witness
from worker.loop.calls import Calls
from worker.loop.intake import Intake
from worker.loop.limits import Limits
from worker.loop.resolve import Resolver
from worker.loop.stopping import Stopping
from worker.loop.tally import Tally
from worker.loop.turns import Turns
from worker.ports import Channels, Clock, Ledger

CLOCKS_DIFFER = timedelta(seconds=5)
"""How far the clocks of two workers may be apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who we are to Chime, and whom jobs may speak for."""

    app_instance_arn: str
    bearer_arn: str
    marker_style: MarkerStyle
    may_speak_for: Callable[[str], bool]


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
    turns: Turns = field(init=False)
    slots: asyncio.Semaphore = field(init=False)
    resolver: Resolver = field(init=False)
    witness: Witness = field(default_factory=Witness)
    stopping: Stopping = field(default_factory=Stopping)
    intake: Intake = field(default_factory=Intake)
    tally: Tally = field(default_factory=Tally)
    live_claims: set[str] = field(default_factory=set)
    """Ids of the claims that handlings of this process hold."""

    def __post_init__(self) -> None:
        """Make what follows from the limits."""
        self.turns = Turns(
            bearer_rate_per_s=self.limits.bearer_rate_per_s, channel_rate_per_s=self.limits.channel_rate_per_s
        )
        self.slots = asyncio.Semaphore(self.limits.concurrency)
        self.resolver = Resolver(
            self.channels,
            Calls(self.turns, self.slots),
            stopping=self.stopping,
            rng=self.rng,
            app_instance_arn=self.identity.app_instance_arn,
            bearer_arn=self.identity.bearer_arn,
        )

    def is_live(self, claim: Claim) -> bool:
        """
        Tell whether a claim's holder may still be at work.

        In a ledger of our own, a claim that no handling of ours holds is a dead worker's. In a shared one it
        must lapse first: its holder begins no call that could outlast it.
        """
        if claim.id in self.live_claims:
            return True
        return self.ledger.is_shared and self.clock.now() < claim.until + CLOCKS_DIFFER
