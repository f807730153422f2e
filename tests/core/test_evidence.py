"""What a page of a channel's list proves: a marker alone proves nothing, nor does a sender alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.jobs import APP_INSTANCE, BEARER, at
from worker.core.evidence import CLOCK_TOLERANCE, Listed, Page, found_in, list_from
from worker.core.identity import marker, possible_markers

JOB = "order-8812"
MARKERS = possible_markers(APP_INSTANCE, JOB)
HASHED = marker(APP_INSTANCE, JOB, style="hash") or ""
SOMEBODY = f"{APP_INSTANCE}/user/mallory"


def listed(message_id: str, *markers: str, sender: str = BEARER, created: float = 0) -> Listed:
    """Make one line of a list."""
    return Listed(message_id, sender, at(created), markers)


def seen(*messages: Listed) -> str | None:
    """Say which message of a page is the job's."""
    found = found_in(Page(messages), None, markers=MARKERS, sender_arn=BEARER)
    return found.message_id if found else None


@pytest.mark.parametrize("value", [HASHED, JOB], ids=["hash", "plain"])
def test_the_marker_of_the_job_sent_by_its_bearer_is_a_sighting_in_either_style(value: str) -> None:
    assert "message-1" == seen(listed("message-0"), listed("message-1", value), listed("message-2", "x"))


NO_SIGHTINGS = {
    "an-empty-page": (),
    "a-forged-marker": (listed("message-1", HASHED, sender=SOMEBODY),),
    "no-marker": (listed("message-1"),),
    "the-marker-of-another-job": (listed("message-1", marker(APP_INSTANCE, "other", style="hash") or ""),),
    "part-of-the-marker": (listed("message-1", HASHED[:-1], HASHED.lower()),),
    "marker-and-sender-apart": (
        listed("message-1", HASHED, sender=SOMEBODY),
        listed("message-2", "x", sender=BEARER),
    ),
}


@pytest.mark.parametrize("messages", NO_SIGHTINGS.values(), ids=NO_SIGHTINGS)
def test_anything_less_is_no_sighting(messages: tuple[Listed, ...]) -> None:
    assert None is seen(*messages)


def test_the_marker_is_found_among_other_values() -> None:
    assert "message-1" == seen(listed("message-1", "x", HASHED))


def test_the_older_one_of_two_sightings_is_the_message() -> None:
    newer, older = listed("message-2", HASHED, created=20), listed("message-1", HASHED, created=10)

    assert "message-1" == seen(newer, older)
    assert "message-1" == seen(older, newer)


def test_an_older_forgery_does_not_hide_the_message() -> None:
    forged = listed("message-1", HASHED, sender=SOMEBODY, created=10)

    assert "message-2" == seen(listed("message-2", HASHED, created=20), forged)


def test_lists_begin_before_the_attempt_by_as_much_as_clocks_may_differ() -> None:
    assert timedelta(minutes=5) == CLOCK_TOLERANCE
    assert at(-300) == list_from(at(0))
