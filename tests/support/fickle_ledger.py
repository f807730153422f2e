"""A ledger with trouble on demand, that remembers what was written to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from worker.core.fleet import Member, Roll
from worker.core.row import Row
from worker.ports import Ledger, LedgerUnavailable

LedgerTrouble = Literal["before", "after"]
"""A call fails before it takes effect, or takes effect and its answer is lost."""


class FickleLedger:
    """Passes calls on to *inner*; *trouble* is asked once for each, *written* gets every row stored."""

    def __init__(
        self, inner: Ledger, *, trouble: Callable[[], LedgerTrouble | None], written: list[Row]
    ) -> None:
        self._inner = inner
        self._trouble = trouble
        self._written = written
        self.is_shared = inner.is_shared
        self.created_at = inner.created_at

    async def read(self, job_id: str) -> Row | None:
        if self._trouble() is not None:
            raise LedgerUnavailable("out for a test")
        return await self._inner.read(job_id)

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        if self._trouble() is not None:
            raise LedgerUnavailable("out for a test")
        return await self._inner.due(shard, limit=limit)

    async def beat(self, member: Member) -> Roll:
        trouble = self._trouble()
        if trouble == "before":
            raise LedgerUnavailable("out for a test")
        roll = await self._inner.beat(member)
        if trouble == "after":
            raise LedgerUnavailable("out for a test")
        return roll

    async def leave(self, worker_id: str) -> None:
        if self._trouble() is not None:
            raise LedgerUnavailable("out for a test")
        await self._inner.leave(worker_id)

    async def put(self, row: Row) -> Row | None:
        trouble = self._trouble()
        if trouble == "before":
            raise LedgerUnavailable("out for a test")
        standing = await self._inner.put(row)
        if standing is None:
            self._written.append(row)
        if trouble == "after":
            raise LedgerUnavailable("out for a test")
        return standing
