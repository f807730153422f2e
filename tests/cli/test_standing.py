"""How a job's row reads for people and for programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worker.cli.standing import NOBODY, as_json, as_lines, coming, reconciling
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.fleet import Member, Pause, Roll
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
    assert "the channel flow decides; reconciliation follows it to its end" == next_of(
        Ended(Outcome.ACCEPTED, NOW)
    )


def test_a_job_that_changes_something_has_its_own_words() -> None:
    change = replace(
        a_row(),
        type="add_members",
        parts=5,
        parts_done=3,
        members_count=420,
        refused_count=1,
        refused=("arn: 403",),
    )
    unclear_change = replace(change, state=unclear(NOW))
    lines = list(as_lines(change, NOW, POLICY))

    assert {
        "type      add_members",
        "state     ready: no call is under way",
        "next      call 4 of 5 of the change is made",
        "parts     3 of 5 calls made",
        "refused   1 of 420 members: arn: 403",
    } <= set(lines)
    assert "what the job changes is looked at, to see whether the last attempt arrived" == coming(
        unclear_change, NOW, POLICY
    )
    assert "the message of job order-0 is looked up in the ledger" == coming(
        replace(a_row(), type="redact_message", message_of="order-0"), NOW, POLICY
    )


def test_what_reconciliation_does_next_is_told_with_its_time() -> None:
    def told(state: State, due_at: datetime | None = LATER, **fields: Any) -> str | None:
        return reconciling(replace(a_row(state), due_at=due_at, **fields), NOW)

    accepted = Ended(Outcome.ACCEPTED, NOW)
    delivered = Ended(Outcome.DELIVERED, NOW)

    assert (
        "from 2026-03-01T12:00:07.000Z on: Chime is asked what the channel flow made of the message"
        == told(accepted, message_id="m-1")
    )
    assert "as soon as it comes round: the outcome is published" == told(delivered, NOW, owed=True)
    assert str(told(delivered)).endswith(
        ": the channel is listed, to see whether the message still stands there"
    )
    assert str(told(unclear(NOW))).endswith("for the message, unless the job comes from the queue first")
    assert str(told(accepted, NOW + timedelta(hours=50))).endswith(": the job ends as unverifiable")
    assert None is told(delivered, None)


def test_a_verdict_is_told_and_only_a_confirmed_message_has_confirmed_at() -> None:
    row = replace(a_row(Ended(Outcome.DELIVERED, NOW)), verdict="redacted", judged_at=LATER, redrives=2)
    redacted, confirmed = [
        as_json(replace(row, verdict=verdict), NOW, POLICY) for verdict in ("redacted", "confirmed")
    ]
    lines = list(as_lines(row, NOW, POLICY))

    assert "verdict   redacted, by the channel's list at 2026-03-01T12:00:07.000Z" in lines
    assert "redrives  2" in lines
    assert ("redacted", None) == (redacted["verdict"], redacted["confirmed_at"])
    assert "2026-03-01T12:00:07.000Z" == confirmed["confirmed_at"] == redacted["judged_at"]


@pytest.mark.parametrize("paused", ["arn:channel", None])
def test_a_pause_of_its_channel_or_of_all_holds_a_job_back_and_no_job_that_has_ended(
    paused: str | None,
) -> None:
    roll = Roll(pauses=(Pause("arn:another", NOW), Pause(paused, NOW)))
    ended = a_row(Ended(Outcome.DELIVERED, NOW))

    [line] = [line for line in as_lines(a_row(), NOW, POLICY, roll=roll) if line.startswith("paused")]

    assert f"paused    {paused or 'all channels'} since 2026-03-01T12:00:00.000Z, until `resume`" == line
    assert [True, False] == [as_json(row, NOW, POLICY, roll=roll)["paused"] for row in (a_row(), ended)]


def test_people_read_one_escaped_line_a_fact() -> None:
    lines = list(as_lines(a_row(Ended(Outcome.REJECTED, NOW, Reason.BAD_REQUEST, "No \x07")), NOW, POLICY))

    assert "state     rejected, at 2026-03-01T12:00:00.000Z" in lines
    assert f"reason    bad_request: {Reason.BAD_REQUEST.sentence}" in lines
    assert "detail    No \\x07" in lines
    assert "  2026-03-01T12:00:00.000Z  refused: 403 \\x1b[31m\\nred" == lines[-1]


def test_a_fact_that_there_is_not_has_no_line() -> None:
    names = {line.split()[0] for line in as_lines(a_row(), NOW, POLICY)}

    assert names.isdisjoint(
        {
            "reason",
            "detail",
            "message",
            "claim",
            "verdict",
            "paused",
            "reconcile",
            "parts",
            "refused",
            "redrives",
        }
    )


def test_a_claim_says_whose_it_is_as_far_as_that_is_known_and_until_when() -> None:
    member = Member(id="w-1", host="h\x1b", version="1", started_at=NOW, seen_at=NOW)
    roll = Roll(members=(replace(member, id="w-2", host="another"), member))
    row = replace(a_row(), claim=Claim("claim-1", LATER, "w-1"))
    old = replace(a_row(), claim=Claim("claim-1", LATER))

    def claim_of(row: Row, roll: Roll) -> str:
        [line] = [line for line in as_lines(row, NOW, POLICY, roll=roll) if line.startswith("claim")]
        return line

    until = "until 2026-03-01T12:00:07.000Z, unless that is renewed"
    assert f"claim     in hand of worker w-1 on h\\x1b {until}" == claim_of(row, roll)
    assert f"claim     in hand of worker w-1 {until}" == claim_of(row, NOBODY)
    assert f"claim     in hand {until}" == claim_of(old, roll)
    told = as_json(row, NOW, POLICY, roll=roll)
    assert ("2026-03-01T12:00:07.000Z", {"worker_id": "w-1", "host": "h\x1b"}) == (
        told["claimed_until"],
        told["claimed_by"],
    )


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
