"""Guarantee 4: what uses up an attempt, what ends a job that fails alone, and what is never its fault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from tests.core.jobs import BEARER, DEFAULT_BEARER, POLICY, a_row, answered, at, unclear
from tests.core.play import always, play
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.arrival import Accepted, arrive
from worker.core.decide import begin, next_step
from worker.core.policy import Policy
from worker.core.replies import Absent, Cause, Joined, NoReply, NotNow, Refused, Reply, Seen, Sent
from worker.core.row import Ended, Ready, Row, Sending, Unclear
from worker.core.steps import End, Join, Look, Send, Wait

ALONE = NoReply(Cause.TIMEOUT, "No reply.", "none")
AMONG_SUCCESSES = NoReply(Cause.TIMEOUT, "No reply.", "succeeded")
AMONG_FAILURES = NoReply(Cause.TIMEOUT, "No reply.", "failed")
REDIRECT = NoReply(Cause.REDIRECT, "Moved.", "succeeded")
GLANCE = Absent(at(2), whole=False)
EARLY = Absent(at(3), whole=True)
PROOF = Absent(at(30), whole=True)
THROTTLED = NotNow(Cause.THROTTLED, "Too many requests.")
NOT_A_MEMBER = Refused(Reason.NOT_A_MEMBER, "The bearer is no member.", repairable=True)
BAD_REQUEST = Refused(Reason.BAD_REQUEST, "Malformed.")
UNKNOWN_BEARER = Refused(Reason.BEARER_INVALID, "Unknown bearer.")


@dataclass(frozen=True, slots=True)
class Count:
    """What one attempt and the looks after it came to, and whether that attempt counts."""

    replies: tuple[Reply, ...]
    attempts: int


COUNTS = {
    "sent": Count((Sent("message-1"),), 1),
    "refused": Count((BAD_REQUEST,), 1),
    "refused-and-to-be-repaired": Count((NOT_A_MEMBER,), 0),
    "others-succeeded": Count((AMONG_SUCCESSES,), 1),
    "others-succeeded-and-looked": Count((AMONG_SUCCESSES, GLANCE, EARLY, PROOF), 1),
    "others-succeeded-and-seen": Count((AMONG_SUCCESSES, Seen("message-1")), 1),
    "others-failed": Count((AMONG_FAILURES,), 0),
    "others-failed-and-looked": Count((AMONG_FAILURES, GLANCE, EARLY, PROOF), 0),
    "others-failed-and-seen": Count((AMONG_FAILURES, Seen("message-1")), 0),
    "alone-and-not-looked": Count((ALONE,), 0),
    "alone-and-look-throttled": Count((ALONE, THROTTLED), 0),
    "alone-and-look-refused": Count((ALONE, BAD_REQUEST), 0),
    "alone-and-glanced": Count((ALONE, GLANCE), 1),
    "alone-and-glanced-twice": Count((ALONE, GLANCE, EARLY), 1),
    "alone-and-absent": Count((ALONE, PROOF), 1),
    "alone-and-glanced-and-absent": Count((ALONE, GLANCE, PROOF), 1),
    "alone-and-seen": Count((ALONE, Seen("message-1")), 1),
    "alone-and-glanced-and-seen": Count((ALONE, GLANCE, Seen("message-1")), 1),
    "alone-and-throttled-and-seen": Count((ALONE, THROTTLED, Seen("message-1")), 1),
    "redirect": Count((REDIRECT,), 0),
    "redirect-and-looked": Count((REDIRECT, GLANCE, PROOF), 0),
} | {f"not-now-{cause.value}": Count((NotNow(cause, "Later."),), 0) for cause in Cause}


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
def test_an_attempt_counts_only_if_it_failed_while_calls_of_its_bearer_worked(count: Count) -> None:
    row = a_row(Sending(at(0)))

    for second, reply in enumerate(count.replies, start=1):
        row = answered(row, reply, now=second)

    assert count.attempts == row.attempts


def test_a_job_that_fails_alone_ends_after_as_many_attempts_as_it_has() -> None:
    played = play(a_row(), always(sends=ALONE))

    assert (Outcome.EXHAUSTED, Reason.ATTEMPTS_EXHAUSTED) == (
        (played.end.outcome, played.end.reason) if played.end else None
    )
    assert (POLICY.max_attempts, POLICY.max_attempts) == (played.row.attempts, played.count(Send))


@pytest.mark.parametrize(
    "reply",
    [THROTTLED, AMONG_FAILURES, REDIRECT, *(NotNow(cause, "Later.") for cause in Cause)],
    ids=lambda reply: f"{type(reply).__name__}-{reply.cause.value}",
)
def test_a_job_that_fails_with_all_others_never_ends(reply: NoReply | NotNow) -> None:
    played = play(a_row(), always(sends=reply))

    assert (None, 0) == (played.end, played.row.attempts)
    assert played.count(Send) > POLICY.max_attempts


def test_a_job_alone_whose_looks_fail_too_never_ends_and_is_never_sent_again() -> None:
    played = play(a_row(), always(sends=ALONE, looks=THROTTLED))

    assert (None, 0, 1) == (played.end, played.row.attempts, played.count(Send))


def test_the_last_attempt_is_looked_for_before_the_job_is_exhausted() -> None:
    row = a_row(unclear(ended=100, look=100, weight="counted"), attempts=POLICY.max_attempts)

    assert Look(at(90), whole=False) == next_step(row, at(100), POLICY)
    assert Look(at(90), whole=True) == next_step(row, at(110), POLICY)
    seen = answered(row, Seen("message-1"), now=110)
    assert isinstance(seen.state, Ended)
    assert Outcome.DELIVERED is seen.state.outcome
    absent = answered(row, Absent(at(110), whole=True), now=111)
    assert "End exhausted: attempts_exhausted" == _end_of(absent, now=111)


def _end_of(row: Row, *, now: float, policy: Policy = POLICY) -> str | None:
    match next_step(row, at(now), policy):
        case End(Ended(outcome=outcome, reason=reason)):
            return f"End {outcome.value}: {reason.value if reason else None}"
        case _:
            return None


def test_a_job_whose_workers_die_in_the_middle_of_its_sends_ends_as_crash_loop() -> None:
    row, now = a_row(), 0.0

    for crash in range(1, POLICY.max_crashes + 1):
        assert Send() == next_step(row, at(now), POLICY)
        now += 100
        arrival = arrive(
            begin(row, at(now - 90)), row, now=at(now), call_deadline_s=10, is_live=lambda claim: False
        )
        assert isinstance(arrival, Accepted)
        assert Look(at(now - 90), whole=False) == next_step(arrival.row, at(now), POLICY)
        now += POLICY.grace_s
        row = answered(arrival.row, Absent(at(now), whole=True), now=now)
        assert (crash, 0) == (row.crashes, row.attempts)

    assert "End exhausted: crash_loop" == _end_of(row, now=now)


@pytest.mark.parametrize("state", [Ready(), Ready(at(500))], ids=["due", "backing-off"])
def test_a_job_that_the_queue_is_about_to_drop_ends_without_doubt(state: Ready) -> None:
    row = a_row(state, drop_at=at(100))

    assert None is _end_of(row, now=99.999)
    step = next_step(row, at(100), POLICY)
    assert isinstance(step, End)
    assert (Reason.RETENTION_ENDING, None) == (step.ended.reason, step.ended.doubt_since)


@pytest.mark.parametrize(
    "row",
    [a_row(Ready(at(500))), a_row(not_before=at(500)), a_row(unclear(look=500))],
    ids=["backing-off", "not-before", "in-doubt"],
)
def test_no_job_waits_beyond_the_moment_when_the_queue_is_about_to_drop_it(row: Row) -> None:
    assert Wait(at(300)) == next_step(replace(row, drop_at=at(300)), at(100), POLICY)
    assert Wait(at(500)) == next_step(replace(row, drop_at=at(900)), at(100), POLICY)


@pytest.mark.parametrize("look", [100, 500], ids=["look-due", "look-later"])
def test_a_job_that_the_queue_is_about_to_drop_in_doubt_ends_with_the_doubt_noted(look: float) -> None:
    step = next_step(a_row(unclear(since=90, look=look), drop_at=at(100)), at(100), POLICY)

    assert isinstance(step, End)
    assert (Reason.RETENTION_ENDING, at(90)) == (step.ended.reason, step.ended.doubt_since)


@pytest.mark.parametrize(
    ("reply", "ceilings_s"),
    [
        (NotNow(Cause.UNAUTHORIZED, "Later."), [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]),
        (THROTTLED, [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]),
        (ALONE, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]),
    ],
    ids=["not-now", "throttled", "unclear"],
)
def test_the_backoff_of_each_setback_stays_under_a_doubled_ceiling_and_a_cap(
    reply: NotNow | NoReply, ceilings_s: list[float]
) -> None:
    policy, row = Policy(retry_base_s=0.5, retry_cap_s=20.0), a_row()

    for setback, ceiling_s in enumerate(ceilings_s, start=1):
        row = answered(begin(a_row(setbacks=row.setbacks), at(0)), reply, now=0, policy=policy)
        assert setback == row.setbacks
        assert timedelta() < _retry_at(row) - at(0) <= timedelta(seconds=ceiling_s)


def _retry_at(row: Row) -> datetime:
    retry_at = row.state.retry_at if isinstance(row.state, Unclear) else None
    retry_at = row.state.not_until if isinstance(row.state, Ready) else retry_at
    assert retry_at is not None
    return retry_at


def test_a_proof_of_absence_does_not_shorten_the_backoff() -> None:
    row = answered(a_row(unclear(ended=100, retry=300)), Absent(at(110), whole=True), now=111)

    assert Wait(at(300)) == next_step(row, at(299), POLICY)
    assert Send() == next_step(row, at(300), POLICY)


def test_the_bearer_of_our_own_configuration_is_never_the_fault_of_a_job() -> None:
    played = play(a_row(bearer_arn=DEFAULT_BEARER), always(sends=UNKNOWN_BEARER))

    assert (None, 0) == (played.end, played.row.attempts)


def test_a_bearer_that_the_job_names_itself_and_chime_does_not_know_ends_it() -> None:
    played = play(a_row(bearer_arn=BEARER), always(sends=UNKNOWN_BEARER))

    assert played.end is not None
    assert (Outcome.REJECTED, Reason.BEARER_INVALID) == (played.end.outcome, played.end.reason)


def test_our_own_bearer_unknown_while_in_doubt_keeps_the_doubt() -> None:
    row = answered(a_row(unclear(), bearer_arn=DEFAULT_BEARER), UNKNOWN_BEARER, now=105)

    assert isinstance(row.state, Unclear)
    assert (at(90), at(100)) == (row.state.since, row.state.ended_at)


def test_a_bearer_joins_a_channel_once_and_is_then_taken_at_its_word() -> None:
    played = play(a_row(), always(sends=NOT_A_MEMBER, joins=Joined()))

    assert (2, 1) == (played.count(Send), played.count(Join))
    assert played.end is not None
    assert (Outcome.REJECTED, Reason.NOT_A_MEMBER) == (played.end.outcome, played.end.reason)


def test_a_job_that_must_not_repair_is_rejected_at_its_first_refusal() -> None:
    played = play(a_row(), always(sends=NOT_A_MEMBER), policy=Policy(may_join=False))

    assert (1, 0) == (played.count(Send), played.count(Join))
    assert played.end is not None
    assert Outcome.REJECTED is played.end.outcome


def test_a_bearer_that_may_not_look_joins_once_and_the_doubt_then_stays_for_ever() -> None:
    played = play(a_row(), always(sends=ALONE, looks=NOT_A_MEMBER, joins=Joined()))

    assert (1, 1, 2) == (played.count(Send), played.count(Join), played.count(Look))
    assert played.end is not None
    assert Outcome.UNVERIFIABLE is played.end.outcome


def test_a_join_that_is_throttled_is_tried_again_and_costs_no_attempt() -> None:
    played = play(a_row(), always(sends=NOT_A_MEMBER, joins=THROTTLED))

    assert (None, 0, 1) == (played.end, played.row.attempts, played.count(Send))
    assert played.count(Join) > POLICY.max_attempts
