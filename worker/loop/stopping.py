"""The wish to stop, as a state: everybody asks for it, nobody is cancelled by it."""

from __future__ import annotations

import asyncio


class Stopping:
    """Whether the service is asked to stop, and sleeps that end when it is."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._sleepers: set[asyncio.Future[None]] = set()

    @property
    def requested(self) -> bool:
        """Whether the service was asked to stop."""
        return self._event.is_set()

    def request(self) -> None:
        """Ask the service to stop; once is enough."""
        self._event.set()
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)

    async def wait(self) -> None:
        """Wait until the service is asked to stop."""
        await self._event.wait()

    async def sleep(self, delay_s: float) -> None:
        """Sleep, but not longer than until the service is asked to stop."""
        if self.requested:
            return
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(max(0.0, delay_s), _wake, sleeper)
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._sleepers.discard(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
