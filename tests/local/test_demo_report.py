"""The demo's verdict: it finds everything that is not as it should be, and says what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from worker.contract.outcome import Outcome
from worker.contract.outcome_body import OutcomeBody
from worker.contract.reasons import Reason
from worker.core.row import Verdict
from worker.local.chime.clock import to_ms
from worker.local.chime.message_log import Message
from worker.local.demo_ends import Arrives, Changes, DeadLetters, DemoJob, Fact, StaysAway
from worker.local.demo_report import Found, Summary, summary_of
from worker.local.sqs import StoredMessage

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DUE = NOW + timedelta(seconds=10)
EXPIRES = StaysAway("sale", Outcome.EXPIRED)
ADDS = Changes(channel="orders", brought=Fact("member", "ana"), took=Fact("member", "ben"))
REDACTS = Changes(channel="alerts", brought=Fact("message", "[redacted]"), took=Fact("message", "secret"))
DELETES = Changes(channel="old", brought=Fact("call", "DeleteChannel"), took=Fact("channel", "old"))
JOBS = (
    DemoJob("a message", "first", Arrives("orders", "one"), id="1"),
    DemoJob("a message", "second", Arrives("orders", "two"), copies=3, id="2"),
    DemoJob("a job that is not due yet", "later", Arrives("alerts", "late", DUE), id="3"),
    DemoJob("a job that has expired", "stale", EXPIRES, id="4"),
    DemoJob("new members", "members", ADDS, id="5"),
    DemoJob("a redacted message", "code", Arrives("alerts", "[redacted]"), id="6"),
    DemoJob("a redaction", "redact", REDACTS, id="7"),
    DemoJob("an old channel", "delete", DELETES, id="8"),
    DemoJob("no JSON", "{", DeadLetters(Reason.UNREADABLE, None)),
    DemoJob("another job's id", "conflict", DeadLetters(Reason.ID_CONFLICT, None), id="1"),
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


def told(
    job_id: str | None, outcome: Outcome, *, revision: int = 1, reason: Reason | None = None
) -> OutcomeBody:
    return OutcomeBody(
        version=1,
        job_id=job_id,
        outcome=outcome,
        final=outcome.is_final,
        revision=revision,
        reason=reason,
        attempts=1,
        received_at=NOW,
        finished_at=NOW,
    )


ONE, TWO, LATE = a_message("one"), a_message("two"), a_message("late", DUE)
HIDDEN = replace(a_message("secret", DUE), content=None, state="redacted")
LETTERS = [StoredMessage("{", {"reason": "unreadable"}), StoredMessage("conflict", {"reason": "id_conflict"})]
OUTCOMES = [
    told("1", Outcome.DELIVERED),
    told("2", Outcome.DELIVERED, revision=2),
    told("2", Outcome.ACCEPTED),
    told("3", Outcome.DELIVERED),
    told("4", Outcome.EXPIRED),
    told("5", Outcome.DONE),
    told("6", Outcome.DELIVERED),
    told("7", Outcome.DONE),
    told("8", Outcome.DONE),
    told(None, Outcome.REJECTED, reason=Reason.UNREADABLE),
    told("1", Outcome.REJECTED, reason=Reason.ID_CONFLICT),
]
VERDICTS: dict[str, Verdict] = {"1": "confirmed", "2": "confirmed", "3": "confirmed", "6": "redacted"}
RIGHT = Found(
    messages={"orders": [ONE, TWO], "alerts": [LATE, HIDDEN], "old": []},
    members={"orders": ["backend_worker", "ana"], "alerts": ["backend_worker"]},
    calls={"orders": {"SendChannelMessage"}, "alerts": {"SendChannelMessage"}, "old": {"DeleteChannel"}},
    dead_letters=LETTERS,
    outcomes=OUTCOMES,
    verdicts=VERDICTS,
    strange_channels=0,
    left_in_queue=0,
    faults={"429": 1},
    exit_code=0,
)


def summary(found: Found) -> Summary:
    return summary_of(JOBS, found)


def in_orders(*messages: Message) -> Found:
    return replace(RIGHT, messages={**RIGHT.messages, "orders": messages})


def in_alerts(*messages: Message) -> Found:
    return replace(RIGHT, messages={**RIGHT.messages, "alerts": messages})


def with_outcome(n: int, outcome: OutcomeBody) -> Found:
    return replace(RIGHT, outcomes=[*OUTCOMES[:n], outcome, *OUTCOMES[n + 1 :]])


def test_a_world_in_which_all_is_right_has_no_problem() -> None:
    result = summary(RIGHT)

    assert () == result.problems
    assert (10, 12) == (result.jobs, result.enqueued)
    assert (4, 1, 3) == (result.delivered_once, result.stayed_away, result.changes_made)
    assert 2 == result.dead_lettered_as_expected
    assert {"delivered": 4, "done": 3, "expired": 1, "rejected": 2} == result.outcomes
    assert {"confirmed": 3, "redacted": 1} == result.verdicts
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
            in_alerts(a_message("late"), HIDDEN),
            "alerts: posted before it was due: late",
        ),
        (
            replace(RIGHT, dead_letters=LETTERS[1:]),
            "no JSON: should be one dead letter, unreadable; found nothing",
        ),
        (
            replace(RIGHT, dead_letters=[*LETTERS, LETTERS[0]]),
            "no JSON: should be one dead letter, unreadable; found unreadable, unreadable",
        ),
        (
            replace(RIGHT, dead_letters=[StoredMessage("{", {"reason": "bug"}), LETTERS[1]]),
            "no JSON: should be one dead letter, unreadable; found bug",
        ),
        (
            replace(RIGHT, dead_letters=[*LETTERS, StoredMessage("first", {"reason": "bad_request"})]),
            "dead-lettered as bad_request, but should not be",
        ),
        (
            with_outcome(0, told("1", Outcome.UNVERIFIABLE)),
            "1: should be told to be delivered, is unverifiable",
        ),
        (
            with_outcome(2, told("2", Outcome.ACCEPTED, revision=3)),
            "2: should be told to be delivered, is accepted",
        ),
        (replace(RIGHT, outcomes=[*OUTCOMES[:4], *OUTCOMES[5:]]), "4: should be told to be expired, is not"),
        (
            with_outcome(9, told(None, Outcome.REJECTED, reason=Reason.NOT_A_JOB)),
            "no JSON: should be told to be rejected, is not",
        ),
        (replace(RIGHT, outcomes=[*OUTCOMES, told("9", Outcome.DONE)]), "1 outcomes are of no job"),
        (
            replace(RIGHT, verdicts={**VERDICTS, "1": "gone"}),
            "1: should be found by reconciliation, is gone",
        ),
        (
            replace(RIGHT, verdicts={id_: VERDICTS[id_] for id_ in ("1", "2", "3")}),
            "6: should be found by reconciliation, is not judged",
        ),
        (
            replace(RIGHT, members={**RIGHT.members, "orders": ["backend_worker"]}),
            "new members: orders does not show it",
        ),
        (
            replace(RIGHT, members={**RIGHT.members, "orders": ["ana", "ben"]}),
            "new members: orders does not show it",
        ),
        (replace(RIGHT, members={**RIGHT.members, "old": []}), "an old channel: old does not show it"),
        (replace(RIGHT, calls={**RIGHT.calls, "old": ()}), "an old channel: old does not show it"),
        (replace(RIGHT, strange_channels=1), "1 channels are there that no job names"),
        (replace(RIGHT, left_in_queue=2), "2 jobs are still in the queue"),
        (replace(RIGHT, exit_code=-9), "the worker exited with -9"),
        (replace(RIGHT, cut_short="the time was up"), "the time was up"),
        (replace(RIGHT, faults={"429": 0}), "this trouble never struck, so nothing was shown of it: 429"),
    ],
)
def test_whatever_else_is_off_is_said(found: Found, problem: str) -> None:
    assert (problem,) == summary(found).problems
