"""Does once what several ask for at the same time. It remembers nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Calls under way, by what they are for: the first asker makes one, the others wait for its answer."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Future[T | None]] = {}

    async def once(self, key: Hashable, call: Callable[[], Awaitable[T | None]]) -> T | None:
        """Make the call, or wait for the one under way; None also if its maker was cancelled or failed."""
        if (answer := self._under_way.get(key)) is not None:
            return await asyncio.shield(answer)  # one who gives up takes it from nobody else
        answer = self._under_way[key] = asyncio.get_running_loop().create_future()
        brought: T | None = None
        try:
            brought = await call()
        finally:
            del self._under_way[key]
            answer.set_result(brought)
        return brought
