"""The log of calls: one line each, the latest kept. It holds tokens, for tests only, and never any text."""

from collections import deque
from dataclasses import dataclass

KEPT = 100_000


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """
    One call, and what became of it.

    *status* is Chime's own answer, None if the call never took effect. *fault* is the trouble its
    caller met, empty if none: a 201 with fault "drop" was stored and never answered.
    """

    at_ms: int
    operation: str
    bearer: str
    channel: str
    token: str
    status: int | None
    fault: str


class CallLog:
    """The latest calls, oldest first, and how many there were in all."""

    def __init__(self) -> None:
        self.latest: deque[LoggedCall] = deque(maxlen=KEPT)
        self.total = 0

    def add(self, call: LoggedCall) -> None:
        """Append one line; beyond the limit the oldest goes."""
        self.total += 1
        self.latest.append(call)
