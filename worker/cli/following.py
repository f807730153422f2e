"""Follows enqueued jobs to their end, through the worker's ledger. It asks neither SQS nor Chime."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from worker.cli.ledger_reader import LedgerReader
from worker.contract.job import Job
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.row import Ended, Row

LOOK_EVERY_S = 0.2
SUCCESSES = frozenset({Outcome.DELIVERED, Outcome.ACCEPTED, Outcome.DONE})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a followed job ended."""

    job_id: str
    outcome: Outcome
    message_id: str | None = None
    reason: Reason | None = None
    detail: str | None = None

    @property
    def is_success(self) -> bool:
        """Whether the job did what it was for."""
        return self.outcome in SUCCESSES


class Follower:
    """Made before the jobs are enqueued: an end that stands in the ledger by then may not be theirs."""

    def __init__(self, reader: LedgerReader, jobs: Sequence[Job], revisions: Mapping[str, int]) -> None:
        self._reader = reader
        self._open = {job.id: job for job in jobs}
        self._revisions = revisions

    @classmethod
    async def before(cls, reader: LedgerReader, jobs: Sequence[Job]) -> Self:
        """Note what the ledger holds of the jobs before they are enqueued."""
        rows = {job.id: await reader.read(job.id) for job in jobs}
        return cls(reader, jobs, {job_id: row.revision if row else 0 for job_id, row in rows.items()})

    @property
    def open_count(self) -> int:
        """How many jobs have not ended."""
        return len(self._open)

    async def endings(self) -> AsyncIterator[Ending]:
        """Tell the end of each job as the ledger shows it. Raise LedgerRefused or LedgerUnavailable."""
        while True:
            for job in list(self._open.values()):
                row = await self._reader.read(job.id)
                if ending := ending_of(job, row, since_revision=self._revisions[job.id]):
                    del self._open[job.id]
                    yield ending
            if not self._open:
                return
            await asyncio.sleep(LOOK_EVERY_S)


def ending_of(job: Job, row: Row | None, *, since_revision: int) -> Ending | None:
    """
    Say how *job* ended, given its id's row; None while it has not.

    What ended with nothing possibly sent begins again when it is enqueued again: only an end after
    *since_revision* is this job's. (`worker.core.arrival` decides so; this reads its result.)
    """
    if row is None or not isinstance(row.state, Ended):
        return None
    ended = row.state
    is_same = row.payload_hash == job.payload_hash
    if not is_same and (ended.outcome.possibly_sent or ended.doubt_since is not None):
        return Ending(job.id, Outcome.REJECTED, reason=Reason.ID_CONFLICT, detail=Reason.ID_CONFLICT.sentence)
    if ended.outcome.possibly_sent or row.revision > since_revision:
        return Ending(job.id, ended.outcome, row.message_id, ended.reason, ended.detail)
    return None
