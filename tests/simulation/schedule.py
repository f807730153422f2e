"""What will go wrong, and when: a whole schedule out of one seed. The same seed gives the same schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from tests.simulation.jobs import HEALED_S, Changed, Enqueued, Way, change_faults, changed
from worker.local.chime.faults import (
    FAILURE,
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    UNAVAILABLE,
    Broken,
    Fault,
    FaultRule,
    Slow,
)
from worker.local.chime.treatments import Deny, Fail, Pass, Treatment

Tokens = Literal["honoured", "ignored"]

END_S = 3600.0
CRASHES = 4


@dataclass(frozen=True, slots=True)
class Deleted:
    """Somebody deletes a channel that jobs have made, with all that is in it."""

    at_s: float
    channel: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """An operator sends back the dead letter that lies there longest, if there is one."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Jump:
    """The workers' clock is set, by so much."""

    at_s: float
    by_s: float


@dataclass(frozen=True, slots=True)
class Duplicated:
    """SQS delivers the message of the *nth* enqueueing once more, at this time."""

    at_s: float
    nth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One history of faults."""

    seed: int
    tokens: Tokens
    workers: int
    fifo: bool
    visibility_timeout_s: float
    grace_s: float
    list_lag_s: float
    describe_lag_s: float
    latency_s: float
    bearer_rate_per_s: float
    channels: tuple[str, ...]
    made: tuple[str, ...]
    """Names for which jobs make channels."""
    strangers: frozenset[str]
    """Channels the bearer is not a member of, yet may join."""
    enqueued: tuple[Enqueued, ...]
    changed: tuple[Changed, ...]
    duplicated: tuple[Duplicated, ...]
    deleted: tuple[Deleted, ...]
    chime_faults: tuple[FaultRule, ...]
    queue_fault_p: float
    ledger_fault_p: float
    crash_after_calls: tuple[int, ...]
    """The first worker dies at its so-and-so-manieth step out of the process, the second at …"""
    stops_at_s: tuple[float, ...]
    """When a worker is stopped with SIGTERM and started again."""
    freezes: Mapping[int, float]
    """At which steps of a life its worker stands still, and for how many seconds."""
    skews_s: tuple[float, ...]
    """By how much each worker's clock is wrong: a little where several share a ledger."""
    jumps: tuple[Jump, ...]
    flows: Mapping[str, Treatment]
    """What a channel flow makes of a channel's messages."""
    publishes: bool
    outcomes_fault_p: float
    pool_grows_at_s: float
    """From then on workers start with a second bearer."""
    redriven: tuple[Redriven, ...]


def schedule_of(seed: int, tokens: Tokens) -> Schedule:
    """Make the schedule of a seed."""
    rng = Random(f"schedule {seed}")
    channels = tuple(f"channel-{n}" for n in range(rng.randint(1, 4)))
    fifo = rng.random() < 0.3
    grace_s = rng.choice((4.0, 10.0, 15.0))
    fleet = Random(f"fleet {seed}")
    workers = fleet.choice((1, 1, 2, 3, 4))
    jumps = tuple(
        Jump(fleet.uniform(1.0, 100.0), fleet.uniform(-60.0, 60.0))
        for _ in range(fleet.choice((0, 0, 1, 2)) if workers == 1 else 0)
    )
    # No release is as long as these: the oracle tells them apart. A clock set back makes waits longer.
    visibility_timeout_s = 97.0 if jumps else rng.choice((9.0, 33.0, 67.0))
    lag_s = rng.choice((0.0, 0.0, grace_s * 0.5, grace_s * 0.9))
    made = tuple(f"made-{n}" for n in range(rng.choice((0, 0, 1, 2))))
    enqueued = _enqueued(rng, channels, made=made, fifo=fifo)
    flows = _flows(fleet, channels) if not lag_s else {}
    changes = Random(f"changes {seed}")
    return Schedule(
        seed=seed,
        tokens=tokens,
        workers=workers,
        freezes={
            fleet.randint(1, 300): fleet.uniform(0.3, 2.0) * visibility_timeout_s
            for _ in range(fleet.choice((0, 0, 1, 3)) if workers > 1 else 0)
        },
        skews_s=tuple(fleet.uniform(-2.0, 2.0) if workers > 1 else 0.0 for _ in range(workers)),
        jumps=jumps,
        flows=flows,
        publishes=fleet.random() < 0.7,
        outcomes_fault_p=fleet.choice((0.0, 0.0, 0.1, 0.4)),
        pool_grows_at_s=fleet.choice((END_S, END_S, fleet.uniform(0.0, 100.0))),
        redriven=tuple(
            Redriven(fleet.uniform(1.0, HEALED_S)) for _ in range(fleet.choice((0, 1, 3)) if not fifo else 0)
        ),
        fifo=fifo,
        visibility_timeout_s=visibility_timeout_s,
        grace_s=grace_s,
        list_lag_s=lag_s,
        describe_lag_s=rng.choice((0.0, 0.0, 2.0)),
        latency_s=rng.choice((0.005, 0.05, 0.3)),
        bearer_rate_per_s=rng.choice((10.0, 50.0)),
        channels=channels,
        made=made,
        strangers=frozenset(one for one in channels if rng.random() < 0.15),
        enqueued=enqueued,
        changed=changed(changes, enqueued, among=frozenset(channels) - flows.keys(), fifo=fifo),
        duplicated=()
        if fifo
        else tuple(
            Duplicated(rng.uniform(0.0, 60.0), rng.randrange(len(enqueued))) for _ in range(rng.randint(0, 3))
        ),
        deleted=tuple(Deleted(rng.uniform(1.0, 60.0), one) for one in made if rng.random() < 0.4),
        chime_faults=(
            *_chime_faults(rng, grace_s - lag_s, min(10.0, visibility_timeout_s / 3)),
            *change_faults(changes),
        ),
        queue_fault_p=rng.choice((0.0, 0.0, 0.05, 0.2)),
        ledger_fault_p=rng.choice((0.0, 0.0, 0.02, 0.1)),
        crash_after_calls=tuple(
            rng.randint(1, rng.choice((60, 60, 400))) for _ in range(rng.randint(0, CRASHES))
        ),
        stops_at_s=tuple(sorted(rng.uniform(1.0, HEALED_S) for _ in range(rng.randint(0, 2)))),
    )


