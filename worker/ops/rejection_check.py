"""Would the worker reject a dead letter's job again? What can be told without Chime; it changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from worker.adapters.sqs_dead_letters import StoredLetter
from worker.contract.arns import AppInstance
from worker.contract.job import Job, parse_job
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.core.arrival import Conflict, arrive
from worker.core.row import Row
from worker.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionCheck:
    """What is asked: the rules of the present settings, and the ledger, as far as it can be read."""

    home: AppInstance
    clock: Clock
    may_speak_for: Callable[[str], bool]
    read_row: Callable[[str], Awaitable[Row | None]]

    async def doubt(self, letter: StoredLetter) -> str | None:
        """Say why a letter's job would be rejected if it were enqueued now; None if it may not."""
        try:
            job = parse_job(letter.delivery.body, home=self.home, sent_at=self.clock.now())
        except Rejected as rejected:
            return str(rejected)
        if job.bearer_arn is not None and not self.may_speak_for(job.bearer_arn):
            return _told(Reason.BEARER_NOT_ALLOWED)
        stored = await self.read_row(job.id)
        return _told(Reason.ID_CONFLICT) if stored is not None and self._conflicts(job, stored) else None

    def _conflicts(self, job: Job, stored: Row) -> bool:
        """Whether the id belongs to another job: as a worker would find that had nobody beside it."""
        now = self.clock.now()
        fresh = Row(
            job_id=job.id,
            payload_hash=job.payload_hash,
            channel_arn="",
            bearer_arn="",
            listable=True,
            received_at=now,
            delivery_id="",
        )
        return arrive(stored, fresh, now=now, call_deadline_s=0.0, is_live=lambda _: False) == Conflict()


def _told(reason: Reason) -> str:
    return f"{reason}: {reason.sentence}"
