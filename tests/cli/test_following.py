"""Which end in the ledger is the end of a job that was just enqueued."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from worker.cli.following import ending_of
from worker.contract.arns import AppInstance
from worker.contract.job import Job, parse_job
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.row import Ended, Ready, Row

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOME = AppInstance.parse("arn:aws:chime:us-east-1:123456789012:app-instance/shop")


def a_job(content: str = "Shipped") -> Job:
    body = json.dumps({"id": "order-1", "channel": "orders", "message": {"content": content}})
    return parse_job(body, home=HOME, sent_at=NOW)


def a_row(job: Job, outcome: Outcome, *, revision: int = 1, **ended: object) -> Row:
    return Row(
        job_id=job.id,
        payload_hash=job.payload_hash,
        channel_arn=HOME.channel_arn("orders"),
        bearer_arn=HOME.user_arn("backend_worker"),
        listable=True,
        received_at=NOW,
        delivery_id="delivery-1",
        revision=revision,
        message_id="message-1",
        state=Ended(outcome, NOW, **ended),  # type: ignore[arg-type]
    )


def outcome_of(job: Job, row: Row | None, *, since_revision: int = 0) -> tuple[Outcome, Reason | None] | None:
    ending = ending_of(job, row, since_revision=since_revision)
    return None if ending is None else (ending.outcome, ending.reason)


def test_a_job_without_a_row_or_an_end_goes_on() -> None:
    job = a_job()
    open_row = replace(a_row(job, Outcome.DELIVERED), state=Ready())

    assert [None, None] == [outcome_of(job, row) for row in (None, open_row)]


@pytest.mark.parametrize("outcome", [Outcome.DELIVERED, Outcome.UNVERIFIABLE, Outcome.ACCEPTED])
def test_what_was_possibly_sent_before_is_the_end_of_the_same_job(outcome: Outcome) -> None:
    job = a_job()

    assert (outcome, None) == outcome_of(job, a_row(job, outcome, revision=3), since_revision=3)


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.EXPIRED, Outcome.EXHAUSTED])
def test_an_old_end_with_nothing_sent_is_not_the_end_of_the_job_enqueued_again(outcome: Outcome) -> None:
    job = a_job()

    assert outcome_of(job, a_row(job, outcome, revision=3), since_revision=3) is None
    assert (outcome, None) == outcome_of(job, a_row(job, outcome, revision=4), since_revision=3)


def test_another_job_that_was_possibly_sent_under_the_id_is_a_conflict() -> None:
    other = a_row(a_job("Other"), Outcome.DELIVERED)

    assert (Outcome.REJECTED, Reason.ID_CONFLICT) == outcome_of(a_job(), other)


def test_another_job_that_ended_in_doubt_is_a_conflict_and_one_that_did_not_is_none() -> None:
    in_doubt = a_row(a_job("Other"), Outcome.EXHAUSTED, doubt_since=NOW)
    settled = a_row(a_job("Other"), Outcome.EXHAUSTED)

    assert (Outcome.REJECTED, Reason.ID_CONFLICT) == outcome_of(a_job(), in_doubt, since_revision=1)
    assert outcome_of(a_job(), settled, since_revision=1) is None
