"""A world for processes: SQS by moto, Chime by the emulator, and the exports that lead there."""

from collections.abc import AsyncIterator

import pytest

from worker.local.world import World, embedded_world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A standard queue, and the channels orders, support and alerts."""
    async with embedded_world() as running:
        yield running


@pytest.fixture
async def fifo_world() -> AsyncIterator[World]:
    """The same with a FIFO queue."""
    async with embedded_world(queue="fifo") as running:
        yield running


@pytest.fixture
async def table_world() -> AsyncIterator[World]:
    """The same with a ledger that workers share."""
    async with embedded_world(ledger="dynamodb") as running:
        yield running
