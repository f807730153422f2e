"""The demo's trouble: which calls meet which fault. Thrown once by the seed, so that all of it strikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from worker.local.chime.faults import (
    FAILURE,
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    UNAVAILABLE,
    Fault,
    FaultRule,
)
from worker.local.demo_channels import BROKEN, DemoChannel

AMONG_THE_FIRST = 5
"""
The sends of a channel among which the dice choose.

Each channel must get so many, and one more if it meets a second fault: a call that one rule strikes is not
counted by the next.
"""

THROTTLING = "429, throttled"
ALWAYS = "500 on every send to one channel"
SEND_FAULTS: Sequence[tuple[str, Fault]] = (
    (THROTTLING, THROTTLED),
    ("500 before the message was stored", FAILURE),
    ("503 before the message was stored", UNAVAILABLE),
    ("500 although the message was stored", FAILURE_AFTER_EFFECT),
    ("500 although the message was stored", FAILURE_AFTER_EFFECT),
    ("connection cut, request lost", LOST_REQUEST),
    ("connection cut, reply lost", LOST_REPLY),
    ("connection cut, reply lost", LOST_REPLY),
)
OTHER_FAULTS: Sequence[tuple[str, str, Fault]] = (
    ("503 on a list of messages", "ListChannelMessages", UNAVAILABLE),
    ("503 on a list of channels", "ListChannels", UNAVAILABLE),
    ("connection cut, though a channel was made", "CreateChannel", LOST_REPLY),
)


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A fault rule, and what to call it when it has struck."""

    name: str
    rule: FaultRule


def demo_faults(rng: Random, channels: Sequence[DemoChannel]) -> list[NamedRule]:
    """
    Throw the dice: every fault strikes one send of one channel, and the first call of some operations.

    To the broken channel no send ever comes through; one with few posts, or a flow, is left alone.
    """
    [broken] = (channel for channel in channels if channel.title == BROKEN)
    arns = [
        channel.arn for channel in channels if len(channel.posts) >= AMONG_THE_FIRST and not channel.has_flow
    ]
    places = {arn: rng.sample(range(1, AMONG_THE_FIRST + 1), 2) for arn in arns}
    rules = [_on_send(ALWAYS, FAILURE, broken.arn)]
    for n, (name, fault) in enumerate(rng.sample(SEND_FAULTS, len(SEND_FAULTS))):
        arn = arns[n % len(arns)]
        rules.append(_on_send(name, fault, arn, first=places[arn].pop(), times=1))
    rules += [
        NamedRule(name, FaultRule(fault, operation=operation, times=1))
        for name, operation, fault in OTHER_FAULTS
    ]
    return rules


def _on_send(name: str, fault: Fault, arn: str, *, first: int = 1, times: int | None = None) -> NamedRule:
    rule = FaultRule(fault, operation="SendChannelMessage", channel=arn, first=first, times=times)
    return NamedRule(name, rule)
