"""What is enqueued in a schedule: jobs that send, and jobs that change what others have sent."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

from worker.local.chime.faults import (
    FAILURE,
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    UNAVAILABLE,
    FaultRule,
)

Way = Literal["id", "name", "create"]

HEALED_S = 150.0
"""From this time on nothing goes wrong any more, so that everything must come to an end."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """One enqueueing of a job."""

    at_s: float
    job_id: str
    channel: str
    content: str
    persistence: str = "PERSISTENT"
    not_before_s: float | None = None
    way: Way = "id"
    """How the job names its channel; to "create" means by name as well."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One enqueueing of a job that changes another's message: gives it *content*, or if None redacts it."""

    at_s: float
    job_id: str
    of: str
    channel: str
    content: str | None


def changed(
    rng: Random, sends: tuple[Enqueued, ...], *, among: frozenset[str], fifo: bool
) -> tuple[Changed, ...]:
    """
    Change some messages, from before they are sent to long after; on a FIFO queue up to three times.

    A standard queue promises no order of two changes that were not in hand together.
    """
    changes: list[Changed] = []
    for send in sends:
        simple = send.persistence == "PERSISTENT" and send.not_before_s is None
        alone = [one.job_id for one in sends].count(send.job_id) == 1
        if not (simple and alone and send.channel in among) or rng.random() >= 0.25:
            continue
        at_s = send.at_s
        for n in range(rng.randint(1, 3) if fifo else 1):
            at_s = max(0.0, at_s + rng.choice((0.001, rng.uniform(0.0 if fifo else -10.0, 90.0))))
            if at_s >= HEALED_S:
                break  # the world may be over by then
            content = f"{send.content}, edition {n}" if rng.random() < 0.7 else None
            changes.append(Changed(at_s, f"{send.job_id}-change-{n}", send.job_id, send.channel, content))
            if content is None:
                break  # what is redacted cannot be changed any more
    return tuple(changes)


def change_faults(rng: Random) -> tuple[FaultRule, ...]:
    """Roll the trouble of the calls that changes make."""
    kinds = (LOST_REQUEST, LOST_REPLY, FAILURE, FAILURE_AFTER_EFFECT, UNAVAILABLE, THROTTLED)
    operations = ("UpdateChannelMessage", "RedactChannelMessage", "GetChannelMessage")
    return tuple(
        FaultRule(fault, operation=operation, probability=rng.uniform(0.02, 0.25))
        for operation in operations
        for fault in kinds
        if rng.random() < 0.35
    )
