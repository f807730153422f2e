"""The way of log lines out of the process. Never blocks who logs: it drops and counts what nobody takes."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

CAPACITY_LINES = 10_000
BATCH_LINES = 64


class LogPipe:
    """
    A bounded queue of lines, and a daemon thread that writes them to a file descriptor.

    *report* words the line that tells how many were dropped, once lines get through again.
    """

    def __init__(self, fd: int, report: Callable[[int], str], *, capacity: int = CAPACITY_LINES) -> None:
        self._fd = fd
        self._report = report
        self._capacity = capacity
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._dropped_count = 0
        self._reported_count = 0
        self._thread = threading.Thread(target=self._write_forever, name="log-pipe", daemon=True)
        self._thread.start()

    @property
    def dropped_count(self) -> int:
        """How many lines were dropped so far."""
        return self._dropped_count

    def put(self, line: str) -> None:
        """Queue a line, or drop and count it. Any thread may call."""
        with self._changed:
            if self._is_closing or len(self._lines) >= self._capacity:
                self._dropped_count += 1
                return
            self._lines.append(line)
            self._changed.notify()

    def close(self, *, within_s: float) -> None:
        """Write what is queued, but give up after *within_s* seconds."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(within_s)

    def _write_forever(self) -> None:
        while batch := self._next_batch():
            unreported_count = self._dropped_count - self._reported_count
            report = [self._report(unreported_count)] if unreported_count else []
            try:
                self._write("".join(f"{line}\n" for line in batch + report))
            except OSError:  # nobody reads any more, or the disk is full: logs never stop the work
                with self._changed:
                    self._dropped_count += len(batch)
            else:
                self._reported_count += unreported_count

    def _next_batch(self) -> list[str]:
        """Wait for lines; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._is_closing)
            return [self._lines.popleft() for _ in range(min(len(self._lines), BATCH_LINES))]

    def _write(self, text: str) -> None:
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:  # full, and somebody made it non-blocking
                select.select([], [self._fd], [])
