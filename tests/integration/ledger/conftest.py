"""A SQLite ledger's file, and the clock it is given."""

from pathlib import Path

import pytest

from tests.contract.ledger.samples import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker ledger?#%41.db"
