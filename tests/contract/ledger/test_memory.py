"""What only the ledger in memory has to show: that it does not grow for ever."""

from tests.contract.ledger.samples import RETENTION_S, ManualClock, a_row
from worker.adapters.ledger.memory import MemoryLedger


async def test_expired_rows_leave_the_memory_also_behind_one_that_was_renewed(clock: ManualClock) -> None:
    ledger = MemoryLedger(clock, retention_s=RETENTION_S)
    for job_id in ("renewed", "old-1", "old-2"):
        await ledger.put(a_row(job_id))
    clock.move(RETENTION_S - 1)
    await ledger.put(a_row("renewed", version=1))
    clock.move(1)

    await ledger.put(a_row("new"))

    assert ["renewed", "new"] == list(ledger._kept)
