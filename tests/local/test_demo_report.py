"""The demo's verdict: it finds everything that is not as it should be, and says what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.local.chime.clock import to_ms
from worker.local.chime.message_log import Message
from worker.local.demo_jobs import Arrives, DeadLetters, DemoJob, StaysAway
from worker.local.demo_report import Found, Summary, summary_of
from worker.local.sqs import StoredMessage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DUE = NOW + timedelta(seconds=10)
JOBS = (
    DemoJob("a message", "first", Arrives("orders", "one"), id="1"),
    DemoJob("a message", "second", Arrives("orders", "two", outcome=Outcome.ACCEPTED), copies=3, id="2"),
    DemoJob("a job that is not due yet", "later", Arrives("alerts", "late", DUE), id="3"),
    DemoJob("a job that has expired", "stale", StaysAway("sale"), id="4"),
    DemoJob("no JSON", "{", DeadLetters(Reason.UNREADABLE, None)),
)


def a_message(content: str, at: datetime = NOW) -> Message:
    return Message(
        message_id=content,
        sender_arn="arn",
        sender_name="backend_worker",
        type="STANDARD",
        persistence="PERSISTENT",
        content=content,
        metadata=None,
        content_type=None,
        attributes=None,
        target=None,
        stored_ms=to_ms(at),
        created_ms=to_ms(at),
        updated_ms=to_ms(at),
    )


ONE, TWO, LATE = a_message("one"), a_message("two"), a_message("late", DUE)
LETTER = StoredMessage("{", {"reason": "unreadable"})
OUTCOMES = {"1": Outcome.DELIVERED, "2": Outcome.ACCEPTED, "3": Outcome.DELIVERED, "4": Outcome.EXPIRED}
RIGHT = Found(
    messages={"orders": [ONE, TWO], "alerts": [LATE]},
    dead_letters=[LETTER],
    outcomes=OUTCOMES,
    strange_channels=0,
    left_in_queue=0,
    faults={"429": 1},
    exit_code=0,
)


def summary(found: Found) -> Summary:
    return summary_of(JOBS, found)


def in_orders(*messages: Message) -> Found:
    return replace(RIGHT, messages={**RIGHT.messages, "orders": messages})


def test_a_world_in_which_all_is_right_has_no_problem() -> None:
    result = summary(RIGHT)

    assert () == result.problems
    assert (5, 7) == (result.jobs, result.enqueued)
    assert (3, 1, 1) == (result.delivered_once, result.expired, result.dead_lettered_as_expected)
    assert {"accepted": 1, "delivered": 2, "expired": 1} == result.outcomes
    assert 0 == result.doubled + result.lost + result.out_of_order + result.dead_lettered_unexpectedly


def test_a_message_that_is_there_twice_is_doubled() -> None:
    result = summary(in_orders(ONE, TWO, TWO))

    assert (1, ("orders: 2 times: two",)) == (result.doubled, result.problems)


def test_a_message_that_is_nowhere_is_lost() -> None:
    result = summary(in_orders(ONE))

    assert (1, ("orders: lost: two",)) == (result.lost, result.problems)


def test_messages_in_the_wrong_order_are_found() -> None:
    result = summary(in_orders(TWO, ONE))

    assert (1, ("orders: its messages are out of order",)) == (result.out_of_order, result.problems)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (in_orders(ONE, TWO, a_message("three")), "orders: 1 messages of no job"),
        (
            in_orders(ONE, TWO, a_message("sale")),
            "a job that has expired: its message was posted all the same",
        ),
        (
            replace(RIGHT, messages={"orders": [ONE, TWO], "alerts": [a_message("late")]}),
            "alerts: posted before it was due: late",
        ),
        (
            replace(RIGHT, dead_letters=[]),
            "no JSON: should be one dead letter, unreadable; found nothing",
        ),
        (
            replace(RIGHT, dead_letters=[LETTER, LETTER]),
            "no JSON: should be one dead letter, unreadable; found unreadable, unreadable",
        ),
        (
            replace(RIGHT, dead_letters=[StoredMessage("{", {"reason": "bug"})]),
            "no JSON: should be one dead letter, unreadable; found bug",
        ),
        (
            replace(RIGHT, dead_letters=[LETTER, StoredMessage("first", {"reason": "bad_request"})]),
            "dead-lettered as bad_request, but should not be",
        ),
        (
            replace(RIGHT, outcomes={**OUTCOMES, "2": Outcome.DELIVERED}),
            "2: should be accepted in the ledger, which says delivered",
        ),
        (
            replace(RIGHT, outcomes={each: OUTCOMES[each] for each in ("1", "2", "3")}),
            "4: should be expired in the ledger, which says nothing",
        ),
        (replace(RIGHT, strange_channels=1), "1 channels are there that no job names"),
        (replace(RIGHT, left_in_queue=2), "2 jobs are still in the queue"),
        (replace(RIGHT, exit_code=-9), "the worker exited with -9"),
        (replace(RIGHT, cut_short="the time was up"), "the time was up"),
        (replace(RIGHT, faults={"429": 0}), "this trouble never struck, so nothing was shown of it: 429"),
    ],
)
def test_whatever_else_is_off_is_said(found: Found, problem: str) -> None:
    assert (problem,) == summary(found).problems
