"""The first table printed in `worker.core.decide` is a specification: the code is held to each line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given

from tests.core.any_rows import DONE, NOW, rows
from tests.core.jobs import POLICY, START, a_row, at, unclear
from tests.core.printed_tables import Line, label, printed_tables
from worker.core import decide
from worker.core.decide import next_step
from worker.core.row import Ended, Ready, Row, Sending, State, Unclear
from worker.core.steps import End, Look, Step, Wait

STEPS, _ = printed_tables(decide)


def _look_is_due(state: State) -> bool:
    return isinstance(state, Unclear) and state.next_look_at <= at(NOW)


def _lies_ahead(row: Row) -> bool:
    backoff = row.state.not_until if isinstance(row.state, Ready) else None
    return any(moment is not None and moment > at(NOW) for moment in (row.not_before, backoff))


STEP_CONDITIONS: dict[str, Callable[[Row], bool]] = {
    "": lambda row: True,
    "no list can show the message": lambda row: not row.listable,
    "the queue is about to drop the job": lambda row: row.drop_at is not None and row.drop_at <= at(NOW),
    "the next look is due, in a channel not known": lambda row: (
        not row.channel_arn and _look_is_due(row.state)
    ),
    "the next look is due, after a join": lambda row: row.repair == "due" and _look_is_due(row.state),
    "the next look is due": lambda row: _look_is_due(row.state),
    "not_after has passed": lambda row: row.not_after is not None and row.not_after < at(NOW),
    "attempts used up": lambda row: row.attempts >= POLICY.max_attempts,
    "found in the middle of a send too often": lambda row: row.crashes >= POLICY.max_crashes,
    "not_before or the backoff lies ahead": _lies_ahead,
    "its channel is not known": lambda row: not row.channel_arn,
    "the message that it changes is not known": lambda row: (
        row.message_of is not None and row.message_id is None
    ),
    "the bearer has to join the channel first": lambda row: row.repair == "due",
}
"""What the words of the second column mean."""


def _step_line(row: Row) -> Line:
    """Read the first table as its reader does: the first line that fits, from the top."""
    state = type(row.state).__name__
    return next(line for line in STEPS if line[0] == state and STEP_CONDITIONS[line[1]](row))


def _in_words(step: Step) -> str:
    match step:
        case End(Ended(outcome=outcome, reason=None)):
            return f"End {outcome.value}"
        case End(Ended(outcome=outcome, reason=reason)):
            return f"End {outcome.value}: {reason.value if reason else ''}"
        case _:
            return type(step).__name__


def _wait(row: Row, until: datetime) -> Wait:
    """Wait, but never until the queue has dropped the job: it must be in hand before."""
    return Wait(until if row.drop_at is None else min(until, row.drop_at))


def _is_as_printed(row: Row, step: Step, printed: str) -> bool:
    match printed:
        case "End as recorded":
            return isinstance(row.state, Ended) and step == End(row.state)
        case "Look (whole once the grace has passed)":
            return isinstance(row.state, Unclear) and step == Look(
                row.state.since, whole=row.state.ended_at + timedelta(seconds=POLICY.grace_s) <= at(NOW)
            )
        case "Wait for the next look":
            return isinstance(row.state, Unclear) and step == _wait(row, row.state.next_look_at)
        case "Wait: an attempt is under way":
            return isinstance(step, Wait)
        case "Wait":
            backoff = row.state.not_until if isinstance(row.state, Ready) else None
            return step == _wait(row, max(row.not_before or START, backoff or START))
        case _:
            return _in_words(step) == printed


@dataclass(frozen=True, slots=True)
class StepCase:
    """A row, the line that speaks of it, and the step it must come to."""

    line: str
    row: Row
    step: str


STEP_CASES = {
    "an-end-stands": StepCase("Ended |", a_row(DONE, drop_at=at(0)), "End delivered"),
    "unlistable": StepCase(
        "Unclear | no list can show the message", a_row(unclear(), listable=False), "End unverifiable"
    ),
    "doubt-and-drop": StepCase(
        "Unclear | the queue is about to drop the job",
        a_row(unclear(), drop_at=at(NOW), repair="due"),
        "End exhausted: retention_ending",
    ),
    "doubt-and-join": StepCase(
        "Unclear | the next look is due, after a join", a_row(unclear(), repair="due"), "Join"
    ),
    "doubt-and-no-channel": StepCase(
        "Unclear | the next look is due, in a channel not known",
        a_row(unclear(), channel_arn="", repair="due"),
        "Resolve",
    ),
    "look": StepCase("Unclear | the next look is due", a_row(unclear(), attempts=99, crashes=99), "Look"),
    "look-whole": StepCase("Unclear | the next look is due", a_row(unclear(ended=95)), "Look"),
    "look-after-join": StepCase("Unclear | the next look is due", a_row(unclear(), repair="done"), "Look"),
    "look-later": StepCase("Unclear |", a_row(unclear(look=106)), "Wait"),
    "join-later": StepCase("Unclear |", a_row(unclear(look=106), repair="due"), "Wait"),
    "doubt-outlives-not-after": StepCase(
        "Unclear | the next look is due", a_row(unclear(), not_after=at(NOW - 1)), "Look"
    ),
    "drop-before-the-look": StepCase("Unclear |", a_row(unclear(look=300), drop_at=at(200)), "Wait"),
    "sending": StepCase("Sending |", a_row(Sending(at(90)), not_after=at(1), drop_at=at(1)), "Wait"),
    "expired": StepCase(
        "Ready | not_after has passed", a_row(not_after=at(NOW - 1), drop_at=at(NOW)), "End expired"
    ),
    "drop": StepCase(
        "Ready | the queue is about to drop the job",
        a_row(drop_at=at(NOW), attempts=99),
        "End exhausted: retention_ending",
    ),
    "attempts": StepCase(
        "Ready | attempts used up",
        a_row(attempts=POLICY.max_attempts, crashes=99),
        "End exhausted: attempts_exhausted",
    ),
    "crashes": StepCase(
        "Ready | found in the middle of a send too often",
        a_row(Ready(at(NOW + 1)), crashes=POLICY.max_crashes),
        "End exhausted: crash_loop",
    ),
    "not-before": StepCase(
        "Ready | not_before or the backoff lies ahead", a_row(not_before=at(NOW + 1), repair="due"), "Wait"
    ),
    "backoff": StepCase("Ready | not_before or the backoff lies ahead", a_row(Ready(at(NOW + 1))), "Wait"),
    "drop-before-it-is-due": StepCase(
        "Ready | not_before or the backoff lies ahead", a_row(Ready(at(300)), drop_at=at(200)), "Wait"
    ),
    "resolve": StepCase("Ready | its channel is not known", a_row(channel_arn="", repair="due"), "Resolve"),
    "resolve-later": StepCase(
        "Ready | not_before or the backoff lies ahead", a_row(channel_arn="", not_before=at(NOW + 1)), "Wait"
    ),
    "expired-before-it-is-resolved": StepCase(
        "Ready | not_after has passed", a_row(channel_arn="", not_after=at(NOW - 1)), "End expired"
    ),
    "locate": StepCase(
        "Ready | the message that it changes is not known", a_row(message_of="send", repair="due"), "Locate"
    ),
    "located": StepCase("Ready |", a_row(message_of="send", message_id="message-1"), "Send"),
    "join": StepCase("Ready | the bearer has to join the channel first", a_row(repair="due"), "Join"),
    "send": StepCase("Ready |", a_row(), "Send"),
    "send-on-the-dot": StepCase(
        "Ready |", a_row(Ready(at(NOW)), not_before=at(NOW), not_after=at(NOW), drop_at=at(NOW + 1)), "Send"
    ),
}


def test_every_line_of_the_first_table_has_a_case_and_every_case_a_line() -> None:
    assert {label(line) for line in STEPS} == {case.line for case in STEP_CASES.values()}


@pytest.mark.parametrize("case", STEP_CASES.values(), ids=STEP_CASES)
def test_the_step_is_what_its_line_says(case: StepCase) -> None:
    step = next_step(case.row, at(NOW), POLICY)

    line = _step_line(case.row)
    assert case.line == label(line)
    assert case.step == _in_words(step)
    assert _is_as_printed(case.row, step, line[2])


@given(rows)
def test_whatever_the_row_its_step_is_that_of_the_first_line_that_fits(row: Row) -> None:
    assert _is_as_printed(row, next_step(row, at(NOW), POLICY), _step_line(row)[2])
