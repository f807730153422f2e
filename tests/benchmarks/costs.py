"""
`python -m tests.benchmarks.costs`: what a job costs in calls, counted in virtual time.

Ten jobs a second over twenty channels for ten minutes, and ten idle minutes after it. Nothing is timed: calls
of the ports are counted, and DynamoDB's write units from the items that its adapter would write.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil

import structlog

from tests.support.jobs import a_job
from tests.support.stage import Stage
from worker.adapters.ledger.dynamodb_items import item_of
from worker.adapters.ledger.memory import MemoryLedger
from worker.core.fleet import Member, Roll
from worker.core.row import Row
from worker.local.virtual_time import VirtualTimeLoop

JOBS_PER_S = 10
CHANNELS = 20
MINUTES = 10
RECONCILING = ("ListChannelMessages", "GetChannelMessageStatus")
UNIT_BYTES = 1024


class CountedLedger(MemoryLedger):
    """Counts its calls, and the write units that they would be in DynamoDB."""

    calls: Counter[str]

    async def read(self, job_id: str) -> Row | None:
        self.calls["read"] += 1
        return await super().read(job_id)

    async def put(self, row: Row) -> Row | None:
        before = self._kept.get(row.job_id)
        self.calls["put"] += 1
        self.calls["read"] -= 1  # the one that put makes here; a table looks by the condition of the write
        item = item_of(
            replace(row, version=row.version + 1), expires_at=self._clock.now() + timedelta(days=30)
        )
        size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
        was_due = before is not None and before.row.due_at is not None
        entries = (
            row.due_at is not None
        ) + was_due  # a changed entry of the index is a removal and a new one
        self.calls["table write units"] += ceil(size / UNIT_BYTES)
        self.calls["index write units"] += entries
        return await super().put(row)

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        rows = await super().due(shard, limit=limit)
        self.calls["due: queries"] += 1
        self.calls["due: rows read"] += len(rows)
        return rows

    async def beat(self, member: Member) -> Roll:
        self.calls["beat"] += 1
        return await super().beat(member)


async def measure() -> None:
    stage = Stage()
    stage.ledger = ledger = CountedLedger(stage.clock, retention_s=30 * 86_400)
    ledger.calls = Counter()
    for n in range(CHANNELS):
        stage.open_channel(f"c-{n}")
    jobs = 0
    async with stage.serving():
        for _ in range(60 * MINUTES):
            stage.enqueue(
                *(a_job(f"job-{jobs + n}", f"c-{(jobs + n) % CHANNELS}") for n in range(JOBS_PER_S))
            )
            jobs += JOBS_PER_S
            await stage.passes(1.0)
        await stage.until(lambda: stage.is_empty() and not ledger.due_rows())
        load, ledger.calls = ledger.calls, Counter()
        chime = Counter(call.operation for call in stage.chime.calls.latest)
        await stage.passes(60 * MINUTES)
    reconciling = sum(chime[name] for name in RECONCILING)
    sends = chime["SendChannelMessage"]
    idle = {what: count / MINUTES for what, count in sorted(ledger.calls.items())}
    lines = (
        f"{jobs} jobs, {JOBS_PER_S} a second over {CHANNELS} channels, at the default rate",
        f"Chime: {sends} sends, {reconciling} calls to reconcile: {reconciling / sends:.1%} of the sends",
        f"ledger, a job: { {what: round(count / jobs, 3) for what, count in sorted(load.items())} }",
        f"ledger, a minute of an idle worker: {idle}",
    )
    print("\n".join(lines))  # noqa: T201


def main() -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
