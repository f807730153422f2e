"""A dead letter within SQS's limits: what is left out, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract.inbox.conftest import VERSION, a_letter
from worker.adapters.sqs_letters import MESSAGE_LIMIT_BYTES, FittedLetter, fit, size_bytes
from worker.ports import Attribute, Delivery, LetterDoesNotFit

OWN = ["reason", "detail", "job_id", "attempts", "first_failed_at", "worker_version"]
LEFT_OUT_FIRST = ["worker_version", "first_failed_at", "attempts", "job_id", "detail", "c", "b", "a"]
PRODUCERS = {name: Attribute("String", name * 100) for name in ("a", "b", "c")}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_delivery(body: str = "body", *, attributes: dict[str, Attribute] | None = None) -> Delivery:
    return Delivery(
        message_id="m-1",
        receipt_handle="r-1",
        body=body,
        sent_at=NOW,
        received_at=NOW,
        attributes=attributes or {},
    )


def fitted(delivery: Delivery, *, limit_bytes: int = MESSAGE_LIMIT_BYTES) -> FittedLetter:
    return fit(delivery, a_letter(), limit_bytes=limit_bytes, worker_version=VERSION)


def weight(letter: FittedLetter) -> int:
    """What SQS counts."""
    return len(letter.body.encode()) + size_bytes(letter.attributes)


@pytest.mark.parametrize("producers_count", range(11))
def test_of_ten_attributes_the_producers_come_before_ours_but_the_reason(producers_count: int) -> None:
    producers = {f"p{n}": Attribute("String", "x") for n in range(producers_count)}

    names = list(fitted(a_delivery(attributes=producers)).attributes)

    ours = OWN[: max(1, 10 - producers_count)]
    assert {*sorted(producers)[:9], *ours} == set(names)


def test_attributes_are_left_out_one_by_one_in_their_order_as_the_room_shrinks() -> None:
    delivery = a_delivery("é" * 500, attributes=PRODUCERS)
    whole = fitted(delivery)
    all_names = set(whole.attributes)

    gone: list[str] = []
    letter = whole
    while len(letter.attributes) > 1:
        letter = fitted(delivery, limit_bytes=weight(letter) - 1)
        gone += sorted(all_names - set(letter.attributes) - set(gone))

    assert LEFT_OUT_FIRST == gone
    assert {"reason": Attribute("String", "invalid_job")} == letter.attributes


def test_a_letter_may_fill_the_queues_limit_and_not_one_byte_more() -> None:
    overhead = len("reason") + len("String") + len("invalid_job")
    longest = "é" * ((MESSAGE_LIMIT_BYTES - overhead) // 2)

    assert ["reason"] == list(fitted(a_delivery(longest)).attributes)
    with pytest.raises(LetterDoesNotFit):
        fitted(a_delivery(longest + "éé"))


def test_a_smaller_limit_of_the_dead_letter_queue_counts() -> None:
    delivery = a_delivery("x" * 1000)

    assert weight(fitted(delivery, limit_bytes=1100)) <= 1100
    with pytest.raises(LetterDoesNotFit, match="1010 bytes"):
        fitted(delivery, limit_bytes=1010)


def test_a_larger_limit_than_sqs_has_does_not_count() -> None:
    with pytest.raises(LetterDoesNotFit, match="1048576 bytes"):
        fitted(a_delivery("x" * MESSAGE_LIMIT_BYTES), limit_bytes=2 * MESSAGE_LIMIT_BYTES)


def test_a_body_that_sqs_will_refuse_is_left_for_it_to_refuse() -> None:
    assert fitted(a_delivery("half \ud800")).body == "half \ud800"


def test_a_letter_without_a_job_id_has_no_empty_attribute() -> None:
    letter = fit(a_delivery(), a_letter(job_id=None), limit_bytes=10_000, worker_version=VERSION)

    assert "job_id" not in letter.attributes
    assert all(each.value for each in letter.attributes.values())


def test_what_an_earlier_letter_said_is_dropped_even_where_this_one_says_nothing() -> None:
    came_back = a_delivery(attributes={"job_id": Attribute("String", "of-another-reading")})

    letter = fit(came_back, a_letter(job_id=None), limit_bytes=10_000, worker_version=VERSION)

    assert "job_id" not in letter.attributes


def test_a_detail_is_cut_to_a_kilobyte_between_characters() -> None:
    letter = fit(a_delivery(), a_letter("x" + "é" * 900), limit_bytes=10_000, worker_version=VERSION)

    assert letter.attributes["detail"].value == "x" + "é" * 511


def test_the_deduplication_id_is_the_deliverys_and_not_the_jobs() -> None:
    assert fitted(a_delivery()).deduplication_id == "m-1"
