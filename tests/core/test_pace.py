"""Pacing: never more than the rate allows in any window, less after a 429, and all of it again in time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from worker.core.pace import BURST_S, FLOOR_PER_S, Bucket, ThrottleJudge

rates = some.sampled_from([0.2, 0.5, 1.0, 5.0, 10.0, 30.0, 200.0])
pauses = some.lists(some.floats(0, 3), max_size=60)


def spend(bucket: Bucket, pauses_s: list[float]) -> list[float]:
    """Call as early as the bucket allows, after each of the pauses; say when the calls left."""
    now, left_at = 100.0, []
    for pause_s in pauses_s:
        now += pause_s
        now += bucket.delay(now)
        bucket.take(now)
        left_at.append(now)
    return left_at


@given(rates, pauses)
def test_no_window_holds_more_calls_than_rate_and_burst_allow(rate: float, pauses_s: list[float]) -> None:
    left_at = spend(Bucket(rate), pauses_s)

    burst = max(1.0, rate * BURST_S)
    for first, begins in enumerate(left_at):
        for last, ends in enumerate(left_at[first:], start=first):
            assert last - first + 1 <= burst + rate * (ends - begins) + 1e-6


@given(rates, pauses)
def test_after_its_delay_a_call_may_leave(rate: float, pauses_s: list[float]) -> None:
    bucket = Bucket(rate)
    left_at = spend(bucket, pauses_s)

    now = left_at[-1] if left_at else 100.0
    delay_s = bucket.delay(now)
    assert 0 <= delay_s <= 1 / rate + 1e-9
    assert 0 == bucket.delay(now + delay_s)


def test_a_busy_bearer_calls_at_its_rate() -> None:
    left_at = spend(Bucket(10.0), [0.0] * 50)

    assert [pytest.approx(0.1)] * 49 == [after - before for before, after in pairwise(left_at)]


def test_an_idle_hour_saves_no_more_than_the_burst() -> None:
    bucket = Bucket(100.0)
    bucket.take(0.0)

    left_at = spend(bucket, [3600.0, *[0.0] * 5])

    assert 5 == sum(moment == left_at[0] for moment in left_at)


def test_a_call_that_was_not_made_costs_nothing() -> None:
    bucket = Bucket(1.0)

    bucket.take(0.0)
    assert 1.0 == pytest.approx(bucket.delay(0.0))
    bucket.give_back()

    assert 0.0 == bucket.delay(0.0)


def test_calls_given_back_add_up_to_no_more_than_the_burst() -> None:
    bucket = Bucket(1.0)
    for _ in range(10):
        bucket.give_back()

    assert [0.0, 1.0] == [pytest.approx(moment - 100) for moment in spend(bucket, [0.0, 0.0])]


def test_a_429_halves_the_rate_and_empties_the_bucket() -> None:
    bucket = Bucket(10.0)

    bucket.give_way(0.0)

    assert 5.0 == bucket.rate_per_s
    assert 0.2 == pytest.approx(bucket.delay(0.0))


def test_many_429s_of_one_moment_are_one_piece_of_news() -> None:
    bucket = Bucket(10.0)

    for now in (0.0, 0.0, 0.5, 0.999):
        bucket.give_way(now)
    assert 5.0 <= bucket.rate_per_s < 6.0

    bucket.give_way(1.0)
    assert 3.0 == pytest.approx(bucket.rate_per_s)


@given(rates, some.lists(some.floats(0, 2), max_size=50))
def test_the_rate_stays_between_floor_and_ceiling(rate: float, pauses_s: list[float]) -> None:
    bucket, now = Bucket(rate), 0.0

    for pause_s in pauses_s:
        now += pause_s
        bucket.give_way(now)
        assert min(FLOOR_PER_S, rate) <= bucket.rate_per_s <= rate


def test_a_rate_that_gave_way_recovers_in_seconds_and_stops_at_its_ceiling() -> None:
    bucket, rates_per_s = Bucket(10.0), []
    bucket.give_way(0.0)

    for now in range(1, 8):
        bucket.delay(float(now))
        rates_per_s.append(bucket.rate_per_s)

    assert [pytest.approx(rate) for rate in (6, 7, 8, 9, 10, 10, 10)] == rates_per_s


def test_a_clock_that_stands_still_or_goes_back_gives_nothing_away() -> None:
    bucket = Bucket(1.0)
    bucket.take(100.0)

    assert [1.0, 1.0, 0.5] == [pytest.approx(bucket.delay(now)) for now in (100.0, 40.0, 100.5)]


def test_a_channel_throttled_while_others_are_answered_has_met_its_own_limit() -> None:
    judge = ThrottleJudge()
    judge.succeeded("stock", 10.0)

    assert "channel" == judge.throttled("orders", 10.5)


JUDGED_AS_THE_BEARERS = {
    "nobody-else-tried": [],
    "only-its-own-success": [("succeeded", "orders", 10.4)],
    "others-throttled-too": [("succeeded", "stock", 10.3), ("throttled", "news", 10.4)],
    "the-same-other-throttled-since": [("succeeded", "stock", 10.3), ("throttled", "stock", 10.4)],
    "the-success-is-too-old": [("succeeded", "stock", 9.4)],
}


@pytest.mark.parametrize("events", JUDGED_AS_THE_BEARERS.values(), ids=JUDGED_AS_THE_BEARERS)
def test_any_other_429_is_the_bearers(events: list[tuple[str, str, float]]) -> None:
    judge = ThrottleJudge()
    for what, lane, now in events:
        (judge.succeeded if what == "succeeded" else judge.throttled)(lane, now)

    assert "bearer" == judge.throttled("orders", 10.5)


def test_an_old_429_of_another_channel_is_forgotten() -> None:
    judge = ThrottleJudge()
    judge.throttled("news", 9.0)
    judge.succeeded("stock", 10.4)

    assert "channel" == judge.throttled("orders", 10.5)
