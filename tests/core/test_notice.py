"""An outcome says what the row says, in the form that readers were promised."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest

from worker.contract.outcome import Outcome
from worker.contract.outcome_body import OutcomeBody
from worker.contract.reasons import Reason
from worker.core.notice import Notice, notice_of
from worker.core.row import Ended, Ready, Row

RECEIVED_AT = datetime(2030, 1, 31, 9, 30, 0, 120_999, tzinfo=UTC)
ENDED_AT = datetime(2030, 1, 31, 10, 30, 0, 310_000, tzinfo=timezone(timedelta(hours=1)))
CHANNEL = "arn:aws:chime:us-east-1:111122223333:app-instance/demo/channel/orders"
W3C = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
AWS = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1"


def a_row(outcome: Outcome = Outcome.DELIVERED, **changes: Any) -> Row:
    row = Row(
        job_id="order-1",
        payload_hash="5e" * 32,
        channel_arn=CHANNEL,
        bearer_arn="user",
        listable=True,
        received_at=RECEIVED_AT,
        delivery_id="delivery-1",
        state=Ended(outcome, ENDED_AT),
        attempts=1,
        message_id="5b1c7f6e0d",
        revision=1,
    )
    return replace(row, **changes)


def a_notice(
    row: Row | None = None,
    *,
    context: str | None = None,
    traceparent: str | None = None,
    delivery: str = "delivery-1 1",
    kind: Literal["first", "duplicate"] = "first",
) -> Notice:
    return notice_of(row or a_row(), context=context, traceparent=traceparent, delivery=delivery, kind=kind)


def test_the_body_is_the_example_of_the_published_schema() -> None:
    notice = a_notice(context='{"campaign":"dunning"}')

    examples: Any = OutcomeBody.model_config["json_schema_extra"]
    assert examples["examples"][0] | {"job_id": "order-1"} == json.loads(notice.body)
    assert ("delivered", None, CHANNEL, ENDED_AT) == (
        notice.outcome,
        notice.reason,
        notice.channel_arn,
        notice.finished_at,
    )


def test_a_body_without_a_job_has_a_null_id_and_its_reason() -> None:
    ended = Ended(Outcome.REJECTED, ENDED_AT, Reason.UNREADABLE, "The body is empty.")
    notice = a_notice(a_row(job_id="", channel_arn="", message_id=None, attempts=0, state=ended))

    body = json.loads(notice.body)
    assert body["job_id"] is None
    assert {"reason": "unreadable", "detail": "The body is empty."}.items() <= body.items()
    assert not {"channel_arn", "message_id", "context", "traceparent", "duplicate"} & body.keys()
    assert ("rejected", "unreadable", None) == (notice.outcome, notice.reason, notice.channel_arn)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_end_fits_the_schema_and_only_accepted_is_provisional(outcome: Outcome) -> None:
    notice = a_notice(a_row(outcome), context="null", traceparent=W3C, kind="duplicate")

    told = OutcomeBody.model_validate_json(notice.body)
    assert (outcome, outcome is not Outcome.ACCEPTED, True) == (told.outcome, told.final, told.duplicate)


def test_the_body_is_compact_ascii_and_echoes_a_context_as_it_came() -> None:
    context = json.dumps({"name": "Zoë \ufffe 🚀", "amount": 1.10, "big": 2**60})

    notice = a_notice(context=context)

    assert notice.body.isascii()
    assert '", "' not in notice.body
    assert json.loads(context) == json.loads(notice.body)["context"]


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (W3C, W3C),
        (AWS, W3C),
        (AWS.removesuffix(";Sampled=1"), W3C[:-1] + "0"),
        ("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736", None),
        (W3C.upper(), None),
        (W3C + "\n", None),
        ("ff" + W3C[2:], None),
        ("00-" + "0" * 32 + W3C[35:], None),
        (W3C.replace("00f067aa0ba902b7", "0" * 16), None),
        ("", None),
        (None, None),
    ],
)
def test_a_trace_context_is_told_only_if_it_is_one(came: str | None, told: str | None) -> None:
    assert told == json.loads(a_notice(traceparent=came).body).get("traceparent")


def test_the_repetition_of_a_publication_is_swallowed_and_nothing_else_is() -> None:
    publications = [
        a_notice(),
        a_notice(delivery="delivery-1 2"),
        a_notice(delivery=""),
        a_notice(kind="duplicate"),
        a_notice(a_row(revision=2)),
        a_notice(a_row(job_id="order-2")),
    ]

    assert len(publications) == len({each.deduplication_id for each in publications})
    assert a_notice().deduplication_id == a_notice().deduplication_id
    assert all(len(each.deduplication_id) <= 128 for each in publications)


def test_a_group_is_the_channel_else_the_job_else_the_delivery() -> None:
    assert CHANNEL == a_notice().group_id
    assert "order-1" == a_notice(a_row(channel_arn="")).group_id
    assert "delivery-1" == a_notice(a_row(channel_arn="", job_id="")).group_id
    assert a_notice(a_row(channel_arn="", job_id="", delivery_id="")).group_id


def test_a_group_id_that_is_too_long_for_sqs_is_hashed() -> None:
    just_fits, too_long, another = (a_row(channel_arn=CHANNEL.ljust(n, "x")) for n in (128, 129, 130))

    assert just_fits.channel_arn == a_notice(just_fits).group_id
    assert 64 == len(a_notice(too_long).group_id)
    assert a_notice(too_long).group_id != a_notice(another).group_id


def test_a_job_that_has_not_ended_has_no_outcome() -> None:
    with pytest.raises(ValueError, match="has no end yet"):
        a_notice(a_row(state=Ready()))


def test_neither_a_notice_nor_its_repr_shows_the_context() -> None:
    assert "dunning" not in repr(a_notice(context='"dunning"'))
