"""What is derived from a job id is the same in every version: it must find what an older worker sent."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from tests.core.jobs import APP_INSTANCE
from worker.contract.limits import MARKER_BYTES, MARKER_KEY
from worker.core.identity import client_request_token, marker, possible_markers

JOB = "order-8812-shipped"
TOKEN = "QKYC34XBXD2GBMADL4J6IEZTG7ZDLEECU4MHRNPBFT2S4BTKFTSQ"
MARKER = "MIH5NGS377DWLGANVJC3UAKHWH"
job_ids = some.text(some.sampled_from("ABCabc019._:@/-"), min_size=1, max_size=128)
texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=12)


def test_token_and_marker_never_change_between_versions() -> None:
    """A change here sends twice whatever is in doubt during the upgrade: do not mend the values."""
    assert TOKEN == client_request_token(APP_INSTANCE, JOB)
    assert MARKER == marker(APP_INSTANCE, JOB, style="hash")
    assert "job" == MARKER_KEY


@pytest.mark.parametrize(("purpose", "digest"), [(b"token", TOKEN), (b"marker", MARKER)])
def test_both_are_a_sha_256_of_length_prefixed_parts_in_base32(purpose: bytes, digest: str) -> None:
    parts = (purpose, APP_INSTANCE.encode(), JOB.encode())
    framed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    assert b32encode(hashlib.sha256(framed).digest()).decode().startswith(digest)


@given(texts, texts, texts)
def test_no_two_lists_of_parts_read_the_same(head: str, middle: str, tail: str) -> None:
    assume(middle)
    left, right = (head + middle, tail), (head, middle + tail)

    assert client_request_token(*left) != client_request_token(*right)
    assert marker(*left, style="hash") != marker(*right, style="hash")


@given(job_ids)
def test_a_token_is_one_that_chime_takes_and_tells_nothing_of_the_marker(job_id: str) -> None:
    token, shown = client_request_token(APP_INSTANCE, job_id), marker(APP_INSTANCE, job_id, style="hash")

    assert re.fullmatch(r"[A-Z2-7]{52}", token)
    assert re.fullmatch(r"[A-Z2-7]{26}", shown or "")
    assert not token.startswith(shown or "")


@given(job_ids)
def test_every_marker_fits_into_what_is_kept_free_for_it_and_is_found_again(job_id: str) -> None:
    for shown in (marker(APP_INSTANCE, job_id, style="hash"), marker(APP_INSTANCE, job_id, style="plain")):
        assert shown is not None
        assert len(MARKER_KEY) + len(shown.encode()) <= MARKER_BYTES
        assert shown in possible_markers(APP_INSTANCE, job_id)


@pytest.mark.parametrize(("length", "is_plain"), [(1, True), (61, True), (62, False), (128, False)], ids=str)
def test_a_plain_marker_is_the_job_id_where_it_fits_and_else_the_hash(length: int, *, is_plain: bool) -> None:
    job_id = "j" * length

    expected = job_id if is_plain else marker(APP_INSTANCE, job_id, style="hash")
    assert expected == marker(APP_INSTANCE, job_id, style="plain")


def test_no_marker_is_made_where_markers_are_off_but_older_ones_are_still_found() -> None:
    assert None is marker(APP_INSTANCE, JOB, style="off")
    assert {MARKER, JOB} == possible_markers(APP_INSTANCE, JOB)
