"""The sandbox: the embedded world, kept running with a real worker until somebody ends it."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.local.chime.clock import WallClock
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.worker_process import worker_process
from worker.local.world import QueueType, World, embedded_world

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ONE_WISH_S = 0.5
"""What wrappers such as `timeout` and `make` deliver twice within so long was asked for once."""


async def run_sandbox(*, queue: QueueType, switches: Switches, opened: Callable[[World], None]) -> int:
    """
    Run world and worker until the worker ends, and return its exit code.

    A signal asks it to drain, a second one cuts its drain short.
    """
    async with (
        embedded_world(queue=queue, chime=Chime(WallClock(), switches=switches)) as world,
        worker_process(world.environment, output=sys.stderr.fileno()) as process,
    ):

        def end() -> None:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)

        with _on_signals(end):
            opened(world)
            return await process.wait()


async def run_bare_sandbox(*, queue: QueueType, switches: Switches, opened: Callable[[World], None]) -> None:
    """Run the world alone until a signal comes."""
    async with embedded_world(queue=queue, chime=Chime(WallClock(), switches=switches)) as world:
        ended = asyncio.Event()
        with _on_signals(ended.set):
            opened(world)
            await ended.wait()


@contextmanager
def _on_signals(end: Callable[[], None]) -> Iterator[None]:
    """Call *end* once for every wish to end it."""
    loop = asyncio.get_running_loop()
    heard_at = float("-inf")

    def hear() -> None:
        nonlocal heard_at
        if loop.time() - heard_at >= ONE_WISH_S:
            end()
        heard_at = loop.time()

    for number in SIGNALS:
        loop.add_signal_handler(number, hear)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