def _flows(rng: Random, channels: tuple[str, ...]) -> dict[str, Treatment]:
    """
    Give some channels a flow that answers in the end.

    It leaves the attributes alone: a flow that takes the marker away takes away what doubt is settled by.
    """

    def treatment() -> Treatment:
        delay_s = rng.choice((0.0, 1.0, rng.uniform(0.0, 120.0)))
        return rng.choice(
            (Pass(delay_s=delay_s, metadata="checked"), Deny(delay_s=delay_s), Fail(delay_s=delay_s))
        )

    return {channel: treatment() for channel in channels if rng.random() < 0.15}


def _enqueued(
    rng: Random, channels: tuple[str, ...], *, made: tuple[str, ...], fifo: bool
) -> tuple[Enqueued, ...]:
    jobs: list[Enqueued] = []
    for n in range(rng.randint(3, 12)):
        at_s = rng.choice((0.0, 0.0, rng.uniform(0.0, 40.0)))
        persistence = "NON_PERSISTENT" if rng.random() < 0.06 else "PERSISTENT"
        early = not fifo and rng.random() < 0.08
        not_before_s = at_s + rng.uniform(1.0, 60.0) if early else None
        channel = rng.choice((*channels, *made))
        way: Way = "create" if channel in made else "id"
        if rng.random() < 0.25:
            way = "name"
        job = Enqueued(at_s, f"job-{n}", channel, f"text {n}", persistence, not_before_s, way)
        jobs.append(job)
        if rng.random() < 0.1:  # the producer enqueues it twice
            jobs.append(replace(job, at_s=at_s + rng.uniform(0.0, 60.0), not_before_s=None))
        if rng.random() < 0.04:  # or uses its id again
            again_at_s = at_s + rng.uniform(5.0, 60.0)
            jobs.append(Enqueued(again_at_s, job.job_id, channel, f"another text {n}", way=way))
    return tuple(sorted(jobs, key=lambda job: job.at_s))


def _chime_faults(rng: Random, spare_s: float, deadline_s: float) -> tuple[FaultRule, ...]:
    """
    Roll the trouble of Chime.

    A slow request may be stored after its deadline, yet not after the deadline and what the list's lag
    leaves of the grace: the contract names that gap as one of the token's.
    """
    late = Slow(delay_s=deadline_s + rng.uniform(-0.9, 0.9) * min(spare_s, deadline_s), when="before")
    kinds: tuple[Fault, ...] = (
        LOST_REQUEST,
        LOST_REPLY,
        FAILURE,
        FAILURE_AFTER_EFFECT,
        UNAVAILABLE,
        THROTTLED,
        Broken(body=rng.choice(("truncated", "empty", "no_members", "number_for_id", "list"))),
        late,
    )
    rules = []
    for operation, most in (
        ("SendChannelMessage", 0.25),
        ("ListChannelMessages", 0.2),
        ("CreateChannelMembership", 0.1),
        ("CreateChannel", 0.2),
        ("DescribeChannel", 0.2),
        ("ListChannels", 0.2),
    ):
        rules += [
            FaultRule(fault, operation=operation, probability=rng.uniform(0.02, most))
            for fault in kinds
            if rng.random() < 0.35
        ]
    if rng.random() < 0.1:  # an outage
        rules.append(FaultRule(rng.choice(kinds), first=rng.randint(1, 10), times=rng.randint(5, 25)))
    return tuple(rules)
