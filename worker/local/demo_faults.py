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

AMONG_THE_FIRST = 5
"""The sends of a channel among which the dice choose. Each must get so many, and meets two faults at most."""

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


def demo_faults(rng: Random, channel_arns: Sequence[str], *, broken_arn: str) -> list[NamedRule]:
    """
    Throw the dice: every fault strikes one send of one channel, and the first call of some operations.

    No send to the channel *broken_arn* is ever stored.
    """
    places = {arn: rng.sample(range(1, AMONG_THE_FIRST + 1), 2) for arn in channel_arns}
    rules = [NamedRule(ALWAYS, FaultRule(FAILURE, operation="SendChannelMessage", channel=broken_arn))]
    for n, (name, fault) in enumerate(rng.sample(SEND_FAULTS, len(SEND_FAULTS))):
        arn = channel_arns[n % len(channel_arns)]
        rule = FaultRule(fault, operation="SendChannelMessage", channel=arn, first=places[arn].pop(), times=1)
        rules.append(NamedRule(name, rule))
    rules += [
        NamedRule(name, FaultRule(fault, operation=operation, times=1))
        for name, operation, fault in OTHER_FAULTS
    ]
    return rules
