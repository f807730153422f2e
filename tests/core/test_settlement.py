"""How a delivery leaves the hand: what SQS is told, and what a dead letter says of its job."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.core.jobs import POLICY, a_row, answered, at
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.decide import begin, end
from worker.core.replies import Absent, Cause, NoReply, NotNow
from worker.core.row import Ended, Ready, Row
from worker.core.settlement import (
    MAX_VISIBILITY_S,
    DeadLetter,
    Delete,
    Letter,
    Release,
    settlement_for,
    visibility_after,
)

LETTER = Letter(reason=Reason.BUG, detail="A bug.", job_id=None, attempts=0, first_failed_at=at(0))


@pytest.mark.parametrize(
    ("after_s", "visibility_s"),
    [(0.0, 0), (-3.0, 0), (0.001, 1), (1.0, 1), (299.5, 300), (43_200.0, 43_200), (1e9, 43_200)],
)
def test_a_released_job_is_visible_again_no_earlier_than_asked_within_what_sqs_allows(
    after_s: float, visibility_s: int
) -> None:
    assert visibility_s == visibility_after(Release(after_s))


@given(some.floats(0, 1e7))
def test_any_release_is_a_visibility_that_sqs_takes(after_s: float) -> None:
    visibility_s = visibility_after(Release(after_s))

    assert visibility_s is not None
    assert min(after_s, MAX_VISIBILITY_S) <= visibility_s <= MAX_VISIBILITY_S


@pytest.mark.parametrize("settlement", [Delete(), DeadLetter(LETTER)], ids=["delete", "dead-letter"])
def test_what_leaves_the_queue_is_never_visible_again(settlement: Delete | DeadLetter) -> None:
    assert None is visibility_after(settlement)


@pytest.mark.parametrize("outcome", Outcome)
def test_only_rejected_and_exhausted_jobs_become_dead_letters(outcome: Outcome) -> None:
    settlement = settlement_for(end(a_row(), Ended(outcome, at(1), Reason.BUG)))

    is_failed = outcome in (Outcome.REJECTED, Outcome.EXHAUSTED)
    assert (DeadLetter if is_failed else Delete) is type(settlement)


def test_a_job_without_an_end_keeps_its_delivery() -> None:
    with pytest.raises(ValueError, match="has no end yet"):
        settlement_for(a_row())


def letter_of(row: Row) -> Letter:
    """Return what the dead letter of an ended job says."""
    settlement = settlement_for(row)
    assert isinstance(settlement, DeadLetter)
    return settlement.letter


def test_a_dead_letter_says_why_how_often_and_since_when() -> None:
    row = answered(begin(a_row(), at(5)), NotNow(Cause.THROTTLED, "Later."), now=6)
    row = end(row, Ended(Outcome.REJECTED, at(60), Reason.BAD_REQUEST, "Malformed."))

    assert letter_of(row) == Letter(
        reason=Reason.BAD_REQUEST, detail="Malformed.", job_id="order-8812", attempts=0, first_failed_at=at(6)
    )


def test_a_reason_without_a_detail_speaks_for_itself() -> None:
    row = end(a_row(), Ended(Outcome.REJECTED, at(60), Reason.BAD_REQUEST))

    assert Reason.BAD_REQUEST.sentence == letter_of(row).detail


def test_a_job_that_never_failed_before_its_end_failed_first_at_its_end() -> None:
    row = a_row().noting("attempt", at(1))

    assert at(60) == letter_of(end(row, Ended(Outcome.REJECTED, at(60), Reason.BUG))).first_failed_at


@pytest.mark.parametrize("failure", ["refused", "unclear", "not now", "found in the middle of a send"])
def test_the_first_failure_of_any_kind_is_where_it_began_to_fail(failure: str) -> None:
    row = a_row().noting("attempt", at(1)).noting(failure, at(2)).noting("refused", at(3))

    assert at(2) == letter_of(end(row, Ended(Outcome.REJECTED, at(60), Reason.BUG))).first_failed_at


@pytest.mark.parametrize("attempts", [1, 8, 100])
def test_the_first_failure_is_remembered_however_long_the_timeline_grew(attempts: int) -> None:
    """The timeline is cut in its middle: `first_failed_at` must not move with it."""
    row, now = a_row(), 0.0
    for _ in range(attempts):
        row = answered(begin(row, at(now)), NoReply(Cause.TIMEOUT, "No reply."), now=now + 1)
        now += 1 + POLICY.grace_s
        row = answered(row, Absent(at(now), whole=True), now=now)
        assert isinstance(row.state, Ready)

    row = end(row, Ended(Outcome.EXHAUSTED, at(now) + timedelta(1), Reason.ATTEMPTS_EXHAUSTED))

    assert at(1) == letter_of(row).first_failed_at
