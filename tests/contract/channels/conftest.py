"""One suite, two ways to Chime: over HTTP to the emulator, and straight to its state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from random import Random

import pytest

from worker.adapters.aws import ClientPlan, aws_clients
from worker.adapters.chime import ChimeChannels
from worker.contract.requests import Message
from worker.local.chime.clock import WallClock
from worker.local.chime.faults import Fault, FaultRule
from worker.local.chime.server import emulator
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.direct_channels import DirectChannels
from worker.ports import Channels, Outgoing

APP = "arn:aws:chime:us-east-1:123456789012:app-instance/11111111-2222-3333-4444-555555555555"
BEARER = f"{APP}/user/backend_worker"
ADMIN = f"{APP}/user/admin"
CHANNEL = f"{APP}/channel/orders"
PRIVATE = f"{APP}/channel/private"
MISSING = f"{APP}/channel/missing"
STRANGER = f"{APP}/user/nobody-made-me"
CONTENT = "Order 8812 has shipped: Zoë 🚀"

DEADLINE_S = 1.0


@dataclass(frozen=True, slots=True)
class Bench:
    """Channels, and the Chime behind them."""

    channels: Channels
    chime: Chime

    def strike(self, fault: Fault, operation: str = "SendChannelMessage", *, times: int = 1) -> None:
        """Let the next such calls meet a fault."""
        self.chime.faults.add(FaultRule(fault, operation=operation, times=times))

    def stored(self, channel_arn: str = CHANNEL) -> list[str | None]:
        """What really is in a channel."""
        return [message.content for message in self.chime.messages(channel_arn)]


def a_chime() -> Chime:
    chime = Chime(WallClock(), switches=Switches(rates="off"), rng=Random(1))
    chime.add_app_instance(APP)
    for user in (BEARER, ADMIN):
        chime.add_user(user)
    chime.add_admin(ADMIN)
    for channel in (CHANNEL, PRIVATE):
        chime.add_channel(channel, privacy="PUBLIC" if channel == CHANNEL else "PRIVATE")
    chime.add_member(CHANNEL, BEARER)
    return chime


@pytest.fixture(params=["direct", "http"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    chime = a_chime()
    if request.param == "direct":
        yield Bench(DirectChannels(chime, deadline_s=DEADLINE_S), chime)
        return
    async with emulator(chime) as served:
        plan = ClientPlan(region="us-east-1", connections=8, call_deadline_s=DEADLINE_S, endpoint=served.url)
        async with aws_clients(chime=plan, sqs=plan, version="1.2.3") as clients:
            yield Bench(ChimeChannels(clients.chime, deadline_s=DEADLINE_S), chime)


def a_message(content: str = CONTENT) -> Message:
    return Message(
        content=content,
        type="STANDARD",
        persistence="PERSISTENT",
        metadata=None,
        content_type=None,
        attributes=(),
        push=None,
        target_arn=None,
        sub_channel_id=None,
    )


def outgoing(n: int = 1, *, message: Message | None = None, **other: str) -> Outgoing:
    """Message *n* on its way from the bearer to the channel, unless told otherwise."""
    usual = Outgoing(
        channel_arn=CHANNEL,
        bearer_arn=BEARER,
        client_request_token=f"token-{n}",
        marker=f"MARKER{n}",
        message=message or a_message(),
    )
    return replace(usual, **other)  # type: ignore[arg-type]
