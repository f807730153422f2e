"""How long to wait before trying again. It never sleeps."""

from __future__ import annotations

from random import Random


def delay_after(setback: int, *, base_s: float, cap_s: float, rng: Random) -> float:
    """
    Seconds to wait after the *setback*-th failure in a row: full jitter under an exponential cap.

    *setback* counts from 1. Never more than *cap_s*, never negative.
    """
    ceiling = min(cap_s, base_s * 2.0 ** min(setback - 1, 30))
    return rng.uniform(0.0, ceiling)
