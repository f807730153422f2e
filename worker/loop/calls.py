"""Makes calls that are no sends: each waits for its bearer's turn, and has a slot only while it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.core.replies import Cause, NotNow
from worker.loop.turns import Turns

T = TypeVar("T")


class Calls:
    """Makes calls, each after *wait* has let its bearer pass, and tells the pace what came of them."""

    def __init__(
        self, turns: Turns, slots: asyncio.Semaphore, *, wait: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._turns = turns
        self._slots = slots
        self._wait = wait

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
