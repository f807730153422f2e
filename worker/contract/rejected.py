"""The refusal of a job: its reason, and a detail that is safe to show. It never carries message text."""

from __future__ import annotations

from worker.contract.reasons import Reason

MAX_DETAIL_BYTES = 1024


class Rejected(Exception):
    """A job that can never be sent as it is. The loop dead-letters it with reason and detail."""

    def __init__(self, reason: Reason, detail: str, *, job_id: str | None = None) -> None:
        self.reason = reason
        self.detail = _cut(printable(detail), MAX_DETAIL_BYTES)
        self.job_id = job_id
        super().__init__(reason, self.detail)

    def __str__(self) -> str:
        """Say the reason and the detail in one line."""
        return f"{self.reason}: {self.detail}"

    def of_job(self, job_id: str | None) -> Rejected:
        """Return the same refusal, with the id of the job it concerns."""
        return Rejected(self.reason, self.detail, job_id=job_id)


class OutcomeCameHome(Rejected):
    """One of our own outcomes, received as a job. It gets no outcome of its own: that would go in circles."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.NOT_A_JOB, detail)


def printable(text: str) -> str:
    """Escape what terminals and log readers act upon: controls, line and direction marks, surrogates."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def quoted(text: str) -> str:
    """Quote a short value that came from outside: escaped, and cut to 80 bytes."""
    return f'"{_cut(printable(text[:81]), 80)}"'


def _cut(text: str, limit_bytes: int) -> str:
    """Shorten to so many bytes of UTF-8, between characters; an ellipsis says that something is missing."""
    raw = text.encode()
    if len(raw) <= limit_bytes:
        return text
    return raw[: limit_bytes - len("…".encode())].decode(errors="ignore") + "…"
