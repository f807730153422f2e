"""What is in hand stays hidden from other receivers, for as long as it is in hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.typing import EventDict

from tests.support.jobs import a_job, text_of
from tests.support.recorded_inbox import Shown
from tests.support.stage import Stage
from worker.local.chime.faults import LOST_REQUEST, Drip, Slow

pytestmark = pytest.mark.virtual_time


async def test_a_job_in_hand_stays_hidden_however_long_it_takes() -> None:
    stage = Stage(visibility_timeout_s=6)
    [message_id] = stage.enqueue(a_job())
    stage.strike(LOST_REQUEST, times=3)

    await stage.serve()

    assert 3 <= stage.inbox.told_of(message_id).count(Shown(6))
    assert 1 == len(stage.inbox.receipts)


async def test_what_waits_in_line_stays_hidden_too() -> None:
    stage = Stage(visibility_timeout_s=30)
    stage.enqueue(*[a_job(f"order-{n}") for n in range(8)])
    stage.strike(Slow(delay_s=8), times=None)

    await stage.serve()

    assert 8 == len(stage.inbox.receipts)
    assert [text_of(f"order-{n}") for n in range(8)] == stage.messages()


async def test_jobs_in_hand_stay_hidden_while_the_worker_drains() -> None:
    stage = Stage(visibility_timeout_s=9)
    stage.limits = replace(stage.limits, drain_s=60)
    stage.enqueue(a_job())
    stage.strike(Slow(delay_s=2))

    async with stage.serving() as worker:
        await stage.passes(1)
        stage.trouble["ledger"] = "before"  # what has been sent waits for its end to be recorded
        worker.stop()
        await stage.passes(30)
        assert 1 == stage.queue.in_flight
        del stage.trouble["ledger"]

    assert [text_of("order-8812")] == stage.messages()
    assert 1 == len(stage.inbox.receipts)


async def test_an_extension_that_fails_is_tried_again_before_it_is_too_late() -> None:
    stage = Stage(visibility_timeout_s=30)
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST, times=2)
    stage.trouble["change_visibility"] = "before"

    async with stage.serving():
        await stage.passes(17)
        del stage.trouble["change_visibility"]
        await stage.until(lambda: len(stage.queue) == 0)

    assert 1 == len(stage.inbox.receipts)


async def test_a_delivery_that_was_lost_begins_nothing_new(
    log_lines: list[EventDict],
) -> None:
    stage = Stage(visibility_timeout_s=30)
    [message_id] = stage.enqueue(a_job())
    stage.strike(Drip())
    stage.inbox.entry_faults[message_id] = ["gone"]

    async with stage.serving():
        await stage.until(lambda: bool(stage.inbox.told_of(message_id)))
        sends_before = len(stage.calls())
        await stage.passes(15)

    assert "delivery.lost" in [line["event"] for line in log_lines]
    assert sends_before == len(stage.calls())
