"""The demo's verdict: it finds everything that is not as it should be, and says what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.contract.arns import AppInstance
from worker.contract.job import parse_job
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.local.chime.clock import to_ms
from worker.local.chime.message_log import Message
from worker.local.demo_jobs import Arrives, DeadLetters, DemoJob, StaysAway, demo_jobs
from worker.local.demo_report import Found, Summary, summary_of
from worker.local.sqs import StoredMessage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DUE = NOW + timedelta(seconds=10)
JOBS = (
    DemoJob("a message", "first", Arrives("orders", "one")),
    DemoJob("a message", "second", Arrives("orders", "two"), copies=3),
    DemoJob("a job that is not due yet", "later", Arrives("alerts", "late", DUE)),
    DemoJob("a job that has expired", "stale", StaysAway("sale")),
    DemoJob("no JSON", "{", DeadLetters(Reason.UNREADABLE)),
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
RIGHT = Found(
    messages={"orders": [ONE, TWO], "alerts": [LATE]},
    dead_letters=[LETTER],
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
        (replace(RIGHT, left_in_queue=2), "2 jobs are still in the queue"),
        (replace(RIGHT, exit_code=-9), "the worker exited with -9"),
        (replace(RIGHT, cut_short="the time was up"), "the time was up"),
        (replace(RIGHT, faults={"429": 0}), "this trouble never struck, so nothing was shown of it: 429"),
    ],
)
def test_whatever_else_is_off_is_said(found: Found, problem: str) -> None:
    assert (problem,) == summary(found).problems


def test_the_demo_has_twenty_jobs_and_more_over_four_channels_that_no_two_could_be_taken_for() -> None:
    jobs = demo_jobs(NOW)
    contents = [job.end.content for job in jobs if isinstance(job.end, Arrives | StaysAway)]

    assert 20 <= len(jobs)
    assert 4 == len({job.end.channel for job in jobs if isinstance(job.end, Arrives)})
    assert len(contents) == len(set(contents))
    assert len(jobs) == len({job.body for job in jobs})


def test_bodies_that_are_to_be_refused_as_they_stand_are_and_all_others_are_not() -> None:
    home = AppInstance.parse(
        "arn:aws:chime:us-east-1:123456789012:app-instance/22222222-2222-4333-8444-555555555555"
    )
    by_chime_or_ledger = {Reason.CHANNEL_NOT_FOUND, Reason.ID_CONFLICT, Reason.BEARER_NOT_ALLOWED}

    for job in demo_jobs(NOW):
        try:
            parse_job(job.body, home=home, sent_at=NOW)
            reason = None
        except Rejected as rejected:
            reason = rejected.reason

        match job.end:
            case DeadLetters(expected) if expected not in by_chime_or_ledger:
                assert expected == reason
            case _:
                assert reason is None, job.what
