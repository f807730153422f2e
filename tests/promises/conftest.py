"""What the promises share: a stage whose Chime ignores tokens, unless a file tries both ways, and the log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from structlog.typing import EventDict

from tests.support.stage import Stage, Tokens


@pytest.fixture
def tokens() -> Tokens:
    """Ignored is the harder world: what holds there must not lean on Chime's idempotency."""
    return "ignored"


@pytest.fixture
async def stage(tokens: Tokens) -> Stage:
    return Stage(tokens=tokens)


@pytest.fixture
async def fifo_stage(tokens: Tokens) -> Stage:
    return Stage(tokens=tokens, fifo=True)


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[EventDict]]:
    """Everything that was logged, at every level."""
    with structlog.testing.capture_logs() as lines:
        yield lines
