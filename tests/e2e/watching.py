"""What a test does while a worker runs: wait until the world has come so far, and count what it holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from worker.local.world import World

QUICK: Mapping[str, str] = {
    "WORKER_ADMIN_PORT": "off",
    "WORKER_LOG_FORMAT": "json",
    "WORKER_RECONCILE_GRACE_S": "1",
    "WORKER_RETRY_CAP_S": "1",
    "WORKER_SHUTDOWN_TIMEOUT_S": "3",
}
"""Settings that make waits short. A poll is shorter than the drain: an idle worker stops within seconds."""

LOOK_EVERY_S = 0.02


async def until(condition: Callable[[], bool], *, within_s: float = 30.0) -> None:
    """Wait until *condition* holds: neither moto nor the emulator tells anybody."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 (see above)
            await asyncio.sleep(LOOK_EVERY_S)


async def in_flight(world: World, count: int, *, within_s: float = 30.0) -> None:
    """Wait until so many deliveries are in hand."""
    async with asyncio.timeout(within_s):
        while (await world.backlog()).in_flight != count:  # noqa: ASYNC110 (see above)
            await asyncio.sleep(LOOK_EVERY_S)


def contents(world: World) -> Counter[str]:
    """Count every message of every channel by its content, also what no list shows."""
    chime = world.chime.chime
    return Counter(str(message.content) for arn in chime.channels() for message in chime.messages(arn))
