"""What the tests of the loop share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from structlog.typing import EventDict

from tests.support.stage import Stage


@pytest.fixture
async def stage() -> Stage:
    return Stage()


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[list[EventDict]]:
    """Everything that was logged, at every level."""
    with structlog.testing.capture_logs() as lines:
        yield lines
