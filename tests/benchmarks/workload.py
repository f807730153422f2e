"""The jobs of a benchmark, in one order: every process that needs them makes the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.jobs import a_job, text_of

APP_INSTANCE_ARN = "arn:aws:chime:us-east-1:123456789012:app-instance/00000000-0000-4000-8000-000000000001"
BEARER_ARN = f"{APP_INSTANCE_ARN}/user/backend_worker"


@dataclass(frozen=True, slots=True)
class Workload:
    """So many jobs, in turn for every one of so many channels."""

    jobs: int
    channels: int

    def bodies(self) -> Iterator[str]:
        """Write the jobs as their producer does, by channel ARN: nobody has to look for a channel."""
        arns = self.channel_arns()
        return (a_job(job_id, arns[n % self.channels]) for n, job_id in enumerate(self._job_ids()))

    def contents(self) -> list[str]:
        """What the channels hold in the end, once each."""
        return [text_of(job_id) for job_id in self._job_ids()]

    def channel_arns(self) -> list[str]:
        """Name the channels."""
        return [f"{APP_INSTANCE_ARN}/channel/channel-{n}" for n in range(self.channels)]

    def _job_ids(self) -> list[str]:
        return [f"job-{n}" for n in range(self.jobs)]
