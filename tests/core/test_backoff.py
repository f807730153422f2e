"""Full jitter: any wait from nothing up to a ceiling that doubles until it meets the cap."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as some

from worker.core.backoff import delay_after


@given(
    some.integers(1, 100_000),
    some.floats(0.001, 60),
    some.floats(0.001, 43_200),
    some.randoms(use_true_random=False),
)
def test_no_wait_is_negative_or_over_its_ceiling(
    setback: int, base_s: float, cap_s: float, rng: Random
) -> None:
    delay_s = delay_after(setback, base_s=base_s, cap_s=cap_s, rng=rng)

    assert 0 <= delay_s <= min(cap_s, base_s * 2 ** min(setback - 1, 40))


def test_waits_spread_over_the_whole_room_below_the_ceiling() -> None:
    rng = Random(8812)

    quarters = {int(delay_after(3, base_s=1.0, cap_s=300.0, rng=rng)) for _ in range(100)}

    assert {0, 1, 2, 3} == quarters


def test_the_same_chance_gives_the_same_wait() -> None:
    first, second = (delay_after(5, base_s=0.5, cap_s=300.0, rng=Random(1)) for _ in range(2))

    assert first == second
