"""A row survives its ledger: what was written is read back, by the next version too, and damage is no row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.core.jobs import a_row, at, unclear
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.row import (
    HISTORY_LIMIT,
    Claim,
    Ended,
    Entry,
    Ready,
    Row,
    Sending,
    State,
    Unclear,
    from_json,
    to_json,
)

FULL: dict[str, Any] = {
    "sub_channel_id": "sub-1",
    "not_before": at(1),
    "not_after": at(2),
    "drop_at": at(3),
    "version": 4,
    "claim": Claim("claim-1", at(60)),
    "attempts": 1,
    "sends": 2,
    "setbacks": 3,
    "crashes": 4,
    "repair": "done",
    "message_id": "message-1",
    "revision": 5,
    "first_failed_at": at(2),
    "history": (Entry(at(1), "attempt"), Entry(at(2), "unclear", "timeout: No reply.")),
}
STATES: dict[str, State] = {
    "ready": Ready(),
    "ready-later": Ready(at(60)),
    "sending": Sending(at(1)),
    "unclear": unclear(),
    **{f"ended-{outcome.value}": Ended(outcome, at(1)) for outcome in Outcome},
    "ended-in-doubt": Ended(Outcome.EXHAUSTED, at(9), Reason.RETENTION_ENDING, "Dropped.", doubt_since=at(1)),
}


@pytest.mark.parametrize("fields", [{}, FULL], ids=["bare", "full"])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_what_is_written_is_read_back_the_same(state: State, fields: dict[str, Any]) -> None:
    row = a_row(state, **fields)

    assert row == from_json(to_json(row))
    assert row == from_json(to_json(row).encode())


moments = some.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
states = some.one_of(
    some.builds(Ready, some.none() | moments),
    some.builds(Sending, moments),
    some.builds(
        Unclear,
        *[moments] * 4,
        some.sampled_from(["counted", "if_looked", "never"]),
        some.integers(0, 9),
    ),
    some.builds(
        Ended,
        some.sampled_from(Outcome),
        moments,
        some.none() | some.sampled_from(Reason),
        some.none() | some.text(some.characters(exclude_categories=["Cs"])),
        some.none() | moments,
    ),
)


@given(states)
def test_any_state_is_read_back_the_same_to_the_microsecond(state: State) -> None:
    row = a_row(state)

    assert row == from_json(to_json(row))


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_what_a_newer_version_adds_is_passed_over(state: State) -> None:
    row = a_row(state, **FULL)
    newer = json.loads(to_json(row))
    newer["mood"] = {"of": "tomorrow"}
    newer["claim"]["mood"] = newer["history"][0]["mood"] = 1
    if "state" in newer:
        newer["state"]["mood"] = "good"

    assert row == from_json(json.dumps(newer))


def test_what_an_older_version_did_not_write_has_its_default() -> None:
    older = json.loads(to_json(a_row(**FULL)))
    for name in FULL:
        del older[name]

    assert a_row() == from_json(json.dumps(older))


REQUIRED = {
    "sending": ["since"],
    "unclear": ["since", "ended_at", "next_look_at", "retry_at", "weight"],
    "ended-delivered": ["outcome", "at"],
}
DAMAGE = [
    pytest.param(STATES[label], name, id=f"{label}-without-{name}")
    for label, names in REQUIRED.items()
    for name in names
]


@pytest.mark.parametrize(("state", "name"), DAMAGE)
def test_a_state_that_lacks_a_field_is_no_row_and_never_another_state(state: State, name: str) -> None:
    """A job in doubt, or ended, that is taken for one that is ready is sent twice."""
    damaged = json.loads(to_json(a_row(state)))
    del damaged["state"][name]

    with pytest.raises(ValueError, match="state"):
        from_json(json.dumps(damaged))


@pytest.mark.parametrize(
    "state",
    [
        {"kind": "pausing"},
        {"since": "2030-01-01T12:00:00Z", "kind": "pausing"},
        {"frozen_at": "x"},
        {"since": "x"},
    ],
    ids=["kind", "kind-and-since", "field", "no-time"],
)
def test_a_state_that_this_version_does_not_know_is_no_row(state: dict[str, str]) -> None:
    unknown = json.loads(to_json(a_row())) | {"state": state}

    with pytest.raises(ValueError, match="state"):
        from_json(json.dumps(unknown))


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '"row"', "{", '{"job_id": "order-8812"}'])
def test_what_is_no_row_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_json(text)


def test_a_timeline_keeps_its_first_line_and_the_newest() -> None:
    row = a_row()

    for number in range(100):
        row = row.noting(f"event-{number}", at(number))

    events = [entry.event for entry in row.history]
    newest = [f"event-{number}" for number in range(100 - HISTORY_LIMIT + 1, 100)]
    assert ["event-0", *newest] == events


@given(some.integers(0, HISTORY_LIMIT))
def test_a_short_timeline_keeps_every_line(length: int) -> None:
    row: Row = a_row()

    for number in range(length):
        row = row.noting("event", at(number))

    assert [at(number) for number in range(length)] == [entry.at for entry in row.history]
