"""A witness tells a send that fails alone from one that fails with all others of its bearer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pytest

from tests.core.jobs import BEARER, DEFAULT_BEARER
from worker.core.witness import MEMORY_S, How, Others, Watch, Witness

Event = Literal["begins", "succeeds", "is refused", "fails"]
HOW: Mapping[Event, How] = {"succeeds": "succeeded", "is refused": "refused", "fails": "failed"}


@dataclass(frozen=True, slots=True)
class Story:
    """What other sends do before ours begins and while it runs, and what the witness says of them."""

    before: tuple[tuple[str, Event], ...]
    meanwhile: tuple[tuple[str, Event], ...]
    others: Others


STORIES = {
    "nobody-else": Story((), (), "none"),
    "an-earlier-success": Story((("a", "begins"), ("a", "succeeds")), (), "none"),
    "an-earlier-failure": Story((("a", "begins"), ("a", "fails")), (), "failed"),
    "an-earlier-failure-and-a-success-since": Story(
        (("a", "begins"), ("a", "fails"), ("b", "begins"), ("b", "succeeds")), (), "none"
    ),
    "an-earlier-refusal": Story((("a", "begins"), ("a", "is refused")), (), "none"),
    "a-success-inside": Story((), (("a", "begins"), ("a", "succeeds")), "succeeded"),
    "a-success-that-began-before": Story((("a", "begins"),), (("a", "succeeds"),), "succeeded"),
    "a-failure-inside": Story((), (("a", "begins"), ("a", "fails")), "failed"),
    "a-failure-that-began-before": Story((("a", "begins"),), (("a", "fails"),), "failed"),
    "one-that-hangs-as-well": Story((("a", "begins"),), (), "failed"),
    "one-that-began-and-hangs": Story((), (("a", "begins"),), "failed"),
    "a-success-among-failures": Story(
        (("a", "begins"), ("b", "begins")), (("a", "fails"), ("b", "succeeds")), "succeeded"
    ),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_send_hears_how_the_others_of_its_bearer_fared_while_it_ran(story: Story) -> None:
    witness, watches = Witness(), dict[str, Watch]()
    now = 0.0

    def tell(events: tuple[tuple[str, Event], ...]) -> None:
        nonlocal now
        for name, event in events:
            now += 1
            if event == "begins":
                watches[name] = witness.begin(BEARER, name, now)
            else:
                witness.end(watches[name], now, how=HOW[event])

    tell(story.before)
    ours = witness.begin(BEARER, "ours", now + 0.5)
    tell(story.meanwhile)

    assert story.others == witness.end(ours, now + 1, how="failed")


def test_a_send_is_no_witness_of_itself() -> None:
    witness = Witness()

    assert "none" == witness.end(witness.begin(BEARER, "ours", 0), 1, how="succeeded")
    assert "none" == witness.end(witness.begin(BEARER, "ours", 2), 3, how="failed")


def test_sends_of_another_bearer_are_no_witness() -> None:
    witness = Witness()
    ours, other = witness.begin(BEARER, "ours", 0), witness.begin(DEFAULT_BEARER, "other", 0)
    witness.end(other, 1, how="succeeded")

    assert "none" == witness.end(ours, 2, how="failed")


def test_each_of_two_that_overlap_hears_of_the_other() -> None:
    witness = Witness()
    first, second = witness.begin(BEARER, "ours", 0), witness.begin(BEARER, "other", 1)

    assert "failed" == witness.end(first, 2, how="succeeded")
    assert "succeeded" == witness.end(second, 3, how="failed")


@pytest.mark.parametrize(("passed_s", "others"), [(MEMORY_S - 1, "failed"), (MEMORY_S + 1, "none")])
def test_a_failure_of_another_job_speaks_for_an_outage_only_for_a_while(
    passed_s: float, others: Others
) -> None:
    witness = Witness()
    witness.end(witness.begin(BEARER, "other", 0), 1, how="failed")

    assert others == witness.end(witness.begin(BEARER, "ours", passed_s), 1 + passed_s, how="failed")


def test_a_job_that_failed_before_is_no_witness_of_its_own() -> None:
    witness = Witness()
    witness.end(witness.begin(BEARER, "ours", 0), 1, how="failed")

    assert "none" == witness.end(witness.begin(BEARER, "ours", 2), 3, how="failed")
