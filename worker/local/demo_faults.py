"""The demo's trouble: which sends meet which fault. Thrown once by the seed, so that all of it strikes."""

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
"""The sends of a channel among which the dice choose. Every channel gets six, and at most two faults."""

THROTTLING = "429, throttled"
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
LIST_FAULT = ("503 on a list", UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A fault rule, and what to call it when it has struck."""

    name: str
    rule: FaultRule


def demo_faults(rng: Random, channel_arns: Sequence[str]) -> list[NamedRule]:
    """Throw the dice: every fault strikes one send of one channel; the first list of all fails as well."""
    places = {arn: rng.sample(range(1, AMONG_THE_FIRST + 1), 2) for arn in channel_arns}
    rules = []
    for n, (name, fault) in enumerate(rng.sample(SEND_FAULTS, len(SEND_FAULTS))):
        arn = channel_arns[n % len(channel_arns)]
        rule = FaultRule(fault, operation="SendChannelMessage", channel=arn, first=places[arn].pop(), times=1)
        rules.append(NamedRule(name, rule))
    name, fault = LIST_FAULT
    return [*rules, NamedRule(name, FaultRule(fault, operation="ListChannelMessages", times=1))]
