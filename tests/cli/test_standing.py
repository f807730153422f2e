"""How a job's row reads for people and for programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.cli.standing import as_json, as_lines, coming
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.policy import Policy
from worker.core.row import Claim, Ended, Ready, Row, Sending, State, Unclear

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=7)
POLICY = Policy(grace_s=10)


def a_row(state: State | None = None) -> Row:
    row = Row(
        job_id="order-1",
        payload_hash="0" * 64,
        channel_arn="arn:channel",
        bearer_arn="arn:bearer",
        listable=True,
        received_at=NOW,
        delivery_id="delivery-1",
        state=state or Ready(),
    )
    return row.noting("refused", NOW, "403 \x1b[31m\nred")


def next_of(state: State) -> str:
    return coming(a_row(state), NOW, POLICY)


def unclear(next_look_at: datetime, *, ended_at: datetime = NOW) -> Unclear:
    return Unclear(NOW, ended_at, next_look_at, NOW, "counted")


def test_every_step_has_its_sentence() -> None:
    long_ago = NOW - timedelta(seconds=60)

    assert "the message is sent" == next_of(Ready())
    assert "nothing before 2026-03-01T12:00:07.000Z; then the message is sent" == next_of(Ready(LATER))
    assert "Chime's answer to the attempt; if its worker is dead, the channel is listed first" == next_of(
        Sending(NOW)
    )
    assert "the channel is listed, at its newest page, to see whether the last attempt arrived" == next_of(
        unclear(NOW)
    )
    assert (
        "the channel is listed, back to 2026-03-01T12:00:00.000Z, to see whether the last attempt arrived"
        == next_of(unclear(NOW, ended_at=long_ago))
    )
    assert next_of(unclear(LATER)).startswith("nothing before 2026-03-01T12:00:07.000Z; then the channel is")
    assert "the bearer is added to the channel" == coming(replace(a_row(), repair="due"), NOW, POLICY)
    assert "the job ends as exhausted (attempts_exhausted)" == coming(
        replace(a_row(), attempts=8), NOW, POLICY
    )
    assert "nothing: the job has ended" == next_of(Ended(Outcome.DELIVERED, NOW))
    assert "the channel flow decides; this version does not ask how" == next_of(Ended(Outcome.ACCEPTED, NOW))


def test_people_read_one_escaped_line_a_fact() -> None:
    lines = list(as_lines(a_row(Ended(Outcome.REJECTED, NOW, Reason.BAD_REQUEST, "No \x07")), NOW, POLICY))

    assert "state     rejected, at 2026-03-01T12:00:00.000Z" in lines
    assert f"reason    bad_request: {Reason.BAD_REQUEST.sentence}" in lines
    assert "detail    No \\x07" in lines
    assert "  2026-03-01T12:00:00.000Z  refused: 403 \\x1b[31m\\nred" == lines[-1]


def test_a_fact_that_there_is_not_has_no_line() -> None:
    names = {line.split()[0] for line in as_lines(a_row(), NOW, POLICY)}

    assert names.isdisjoint({"reason", "detail", "message", "claim"})


def test_a_claim_says_until_when() -> None:
    row = replace(a_row(), claim=Claim("claim-1", LATER))

    assert "claim     in a worker's hand until 2026-03-01T12:00:07.000Z, unless that is renewed" in list(
        as_lines(row, NOW, POLICY)
    )
    assert "2026-03-01T12:00:07.000Z" == as_json(row, NOW, POLICY)["claimed_until"]


def test_programs_read_the_step_and_the_end() -> None:
    waiting = as_json(a_row(Ready(LATER)), NOW, POLICY)
    ended = as_json(a_row(Ended(Outcome.EXHAUSTED, NOW, Reason.CRASH_LOOP)), NOW, POLICY)

    assert {
        "step": "wait",
        "until": "2026-03-01T12:00:07.000Z",
        "sentence": "nothing before 2026-03-01T12:00:07.000Z; then the message is sent",
    } == waiting["next"]
    assert ("ready", None, False) == (waiting["state"], waiting["outcome"], waiting["final"])
    assert ("exhausted", True, "crash_loop") == (ended["outcome"], ended["final"], ended["reason"])
