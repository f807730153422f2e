"""How the whole reads for people and for programs, also where a part of it cannot be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from worker.adapters.ledger.figures import Figures
from worker.adapters.sqs import Backlog
from worker.cli.overview import Overview, Unreadable, as_json, as_lines
from worker.core.fleet import LAPSE_S, Member, Pause, Roll

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAMP = "2026-03-01T12:00:00.000Z"


def a_member(worker_id: str, *, silent_s: float = 2) -> Member:
    seen_at = NOW - timedelta(seconds=silent_s)
    return Member(id=worker_id, host="host\x1b", version="1.2", started_at=NOW, seen_at=seen_at)


GOOD = Overview(
    at=NOW,
    bearer_rate_per_s=10,
    queue=Backlog(visible_count=4, in_flight_count=2, delayed_count=1),
    dead_letters=3,
    figures=Figures(jobs=9, open=1, by_standing={"ready": 1, "delivered": 8}, waiting=5, due=2),
    roll=Roll(
        members=(a_member("a"), a_member("b"), a_member("c", silent_s=LAPSE_S + 1)),
        pauses=(Pause(None, NOW), Pause("arn\x07", NOW)),
    ),
)


def test_people_read_a_line_a_part_and_one_a_worker_and_a_pause() -> None:
    assert [
        f"at            {STAMP}",
        "queue         about 4 visible, 2 in flight or not due yet, 1 delayed by their producer",
        "dead_letters  about 3",
        "ledger        9 jobs, 1 of them open; 8 delivered, 1 ready; 5 to reconcile, 2 of them now",
        "workers       2",
        f"  a on host\\x1b, version 1.2, since {STAMP}, seen 2 s ago: 5 calls/s a bearer",
        f"  b on host\\x1b, version 1.2, since {STAMP}, seen 2 s ago: 5 calls/s a bearer",
        f"  c on host\\x1b, version 1.2, since {STAMP}, seen 16 s ago: silent",
        f"paused        all channels since {STAMP}",
        f"paused        arn\\x07 since {STAMP}",
    ] == list(as_lines(GOOD))


def test_programs_read_the_same() -> None:
    told = as_json(GOOD)

    assert {"visible": 4, "in_flight": 2, "delayed": 1} == told["queue"]
    assert (3, {}) == (told["dead_letters"], told["unreadable"])
    assert [
        {
            "id": each,
            "host": "host\x1b",
            "version": "1.2",
            "started_at": STAMP,
            "seen_at": seen_at,
            "living": living,
            "bearer_rate_per_s": 5.0 if living else None,
        }
        for each, seen_at, living in (
            ("a", "2026-03-01T11:59:58.000Z", True),
            ("b", "2026-03-01T11:59:58.000Z", True),
            ("c", "2026-03-01T11:59:44.000Z", False),
        )
    ] == told["workers"]
    assert [{"channel_arn": None, "since": STAMP}, {"channel_arn": "arn\x07", "since": STAMP}] == told[
        "pauses"
    ]


def test_a_part_that_cannot_be_read_says_why_in_its_place_and_hides_no_other() -> None:
    seen = replace(GOOD, queue=Unreadable("no\x1b"), roll=Unreadable("gone"))
    lines = list(as_lines(seen))
    told = as_json(seen)

    assert "queue         cannot be read: no\\x1b" == lines[1]
    assert "dead_letters  about 3" == lines[2]
    assert "workers       cannot be read: gone" == lines[-1]
    assert {"queue": "no\x1b", "workers": "gone"} == told["unreadable"]
    assert (None, None, None, 3) == (told["queue"], told["workers"], told["pauses"], told["dead_letters"])


def test_what_is_not_known_exactly_is_not_told_as_if_it_were() -> None:
    """DynamoDB counts its items every six hours, and tells no states; a queue may have no dead letters."""
    figures = Figures(jobs=9, open=None, by_standing={}, waiting=5, due=2)
    lines = list(as_lines(replace(GOOD, figures=figures, dead_letters=None, roll=Roll())))

    assert "dead_letters  there is no queue for them" == lines[2]
    assert "ledger        about 9 jobs, by a count of hours ago; 5 to reconcile, 2 of them now" == lines[3]
    assert "workers       0" == lines[-1]


def test_a_worker_whose_clock_is_ahead_was_seen_just_now() -> None:
    ahead = Roll(members=(a_member("a", silent_s=-9),))

    assert list(as_lines(replace(GOOD, roll=ahead)))[-1].endswith("seen 0 s ago: 10 calls/s a bearer")
