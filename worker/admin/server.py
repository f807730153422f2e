"""
The admin HTTP server: `/healthz`, whether the receive loop comes round; `/readyz`, whether jobs are taken.

It changes nothing.

A worker that cannot have its port goes on without: its jobs matter more, and its health check fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

log = structlog.get_logger()

STALLED_S = 60.0
"""A round of the receive loop takes a long poll and a deadline, 30 s at most: this is no accident."""


def application(came_round_at: Callable[[], float], waits_for: Callable[[], str | None]) -> web.Application:
    """
    Make the app.

    *came_round_at* tells the loop time at which the receive loop last came round, *waits_for* why no new
    jobs are taken: `operator`, `draining`, or what cannot be used.
    """

    async def healthz(_request: web.Request) -> web.Response:
        age_s = asyncio.get_running_loop().time() - came_round_at()
        is_alive = age_s <= STALLED_S
        said = {"status": "alive" if is_alive else "stalled", "came_round_before_s": round(age_s, 3)}
        return web.json_response(said, status=200 if is_alive else 503)

    async def readyz(_request: web.Request) -> web.Response:
        cause = waits_for()
        said = {"status": "ready"} if cause is None else {"status": "paused", "cause": cause}
        return web.json_response(said, status=200 if cause is None else 503)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    return app


@asynccontextmanager
async def admin_server(
    host: str, port: int | None, came_round_at: Callable[[], float], *, waits_for: Callable[[], str | None]
) -> AsyncIterator[int | None]:
    """Serve while the block lasts; yield the port (a free one for 0), or None if there is no server."""
    if port is None:
        yield None
        return
    runner = web.AppRunner(application(came_round_at, waits_for), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        yield await _bound(runner, host, port)
    finally:
        await runner.cleanup()


async def _bound(runner: web.AppRunner, host: str, port: int) -> int | None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        log.warning("admin.unavailable", host=host, port=port, cause=error.strerror or type(error).__name__)
        return None
    bound = int(runner.addresses[0][1])
    log.info("admin.started", host=host, port=bound)
    return bound
