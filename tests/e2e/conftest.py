"""A world for the worker as a process: Chime ignores repeated tokens and knows no quota."""

from collections.abc import AsyncIterator

import pytest

from worker.local.chime.clock import WallClock
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import World, embedded_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A standard queue, and the channels orders, support and alerts."""
    chime = Chime(WallClock(), switches=Switches(tokens="ignored", rates="off"))
    async with embedded_world(chime=chime) as running:
        yield running
