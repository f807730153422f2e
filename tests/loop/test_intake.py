"""The intake closes when the queue or the ledger fails, and logs the edges only."""

from __future__ import annotations

import pytest
from structlog.typing import EventDict

from worker.loop.intake import Intake

pytestmark = pytest.mark.virtual_time


async def test_what_failed_is_the_cause_until_it_works_again() -> None:
    intake = Intake()
    assert intake.cause is None

    intake.failed("ledger", "disk full")
    assert "ledger" == intake.cause
    intake.works("queue")
    assert "ledger" == intake.cause

    intake.works("ledger")
    assert intake.cause is None


async def test_an_outage_logs_its_edges_only(log_lines: list[EventDict]) -> None:
    intake = Intake()

    for _ in range(5):
        intake.failed("queue", "no connection")
    for _ in range(5):
        intake.works("queue")

    assert ["queue.unreachable", "queue.reachable"] == [line["event"] for line in log_lines]


async def test_probes_become_rarer_and_begin_anew_with_the_next_outage() -> None:
    intake = Intake()
    intake.failed("queue", "no connection")
    assert [1, 2, 4, 5, 5] == [intake.probe_delay_s() for _ in range(5)]

    intake.works("queue")
    intake.failed("queue", "no connection")

    assert 1 == intake.probe_delay_s()
