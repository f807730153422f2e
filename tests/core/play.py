"""Plays a job through `decide` in no time: each call takes a second, each wait is over at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from tests.core.jobs import POLICY, START
from worker.core.decide import after, begin, end, next_step
from worker.core.policy import Policy
from worker.core.replies import Absent, JoinReply, LookReply, Reply, ResolveReply, SendReply
from worker.core.row import Ended, Row
from worker.core.steps import End, Join, Locate, Look, Resolve, Send, Step, Wait

Call = Send | Look | Join | Resolve | Locate
CALL = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Played:
    """What became of the job, and what was done to get there."""

    row: Row
    calls: tuple[Call, ...]

    @property
    def end(self) -> Ended | None:
        """How the job ended; None if it still waits."""
        return self.row.state if isinstance(self.row.state, Ended) else None

    def count(self, kind: type[Call]) -> int:
        """Count the calls of one kind."""
        return sum(isinstance(call, kind) for call in self.calls)


def play(
    row: Row, chime: Callable[[Call, datetime], Reply], *, policy: Policy = POLICY, steps: int = 300
) -> Played:
    """Do *steps* steps at most; *chime* answers a call, and is told when it was asked."""
    now, rng = START, Random(8812)
    played = Played(row, ())
    for _ in range(steps):
        row = played.row
        step: Step = next_step(row, now, policy)
        match step:
            case End(ended):
                return played if row.state is ended else replace(played, row=end(row, ended))
            case Wait(until):
                now = until
            case Send() | Look() | Join() | Resolve() | Locate():
                row = begin(row, now) if isinstance(step, Send) else row
                reply, now = chime(step, now), now + CALL
                played = Played(after(row, reply, now=now, policy=policy, rng=rng), (*played.calls, step))
    return played


def always(
    *,
    sends: SendReply,
    looks: LookReply | None = None,
    joins: JoinReply | None = None,
    channels: ResolveReply | None = None,
) -> Callable[[Call, datetime], Reply]:
    """Make a Chime that always says the same; by default it lists nothing, asked when it is asked."""

    def chime(call: Call, now: datetime) -> Reply:
        reply: Reply | None = None
        match call:
            case Send():
                return sends
            case Look(whole=whole):
                reply = looks or Absent(now, whole)
            case Join():
                reply = joins
            case Resolve():
                reply = channels
            case Locate():
                pass
        assert reply is not None, "nobody expected that call"
        return reply

    return chime
