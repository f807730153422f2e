"""The in-memory twin of SqsInbox, with faults on demand. It holds nothing: the queue does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from worker.adapters.sqs_letters import MESSAGE_LIMIT_BYTES, fit
from worker.core.settlement import Letter
from worker.local.memory_queue import MemoryQueue
from worker.ports import BatchFault, Delivery, QueueUnavailable

InboxCall = Literal["receive", "delete", "change_visibility", "dead_letter"]
InboxTrouble = Literal["before", "after"]
"""A call fails before it takes effect, or takes effect and its answer is lost."""


def no_trouble(_call: InboxCall) -> InboxTrouble | None:
    """Let every call through."""
    return None


class MemoryInbox:
    """Inbox over a MemoryQueue. *trouble* is asked once for each call."""

    def __init__(
        self,
        queue: MemoryQueue,
        *,
        trouble: Callable[[InboxCall], InboxTrouble | None] = no_trouble,
        worker_version: str = "0",
        message_limit_bytes: int = MESSAGE_LIMIT_BYTES,
    ) -> None:
        self._queue = queue
        self._trouble = trouble
        self._worker_version = worker_version
        self._message_limit_bytes = message_limit_bytes

    @property
    def is_fifo(self) -> bool:
        """Whether the source queue is a FIFO queue."""
        return self._queue.is_fifo

    @property
    def retention_s(self) -> int | None:
        """How long the queue keeps a job after its SentTimestamp."""
        return self._queue.retention_s

    @property
    def has_dead_letter_queue(self) -> bool:
        """Always: the queue keeps its dead letters itself."""
        return True

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        """Receive up to *limit* deliveries."""
        async with self._calling("receive"):
            return await self._queue.receive(limit, wait_s=wait_s)

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        """Delete each; return what failed, by receipt handle."""
        async with self._calling("delete"):
            return _failed({one.receipt_handle: self._queue.delete(one.receipt_handle) for one in deliveries})

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        """Change each; return what failed, by receipt handle."""
        async with self._calling("change_visibility"):
            return _failed(
                {
                    one.receipt_handle: self._queue.change_visibility(one.receipt_handle, seconds)
                    for one, seconds in changes
                }
            )

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        """Copy a job to the dead letters; raise LetterDoesNotFit if it can never be there."""
        fitted = fit(
            delivery, letter, limit_bytes=self._message_limit_bytes, worker_version=self._worker_version
        )
        async with self._calling("dead_letter"):
            self._queue.bury(fitted)

    @asynccontextmanager
    async def _calling(self, call: InboxCall) -> AsyncIterator[None]:
        trouble = self._trouble(call)
        if trouble == "before":
            raise QueueUnavailable(f"{call}: lost on the way there")
        yield
        if trouble == "after":
            raise QueueUnavailable(f"{call}: lost on the way back")


def _failed(faults: Mapping[str, BatchFault | None]) -> dict[str, BatchFault]:
    return {receipt: fault for receipt, fault in faults.items() if fault is not None}
