"""Makes calls that are no sends: each waits for its bearer's turn, and has a slot only while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.core.replies import Cause, NotNow
from worker.loop.stopping import Stopping
from worker.loop.turns import Turns

T = TypeVar("T")
TRIES = 10
THROTTLED_S = 1.0


class Calls:
    """Makes calls, each after *wait* has let its bearer pass, and tells the pace what came of them."""

    def __init__(
        self,
        turns: Turns,
        slots: asyncio.Semaphore,
        *,
        wait: Callable[[str], Awaitable[bool]],
        stopping: Stopping,
    ) -> None:
        self._turns = turns
        self._slots = slots
        self._wait = wait
        self._stopping = stopping

    async def insist(self, call: Callable[[], Awaitable[T]], *, bearer_arn: str, scope: str) -> T | None:
        """Make a call as `make` does, again and again while it is throttled: others' calls are in the way."""
        for _ in range(TRIES - 1):
            reply = await self.make(call, bearer_arn=bearer_arn, scope=scope)
            if not isinstance(reply, NotNow) or reply.cause is not Cause.THROTTLED:
                return reply
            await self._stopping.sleep(THROTTLED_S)
        return await self.make(call, bearer_arn=bearer_arn, scope=scope)

    async def make(self, call: Callable[[], Awaitable[T]], *, bearer_arn: str, scope: str) -> T | None:
        """
        Make a call; None if the service was asked to stop before its turn came.

        *scope* names whose limit a 429 may be, if not the bearer's: a channel, or an operation.
        """
        if not await self._wait(bearer_arn):
            return None
        async with self._slots:
            reply = await call()
        match reply:
            case NotNow(Cause.THROTTLED):
                self._turns.throttled(bearer_arn, scope)
            case NotNow():
                pass
            case _:
                self._turns.answered(bearer_arn, scope)
        return reply
