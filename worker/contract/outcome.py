"""How a job ends, in the contract's words. It names ends and their consequences; it never decides one."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """How a job ends. Every job has exactly one outcome at a time."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    FAILED = "failed"
    DENIED = "denied"
    EXPIRED = "expired"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    DONE = "done"
    UNVERIFIABLE = "unverifiable"

    @property
    def goes_to_dead_letter_queue(self) -> bool:
        """Tell whether the job is copied to the dead-letter queue, so that someone can mend it."""
        return self in (Outcome.REJECTED, Outcome.EXHAUSTED)

    @property
    def is_final(self) -> bool:
        """Tell whether no other outcome can follow; only a message still in a channel flow is provisional."""
        return self is not Outcome.ACCEPTED

    @property
    def possibly_sent(self) -> bool:
        """
        Tell whether Chime took the job, or may have.

        Such a job is never sent again, and its id cannot be given to another one. `failed` and `denied`
        count: Chime once accepted the message. The other ends come with no doubt, or after a look.
        """
        return self not in (Outcome.EXPIRED, Outcome.REJECTED, Outcome.EXHAUSTED)
