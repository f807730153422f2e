"""Every ledger there is, behind one fixture."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.ledger.samples import RETENTION_S, ManualClock
from worker.adapters.ledger.memory import MemoryLedger
from worker.adapters.ledger.sqlite import open_sqlite
from worker.ports import Ledger


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "sqlite"])
async def ledger(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger(clock, retention_s=RETENTION_S)
    else:
        async with open_sqlite(tmp_path / "ledger.db", clock, retention_s=RETENTION_S) as opened:
            yield opened
