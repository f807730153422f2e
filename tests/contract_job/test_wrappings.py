"""Jobs come wrapped by SNS, EventBridge and CloudEvents: each is taken out, or named by what it is."""

from __future__ import annotations

import hashlib
import json
import time

import pytest

from tests.contract_job.bodies import a_job, a_message, message_in, parse, refuse
from tests.contract_job.wrapping_cases import EVENT_ID, GOOD, JOB, OUTCOMES, WITHOUT_ID, WRONG, Good, Refused
from tests.contract_job.wrappings import cloud_event, cloud_event_base64, event_bridge, sns
from worker.contract.cloud_events import job_id_of
from worker.contract.rejected import OutcomeCameHome


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_a_wrapped_job_is_the_job(case: Good) -> None:
    """Also its hash is the same: how a job travels makes no other job of it."""
    parsed = parse(case.body)

    assert case.job_id == parsed.id
    assert parse(JOB).payload_hash == parsed.payload_hash


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_a_wrapping_is_named(case: Refused) -> None:
    """With the job's id, wherever it could be read."""
    refusal = refuse(case.body)

    assert (case.reason, case.job_id) == (refusal.reason, refusal.job_id)
    assert case.named in refusal.detail
    assert not isinstance(refusal, OutcomeCameHome)


@pytest.mark.parametrize("body", OUTCOMES.values(), ids=OUTCOMES)
def test_an_outcome_that_comes_home_is_told_from_every_other_refusal(body: object) -> None:
    """So that it gets no outcome of its own, which would come home too."""
    refusal = refuse(body)

    assert isinstance(refusal, OutcomeCameHome)
    assert ("not_a_job", None) == (refusal.reason, refusal.job_id)
    assert "an outcome of this worker" in refusal.detail


def test_the_id_that_stands_for_an_event_never_changes() -> None:
    """Producers may compute it, and ledger rows outlive an update of the worker."""
    source, event_id = b"/shop/orders", b"8812-shipped"
    hashed = hashlib.sha256(b"\0\0\0\x0c" + source + b"\0\0\0\x0c" + event_id).hexdigest()

    assert EVENT_ID == job_id_of("/shop/orders", "8812-shipped")
    assert EVENT_ID == f"ce:{hashed}"


def test_no_two_events_share_an_id_by_where_their_parts_are_cut() -> None:
    """Length-prefixed: moving a character from one part to the other makes another event."""
    assert job_id_of("/a", "bc") != job_id_of("/ab", "c")
    assert job_id_of("é", "x") != job_id_of("e\u0301", "x")


def test_a_text_survives_three_wrappings_code_point_for_code_point() -> None:
    """Quotes and backslashes are escaped three times over, also in a message of full size."""
    text = '\\"\u0001é😀\u2028' * 292

    assert text == message_in(sns(sns(sns(a_message(content=text))))).content
    assert text == message_in(event_bridge(cloud_event_base64(a_message(content=text)))).content


def test_no_refusal_of_a_wrapped_job_tells_anything_of_its_message() -> None:
    """Neither of the text inside, nor of a text that stands where the job should."""
    secret = "Kq7 tell nobody Zx9"
    bodies = [
        wrap(inner)
        for wrap in (sns, event_bridge, cloud_event, cloud_event_base64)
        for inner in (
            a_message(content=secret * 300),
            a_message(colour=secret),
            a_job(context=secret * 100),
            {secret: secret},
            [secret],
            secret,
            json.dumps({"message": secret})[:-1],
        )
    ]

    for body in bodies:
        assert secret not in f"{(refusal := refuse(body))} {refusal!r}"


SLOW = {
    "integers": "[" + "1," * 100_000 + "1]",
    "quotes": '"' * 60_000,
    "backslashes": "\\" * 60_000,
    "keys": json.dumps({f"k{n}": n for n in range(10_000)}),
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_no_wrapped_body_takes_long(text: str) -> None:
    """Each wrapping is shorter than the one around it, so that three cost no more than four bodies."""
    body = json.dumps(sns(sns(text)))
    refuse(body)
    before = time.process_time()

    refuse(body)

    assert time.process_time() - before < 0.25


@pytest.mark.parametrize("source", ["x" * 200_000, "\x1b[31m\n", "\u202e"], ids=["long", "control", "bidi"])
def test_a_sender_is_named_in_a_short_and_safe_way(source: str) -> None:
    """Whatever it calls itself."""
    details = [
        refuse(event_bridge({}, source=source)).detail,
        refuse(sns({}, TopicArn=source)).detail,
        refuse(cloud_event({}, source=source)).detail,
        refuse(cloud_event({}, specversion=source)).detail,
        refuse(cloud_event_base64(WITHOUT_ID, datacontenttype=source)).detail,
    ]

    assert all(detail.isprintable() and len(detail) < 300 for detail in details)
