"""The tables printed in `worker.core.reconcile` are a specification: the code is held to each line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import pytest

from tests.core.jobs import POLICY, START, a_row, at, unclear
from tests.core.printed_tables import label, printed_tables
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core import reconcile
from worker.core.evidence import Listed
from worker.core.reconcile import (
    Ask,
    Conclude,
    Errand,
    Publish,
    Read,
    errand,
    paid,
    read,
    scheduled,
    told,
    unread,
)
from worker.core.replies import Absent, Cause, NotNow, Refused, Status
from worker.core.row import Ended, Ready, Row, Sending, Unclear

ERRANDS, ANSWERS = printed_tables(reconcile)
NOW = at(200)
LONG_AGO = NOW - timedelta(hours=50)
PUBLISHING = replace(POLICY, publishes=True)

ACCEPTED = a_row(
    Ended(Outcome.ACCEPTED, at(100), since=at(99)), message_id="m-1", context='{"a":1}', revision=1
)
DELIVERED = a_row(Ended(Outcome.DELIVERED, at(100), since=at(99)), message_id="m-1", revision=1)
IN_DOUBT = a_row(unclear())
FORBIDDEN = Refused(Reason.FORBIDDEN_OR_MISSING_CHANNEL, "No.")
THROTTLED = NotNow(Cause.THROTTLED, "Too many requests.")
SEEN = Listed("m-1", "sender", at(99))
PROOF = Absent(at(190), whole=True)
TOO_EARLY = Absent(at(109), whole=True)
A_GLANCE = Absent(at(190), whole=False)

ERRAND_CASES: dict[str, tuple[str, Row, Errand | None]] = {
    "owed": ("any | its outcome is owed", replace(DELIVERED, owed=True), Publish()),
    "owed-and-provisional": ("any | its outcome is owed", replace(ACCEPTED, owed=True), Publish()),
    "ask": ("accepted |", ACCEPTED, Ask("m-1")),
    "judge": ("delivered | not judged, listable", DELIVERED, Read(at(99))),
    "look": ("Unclear | a send, listable", IN_DOUBT, Read(at(90))),
    "judged": ("any other |", replace(DELIVERED, verdict="confirmed"), None),
    "unlistable": ("any other |", replace(DELIVERED, listable=False), None),
    "a-change-in-doubt": ("any other |", replace(IN_DOUBT, type="redact_message"), None),
    "ready": ("any other |", a_row(), None),
    "sending": ("any other |", a_row(Sending(at(90))), None),
    "rejected": ("any other |", a_row(Ended(Outcome.REJECTED, at(100))), None),
}


@pytest.mark.parametrize(("line", "row", "expected"), ERRAND_CASES.values(), ids=ERRAND_CASES)
def test_the_errand_is_what_its_line_says(line: str, row: Row, expected: Errand | None) -> None:
    assert line in {label(one) for one in ERRANDS}
    assert expected == errand(row, NOW)


def test_a_flow_that_never_answered_leaves_the_message_unverifiable() -> None:
    row = replace(ACCEPTED, state=Ended(Outcome.ACCEPTED, LONG_AGO))

    concluded = errand(row, NOW)

    assert isinstance(concluded, Conclude)
    assert concluded.ended.outcome is Outcome.UNVERIFIABLE
    assert errand(row, LONG_AGO + timedelta(hours=48, minutes=59)) == Ask("m-1")


def test_every_line_of_the_first_table_has_a_case() -> None:
    flow_time = "accepted | the channel flow has had its time"
    assert {label(line) for line in ERRANDS} == {line for line, _, _ in ERRAND_CASES.values()} | {flow_time}


@dataclass(frozen=True, slots=True)
class AnswerCase:
    """A row, what was learnt of it, and the outcome, verdict and state it comes to."""

    line: str
    row: Row
    answer: Callable[[Row], Row]
    outcome: Outcome | None
    verdict: str | None = None


def status(value: Status) -> Callable[[Row], Row]:
    return lambda row: told(row, value, NOW, PUBLISHING)


def listing(found: Listed | None, absent: Absent = PROOF) -> Callable[[Row], Row]:
    return lambda row: read(row, found, absent, now=NOW, policy=PUBLISHING, rng=Random(1))


def no_list(row: Row) -> Row:
    return unread(row, FORBIDDEN, NOW)


ANSWER_CASES = {
    "flow-sent": AnswerCase(
        "accepted | status SENT, FAILED, DENIED", ACCEPTED, status(Status("SENT")), Outcome.DELIVERED
    ),
    "flow-failed": AnswerCase(
        "accepted | status SENT, FAILED, DENIED", ACCEPTED, status(Status("FAILED")), Outcome.FAILED
    ),
    "flow-denied": AnswerCase(
        "accepted | status SENT, FAILED, DENIED", ACCEPTED, status(Status("DENIED")), Outcome.DENIED
    ),
    "flow-pending": AnswerCase(
        "accepted | status PENDING", ACCEPTED, status(Status("PENDING")), Outcome.ACCEPTED
    ),
    "listed-after-all": AnswerCase(
        "accepted | status refused, and listed", ACCEPTED, listing(SEEN), Outcome.DELIVERED
    ),
    "listed-while-pending": AnswerCase(
        "accepted | status refused, and listed",
        ACCEPTED,
        listing(replace(SEEN, status="PENDING")),
        Outcome.ACCEPTED,
    ),
    "denied": AnswerCase("accepted | status refused, and absent", ACCEPTED, listing(None), Outcome.DENIED),
    "denied-too-early": AnswerCase(
        "any | absent, but not proved", ACCEPTED, listing(None, TOO_EARLY), Outcome.ACCEPTED
    ),
    "confirmed": AnswerCase("delivered | listed", DELIVERED, listing(SEEN), Outcome.DELIVERED, "confirmed"),
    "edited": AnswerCase(
        "delivered | listed", DELIVERED, listing(replace(SEEN, is_edited=True)), Outcome.DELIVERED, "edited"
    ),
    "redacted": AnswerCase(
        "delivered | listed",
        DELIVERED,
        listing(replace(SEEN, is_redacted=True, is_edited=True)),
        Outcome.DELIVERED,
        "redacted",
    ),
    "gone": AnswerCase("delivered | absent", DELIVERED, listing(None), Outcome.DELIVERED, "gone"),
    "gone-too-early": AnswerCase(
        "any | absent, but not proved", DELIVERED, listing(None, TOO_EARLY), Outcome.DELIVERED
    ),
    "gone-at-a-glance": AnswerCase(
        "any | absent, but not proved", DELIVERED, listing(None, A_GLANCE), Outcome.DELIVERED
    ),
    "sighted": AnswerCase("Unclear | listed", IN_DOUBT, listing(SEEN), Outcome.DELIVERED),
    "not-there": AnswerCase("Unclear | absent", IN_DOUBT, listing(None), None),
    "unread": AnswerCase("any | the list could not be read", DELIVERED, no_list, Outcome.DELIVERED),
    "unread-for-long": AnswerCase(
        "any | the list could not be read",
        replace(DELIVERED, state=Ended(Outcome.DELIVERED, LONG_AGO)),
        no_list,
        Outcome.DELIVERED,
    ),
}


def test_every_line_of_the_second_table_has_a_case_and_every_case_a_line() -> None:
    assert {label(line) for line in ANSWERS} == {case.line for case in ANSWER_CASES.values()}


@pytest.mark.parametrize("case", ANSWER_CASES.values(), ids=ANSWER_CASES)
def test_the_answer_makes_of_the_row_what_its_line_says(case: AnswerCase) -> None:
    row = case.answer(case.row)

    ended = row.state.outcome if isinstance(row.state, Ended) else None
    assert (case.outcome, case.verdict) == (ended, row.verdict)


def test_a_new_end_is_owed_with_its_context_until_it_is_published() -> None:
    row = told(ACCEPTED, Status("SENT"), NOW, PUBLISHING)

    assert (True, 2, '{"a":1}', NOW) == (row.owed, row.revision, row.context, row.due_at)
    after_it = paid(row, PUBLISHING)
    assert (False, None) == (after_it.owed, after_it.context)
    assert after_it.due_at == NOW + timedelta(seconds=POLICY.grace_s)  # it is judged once more


def test_nothing_is_owed_where_nobody_waits_for_outcomes() -> None:
    row = told(ACCEPTED, Status("FAILED"), NOW, POLICY)

    assert (False, None, None) == (row.owed, row.context, row.due_at)


def test_a_judged_row_is_closed() -> None:
    assert listing(SEEN)(DELIVERED).due_at is None
    assert listing(None)(DELIVERED).due_at is None


def test_what_was_never_sent_is_ready_and_closed_until_its_delivery_comes() -> None:
    row = listing(None)(IN_DOUBT)

    assert isinstance(row.state, Ready)
    assert row.due_at is None


def test_a_row_that_nothing_was_learnt_of_rests_as_long_as_it_has_waited_already() -> None:
    assert status(Status("PENDING"))(ACCEPTED).due_at == NOW + timedelta(seconds=100)
    assert no_list(replace(DELIVERED, state=Ended(Outcome.DELIVERED, NOW))).due_at == at(205)
    assert unread(DELIVERED, THROTTLED, NOW).due_at == at(205)  # that is not the row's fault
    waiting_long = replace(ACCEPTED, state=Ended(Outcome.ACCEPTED, LONG_AGO))
    assert status(Status("PENDING"))(waiting_long).due_at == NOW + timedelta(hours=1)
    assert no_list(replace(DELIVERED, state=Ended(Outcome.DELIVERED, LONG_AGO))).due_at is None


def test_what_the_hand_leaves_behind_is_scheduled() -> None:
    def due(row: Row) -> object:
        return scheduled(row, POLICY).due_at

    assert at(110) == due(DELIVERED)
    assert at(105) == due(ACCEPTED)
    assert at(100) == due(IN_DOUBT)
    assert None is due(a_row())
    assert None is due(a_row(Sending(START)))
    assert None is due(replace(DELIVERED, listable=False))
    assert None is due(replace(DELIVERED, type="create_channel", state=Ended(Outcome.DONE, at(100))))
    assert None is scheduled(DELIVERED, replace(POLICY, reconciles=False)).due_at


def test_an_unclear_row_stays_unclear_until_the_grace_has_passed() -> None:
    row = read(IN_DOUBT, None, Absent(at(109), whole=True), now=at(109), policy=POLICY, rng=Random(1))

    assert isinstance(row.state, Unclear)
    assert row.due_at == at(114)
