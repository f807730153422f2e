"""Some hundred schedules of faults, with tokens honoured and ignored: nothing that must not happen does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import structlog

from tests.simulation.run import live, simulate
from tests.simulation.schedule import Tokens
from worker.core.row import Row

SEEDS = 250
BLOCK = 25


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.mark.parametrize("tokens", ["honoured", "ignored"])
@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_no_schedule_of_faults_loses_doubles_or_reorders_a_message(first: int, tokens: Tokens) -> None:
    for seed in range(first, first + BLOCK):
        findings = simulate(seed, tokens)

        again = f"python -m tests.simulation --from {seed} --seeds 1 --tokens {tokens}"
        assert [] == findings, f"seed {seed}; again: {again}"


def test_a_seed_repeats_exactly() -> None:
    """What fails once fails again: chance and time come from the seed alone."""
    for seed in range(10):
        assert rows_of(seed) == rows_of(seed)
    assert rows_of(1) != rows_of(2)


def rows_of(seed: int) -> Sequence[Row]:
    world, _ = live(seed, "ignored")
    return world.rows
