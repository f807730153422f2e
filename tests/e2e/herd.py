"""Workers side by side as processes: whoever is killed has a successor at once, until all are stopped."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random
from signal import SIGCONT, SIGSTOP

from tests.e2e.watching import until
from tests.support.programs import logged, started


class Herd:
    """Workers in one *environment*; none while nobody keeps them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._at_work: list[Process] = []
        self._over = asyncio.Event()
        self.exit_codes: list[int] = []
        """Of each worker, in the order of their ends."""

    @asynccontextmanager
    async def kept(self, count: int) -> AsyncIterator[None]:
        """Keep so many at work until the block ends; then ask them to stop, and wait for their ends."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(self._keep_one(), name="keeper")
            yield
            self._over.set()

    async def kill_one(self, rng: Random) -> None:
        """Kill -9 one that is at work, as soon as there is one."""
        (await self._take_one(rng)).kill()

    @asynccontextmanager
    async def frozen_one(self, rng: Random) -> AsyncIterator[None]:
        """Freeze one that is at work for as long as the block lasts; nobody kills it meanwhile."""
        process = await self._take_one(rng)
        process.send_signal(SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(SIGCONT)
            self._at_work.append(process)

    async def _take_one(self, rng: Random) -> Process:
        await until(lambda: bool(self._at_work))
        return self._at_work.pop(rng.randrange(len(self._at_work)))

    async def _keep_one(self) -> None:
        """Run one worker after another: those that were killed first, at last the one that is stopped."""
        while not self._over.is_set():
            async with started("run", environment=self._environment) as process:
                await logged(process, "worker.started")
                self._at_work.append(process)
                async with asyncio.TaskGroup() as tasks:
                    stop = tasks.create_task(self._stop_when_over(process))
                    await process.communicate()  # a log that nobody reads would lose its lines
                    stop.cancel()
                self._at_work = [other for other in self._at_work if other is not process]
                self.exit_codes.append(await process.wait())

    async def _stop_when_over(self, process: Process) -> None:
        await self._over.wait()
        process.terminate()
