"""A Chime of one channel whose luck hypothesis draws: it knows what it stored, whatever it answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, assert_never, get_args

from hypothesis import strategies as some

from tests.core.jobs import CHANNEL
from worker.contract.reasons import Reason
from worker.core.replies import (
    Absent,
    Cause,
    Joined,
    JoinReply,
    LookReply,
    NoReply,
    NotNow,
    Refused,
    Resolved,
    ResolveReply,
    Seen,
    Sent,
)
from worker.core.steps import Look

SendFate = Literal[
    "sent",
    "pending",
    "refused",
    "no member",
    "throttled",
    "stored, reply lost",
    "lost",
    "stored, died",
    "died",
]
SEND_FATES: tuple[SendFate, ...] = get_args(SendFate)
OTHERS: tuple[Literal["succeeded", "failed", "none"], ...] = ("succeeded", "failed", "none")
ON_ITS_WAY_S = 1.0
"""How much later than its worker's death a request may reach us."""


class Died(Exception):
    """The worker was killed in the middle of the call."""


@dataclass(slots=True)
class FickleChime:
    """Stores messages, or not; lists them late, but never later than *grace_s*."""

    luck: some.DataObject
    grace_s: float
    listed_from: list[datetime] = field(default_factory=list)
    """Of each stored message: when lists begin to show it."""

    def send(self, now: datetime) -> Sent | Refused | NotNow | NoReply:
        """Answer a send that Chime gets at *now*; raise Died if the worker is no more."""
        fate = self.luck.draw(some.sampled_from(SEND_FATES))
        match fate:
            case "sent":
                return Sent(self._store(now))
            case "pending":
                return Sent(self._store(now), "PENDING")
            case "refused":
                return Refused(Reason.BAD_REQUEST, "Malformed.")
            case "no member":
                return Refused(Reason.NOT_A_MEMBER, "No member.", repairable=True)
            case "throttled":
                return NotNow(Cause.THROTTLED, "Too many requests.")
            case "stored, reply lost":
                self._store(now)
            case "stored, died":
                self._store(now + timedelta(seconds=self.luck.draw(some.floats(0, ON_ITS_WAY_S))))
            case "lost" | "died":
                pass
            case _:
                assert_never(fate)
        if fate.endswith("died"):
            raise Died
        return NoReply(Cause.TIMEOUT, "No reply.", self.luck.draw(some.sampled_from(OTHERS)))

    def look(self, look: Look, now: datetime) -> LookReply:
        """List at *now*; a glance may miss what newer messages pushed off its page."""
        fate = self.luck.draw(some.sampled_from(["listed", "listed", "throttled", "no member"]))
        if fate == "throttled":
            return NotNow(Cause.THROTTLED, "Too many requests.")
        if fate == "no member" and self.luck.draw(some.integers(0, 9)) == 0:
            return Refused(Reason.NOT_A_MEMBER, "No member.", repairable=True)
        is_whole = look.whole or self.luck.draw(some.booleans())
        is_on_the_page = is_whole or self.luck.draw(some.booleans())
        for number, shown_from in enumerate(self.listed_from, start=1):
            if shown_from <= now and is_on_the_page:
                return Seen(f"message-{number}")
        return Absent(now, is_whole)

    def join(self) -> JoinReply:
        """Let the bearer into the channel, or not."""
        replies: list[JoinReply] = [
            Joined(),
            Refused(Reason.NOT_A_MEMBER, "No admin."),
            NotNow(Cause.THROTTLED, "Too many requests."),
        ]
        return self.luck.draw(some.sampled_from(replies))

    def resolve(self) -> ResolveReply:
        """Find the channel that the job names, or not."""
        replies: list[ResolveReply] = [
            Resolved(f"{CHANNEL}-{self.luck.draw(some.integers(1, 2))}"),
            Refused(Reason.CHANNEL_NOT_FOUND, "No such channel."),
            NotNow(Cause.THROTTLED, "Too many requests."),
        ]
        return self.luck.draw(some.sampled_from(replies))

    def _store(self, now: datetime) -> str:
        lag_s = self.luck.draw(some.floats(0, self.grace_s))
        self.listed_from.append(now + timedelta(seconds=lag_s))
        return f"message-{len(self.listed_from)}"
