"""What is derived from a job id is the same in every version: it must find what an older worker sent."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from tests.core.jobs import APP_INSTANCE
from worker.contract.arns import CHANNEL_ID_PATTERN
from worker.contract.limits import MARKER_BYTES, MARKER_KEY
from worker.contract.targets import Creation, Named, OfMembers
from worker.core.identity import client_request_token, derived_channel_id, marker, possible_markers

JOB = "order-8812-shipped"
TOKEN = "QKYC34XBXD2GBMADL4J6IEZTG7ZDLEECU4MHRNPBFT2S4BTKFTSQ"
MARKER = "MIH5NGS377DWLGANVJC3UAKHWH"
BY_NAME = "OEAXR252EXOG5OZEOEZJJ4HVNVUWGGVCFRBWETUDL4AUK7MNMOTQ"
BY_MEMBERS = "2YTSW66WCEI3K43AZGVCKKE77D5NKIKEN7YD2NUVJWKRJT6HAL2Q"
ANA, BEN = f"{APP_INSTANCE}/user/ana", f"{APP_INSTANCE}/user/ben"
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


def test_the_ids_of_channels_made_for_names_and_members_never_change_between_versions() -> None:
    """A change here makes every such channel a second time, and the people of the first wait in vain."""
    assert BY_NAME == derived_channel_id(APP_INSTANCE, Named("orders"))
    assert BY_MEMBERS == derived_channel_id(APP_INSTANCE, OfMembers((ANA, BEN)))


def test_how_a_channel_is_to_be_made_makes_no_other_channel() -> None:
    creation = Creation(privacy="PRIVATE", mode="RESTRICTED", name="Orders", metadata="m", expiration_days=3)

    assert BY_NAME == derived_channel_id(APP_INSTANCE, Named("orders", creation))
    assert BY_MEMBERS == derived_channel_id(APP_INSTANCE, OfMembers((ANA, BEN), creation))


def test_names_members_and_app_instances_have_channels_of_their_own() -> None:
    targets = (Named("orders"), Named("Orders"), Named(ANA), OfMembers((ANA,)), OfMembers((ANA, BEN)))
    ids = {
        derived_channel_id(app, target) for app in (APP_INSTANCE, f"{APP_INSTANCE}0") for target in targets
    }

    assert 2 * len(targets) == len(ids)


@given(some.text(some.characters(exclude_categories=["Cs"]), min_size=1, max_size=256))
def test_a_derived_id_is_one_that_chime_takes_whatever_the_name(name: str) -> None:
    assert re.fullmatch(CHANNEL_ID_PATTERN, derived_channel_id(APP_INSTANCE, Named(name)))
