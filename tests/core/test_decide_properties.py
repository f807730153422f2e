"""Whatever Chime answers, and whenever: what no sequence of steps and replies may come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.core.any_rows import DONE
from tests.core.fickle_chime import ON_ITS_WAY_S, Died, FickleChime
from tests.core.jobs import CHANNEL, START, a_row, answered, at
from tests.core.play import always, play
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.arrival import Accepted, arrive
from worker.core.decide import after, begin, end, next_step
from worker.core.policy import Policy
from worker.core.replies import (
    Absent,
    Cause,
    Joined,
    JoinReply,
    LookReply,
    NoReply,
    NotNow,
    Refused,
    Reply,
    Resolved,
    Seen,
    SendReply,
    Sent,
)
from worker.core.row import Ended, Row
from worker.core.steps import End, Join, Locate, Look, Resolve, Send, Step, Wait

POLICY = Policy(max_attempts=3, max_crashes=2, retry_cap_s=20.0, grace_s=10.0)
GRACE = timedelta(seconds=POLICY.grace_s)
PAUSE_S = 4.0
CALL_DEADLINE_S = PAUSE_S + ON_ITS_WAY_S
STEPS = 80


@dataclass(slots=True)
class Life:
    """One job in the hands of drawn luck. *doubt_since* is kept by the test, not read from the row."""

    row: Row
    chime: FickleChime
    luck: some.DataObject
    now: datetime = START
    began_at: datetime = START
    """When the latest attempt began."""
    doubt_since: datetime | None = None
    """When an attempt ended that nothing has settled yet."""

    def live(self) -> None:
        """Take steps until the job ends; hold each of them to what may never happen."""
        for _ in range(STEPS):
            before, step = self.row, next_step(self.row, self.now, POLICY)
            if isinstance(step, End):
                self.row = end(self.row, step.ended)
                return
            self._take(step)
            assert before.revision <= self.row.revision
            assert before.attempts <= self.row.attempts <= POLICY.max_attempts
            assert len(self.chime.listed_from) <= 1, "sent twice"
            if isinstance(self.row.state, Ended):
                return

    def _take(self, step: Step) -> None:
        match step:
            case Send():
                self._send()
            case Look():
                self._look(step)
            case Join():
                self._hear(self.chime.join())
            case Resolve():
                self._hear(self.chime.resolve())
            case Wait(until):
                assert until > self.now, "a wait that is none"
                self.now = until
            case End():
                raise AssertionError("a job ends once")
            case Locate():
                raise AssertionError("a send changes no other message")

    def _send(self) -> None:
        assert self.doubt_since is None, "sent again in doubt"
        self.row, self.began_at = begin(self.row, self.now), self.now
        try:
            reply = self.chime.send(self._later())
        except Died:
            return self._die()
        self._later()
        if isinstance(reply, NoReply):
            self.doubt_since = self.now
        return self._hear(reply)

    def _die(self) -> None:
        self._later()
        self.doubt_since = max(self.now, self.began_at + timedelta(seconds=CALL_DEADLINE_S))
        arrival = arrive(
            self.row, self.row, now=self.now, call_deadline_s=CALL_DEADLINE_S, is_live=lambda claim: False
        )
        assert isinstance(arrival, Accepted)
        self.row = arrival.row

    def _look(self, step: Look) -> None:
        assert self.row.listable, "looked for what no list shows"
        assert self.doubt_since is not None, "looked without doubt"
        assert step.since <= self.began_at, "looked for too late a message"
        asked_at = self._later()
        reply = self.chime.look(step, asked_at)
        self._later()
        self._hear(reply)
        is_proof = isinstance(reply, Absent) and reply.whole and reply.asked_at >= self.doubt_since + GRACE
        if is_proof or isinstance(reply, Seen):
            self.doubt_since = None

    def _hear(self, reply: Reply) -> None:
        self.row = after(self.row, reply, now=self.now, policy=POLICY, rng=Random(8812))

    def _later(self) -> datetime:
        self.now += timedelta(seconds=self.luck.draw(some.floats(0, PAUSE_S)))
        return self.now


maybe_later = some.none() | some.integers(0, 120).map(at)


@settings(max_examples=300, deadline=None)
@given(some.data(), some.booleans(), some.booleans(), maybe_later, maybe_later, maybe_later)
def test_no_luck_sends_a_job_twice_or_in_doubt_or_ends_it_with_a_lie(
    luck: some.DataObject,
    listable: bool,
    named: bool,
    not_before: datetime | None,
    not_after: datetime | None,
    drop_at: datetime | None,
) -> None:
    row = a_row(listable=listable, not_before=not_before, not_after=not_after, drop_at=drop_at)
    if named:
        row = replace(row, channel_arn="", renewable=True)
    life = Life(row, FickleChime(luck, POLICY.grace_s), luck)

    life.live()

    if isinstance(ended := life.row.state, Ended):
        assert End(ended) == next_step(life.row, at(1_000_000), POLICY)
        assert life.row.revision == 1
        _assert_true(ended, life)


def _assert_true(ended: Ended, life: Life) -> None:
    stored = len(life.chime.listed_from)
    match ended.outcome:
        case Outcome.DELIVERED | Outcome.ACCEPTED:
            assert stored == 1
        case Outcome.UNVERIFIABLE:
            assert life.doubt_since is not None
        case Outcome.REJECTED | Outcome.EXPIRED:
            assert (0, None) == (stored, life.doubt_since)
        case Outcome.EXHAUSTED if ended.doubt_since is None:
            assert (0, None) == (stored, life.doubt_since)
        case Outcome.EXHAUSTED:
            assert ended.reason is Reason.RETENTION_ENDING
            assert life.doubt_since is not None
        case _:
            raise AssertionError(f"no send ends as {ended.outcome}")


REFUSED = Refused(Reason.BAD_REQUEST, "Malformed.")
REPAIRABLE = Refused(Reason.NOT_A_MEMBER, "No member.", repairable=True)
THROTTLED = NotNow(Cause.THROTTLED, "Later.")
SENDS: dict[str, SendReply] = {
    "sent": Sent("message-1"),
    "refused": REFUSED,
    "repairable": REPAIRABLE,
    "alone": NoReply(Cause.TIMEOUT, "No reply.", "none"),
    "among-successes": NoReply(Cause.TIMEOUT, "No reply.", "succeeded"),
    "among-failures": NoReply(Cause.TIMEOUT, "No reply.", "failed"),
    "redirect": NoReply(Cause.REDIRECT, "Moved.", "succeeded"),
    "not-now": THROTTLED,
}
LOOKS: tuple[LookReply | None, ...] = (None, Seen("message-1"), REFUSED, REPAIRABLE, THROTTLED)
"""None: nothing is listed."""
JOINS: tuple[JoinReply, ...] = (Joined(), REFUSED, THROTTLED)
OUTAGES = ("among-failures", "redirect", "not-now")


@pytest.mark.parametrize("send", SENDS)
def test_a_chime_that_always_says_the_same_ends_every_job_unless_it_is_out_of_order(send: str) -> None:
    for looks, joins, listable in product(LOOKS, JOINS, (True, False)):
        played = play(a_row(listable=listable), always(sends=SENDS[send], looks=looks, joins=joins))

        is_out = (
            send in OUTAGES
            or (looks is THROTTLED and played.count(Look))
            or (joins is THROTTLED and played.count(Join))
        )
        assert played.end is not None or is_out, (looks, joins, listable)
        assert listable or not played.count(Look)


REPLIES: tuple[Reply, ...] = (
    Sent("message-2"),
    REFUSED,
    REPAIRABLE,
    SENDS["alone"],
    THROTTLED,
    Seen("message-2"),
    Absent(at(100), whole=True),
    Joined(),
    Resolved(CHANNEL),
)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: type(reply).__name__)
def test_a_final_end_stands_whatever_is_heard_later(reply: Reply) -> None:
    ended = end(a_row(), DONE)

    try:
        later = answered(ended, reply, now=100)
    except ValueError:
        return  # refused: nobody asks for a job that is over
    assert ended == later


@pytest.mark.parametrize("kind", ["sending", "unclear", "ended"])
def test_an_attempt_begins_only_where_nothing_can_be_in_the_channel(kind: str) -> None:
    sending = begin(a_row(), at(0))
    row = {"sending": sending, "unclear": answered(sending, SENDS["alone"], now=1), "ended": a_row(DONE)}[
        kind
    ]

    with pytest.raises(ValueError, match=f"cannot be sent while it is {kind}"):
        begin(row, at(2))
