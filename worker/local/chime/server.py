"""A Chime that listens on 127.0.0.1, for as long as it is wanted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from worker.local.chime.app import application
from worker.local.chime.clock import WallClock
from worker.local.chime.state import Chime

HOST = "127.0.0.1"
GRACE_S = 0.05  # aiohttp takes 0 for "no limit"


@dataclass(frozen=True, slots=True)
class Emulator:
    """A Chime that is being served: the endpoint URL of both its services, and the state behind it."""

    url: str
    chime: Chime


@asynccontextmanager
async def emulator(chime: Chime | None = None, *, port: int = 0) -> AsyncIterator[Emulator]:
    """
    Serve *chime*, an empty one on the wall clock if none is given, until the block ends.

    Port 0 takes a free one. Requests that are still being answered then are cut off.
    """
    served = chime or Chime(WallClock())
    runner = web.AppRunner(application(served), access_log=None, shutdown_timeout=GRACE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        host, bound_port = runner.addresses[0][:2]
        yield Emulator(f"http://{host}:{bound_port}", served)
    finally:
        await runner.cleanup()
