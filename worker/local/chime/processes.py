"""
Messages that a channel flow has in hand. They end when their time has come or a processor calls back.

Nothing runs in the background: whoever reads Chime's state settles first what is due by then.
"""

from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import assert_never

from worker.local.chime.message_log import Message, MessageLog
from worker.local.chime.records import Fallback
from worker.local.chime.treatments import Deny, Fail, Hold, Pass, Treatment

CALLBACK_WINDOW_MS = 48 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Process:
    """
    A flow at work on a new message or on an edit of one.

    *proposed* is the message as its sender wants it, and *log* where it belongs.
    """

    callback_id: str
    channel_arn: str
    log: MessageLog
    proposed: Message
    treatment: Treatment
    fallback: Fallback
    began_ms: int


class Processes:
    """All that is in process, by MessageId: a message is in process once at a time."""

    def __init__(self) -> None:
        self._open: dict[str, Process] = {}
        self._due: list[tuple[int, int, Process]] = []
        self._begun = 0

    def begin(self, process: Process) -> None:
        """Take a message in hand."""
        self._open[process.proposed.message_id] = process
        self._begun += 1
        match process.treatment:
            case Pass(delay_s=delay_s) | Fail(delay_s=delay_s) | Deny(delay_s=delay_s):
                heappush(self._due, (process.began_ms + int(delay_s * 1000), self._begun, process))
            case Hold():
                pass
            case _:
                assert_never(process.treatment)

    def open(self) -> list[Process]:
        """What is in process now, the oldest first."""
        return list(self._open.values())

    def of(self, message_id: str) -> Process | None:
        """The process a message is in; None if it is in none."""
        return self._open.get(message_id)

    def forget(self, log: MessageLog) -> None:
        """Drop what is in process in a channel that is gone."""
        self._open = {at: process for at, process in self._open.items() if process.log is not log}

    def settle(self, now_ms: int) -> None:
        """End, in their order, all processes that are due."""
        while self._due and self._due[0][0] <= now_ms:
            due_ms, _, process = heappop(self._due)
            if self._open.get(process.proposed.message_id) is process:
                self._treat(process, at_ms=due_ms)

    def let_through(self, process: Process, passed: Pass, *, at_ms: int) -> None:
        """Make the message SENT, changed as *passed* says."""
        if (now := process.log.get(process.proposed.message_id)) is not None:
            # An edited message has been in lists all the time; a new one begins to lag now.
            stored_ms = at_ms if now.status == "PENDING" else now.stored_ms
            sent = replace(process.proposed, status="SENT", stored_ms=stored_ms, updated_ms=at_ms)
            process.log.replace(_changed(sent, passed))
        self._close(process)

    def deny(self, process: Process) -> None:
        """Forget a new message; an edit leaves the message as it was."""
        if _is_new(process):
            process.log.remove(process.proposed.message_id)
        self._close(process)

    def _treat(self, process: Process, *, at_ms: int) -> None:
        match process.treatment:
            case Pass():
                self.let_through(process, process.treatment, at_ms=at_ms)
            case Fail() if process.fallback == "CONTINUE":
                self.let_through(process, Pass(), at_ms=at_ms)
            case Fail():
                self._fail(process, at_ms=at_ms)
            case Deny():
                self.deny(process)
            case Hold():
                pass
            case _:
                assert_never(process.treatment)

    def _fail(self, process: Process, *, at_ms: int) -> None:
        """Mark a new message FAILED; an edit leaves the message as it was."""
        if _is_new(process):
            failed = replace(process.proposed, status="FAILED", stored_ms=at_ms, updated_ms=at_ms)
            process.log.replace(failed)
        self._close(process)

    def _close(self, process: Process) -> None:
        del self._open[process.proposed.message_id]


def _changed(message: Message, passed: Pass) -> Message:
    return replace(
        message,
        content=message.content if passed.content is None else passed.content,
        metadata=message.metadata if passed.metadata is None else passed.metadata,
        attributes=message.attributes if passed.attributes is None else passed.attributes,
        content_type=message.content_type if passed.content_type is None else passed.content_type,
    )


def _is_new(process: Process) -> bool:
    """Whether the message in the channel is still the one that waits: it may have been deleted meanwhile."""
    message = process.log.get(process.proposed.message_id)
    return message is not None and message.status == "PENDING"
