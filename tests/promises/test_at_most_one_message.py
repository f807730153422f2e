"""Guarantee 2. One job id, at most one message, also where Chime's idempotency tokens are worth nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.mortal import Life
from tests.support.stage import DAY_S, HOME, LIST, SOMEBODY, Stage, Tokens
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.outcome import Outcome
from worker.core.identity import marker
from worker.core.row import Claim, Row, Sending, Unclear
from worker.local.chime.faults import (
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    Broken,
    Drip,
    Fault,
    Slow,
)

pytestmark = [pytest.mark.virtual_time, pytest.mark.parametrize("tokens", ["honoured", "ignored"])]

STORED_BUT_NOT_SAID = [LOST_REPLY, FAILURE_AFTER_EFFECT, Broken(), Slow(delay_s=30), Drip()]
TEXT = text_of("order-8812")


@pytest.mark.parametrize("fault", STORED_BUT_NOT_SAID, ids=lambda fault: fault.kind)
async def test_a_message_that_was_stored_and_not_confirmed_is_found_and_not_sent_again(
    stage: Stage, fault: Fault
) -> None:
    stage.enqueue(a_job())
    stage.strike(fault)

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())
    assert Outcome.DELIVERED == (await stage.end_of()).outcome


async def test_a_sighting_ends_the_wait_at_once(stage: Stage) -> None:
    [message_id] = stage.enqueue(a_job())
    stage.strike(LOST_REPLY)

    await stage.serve()

    assert 1 == len(stage.calls(LIST))
    assert stage.settled_at_s(message_id) < 1


async def test_a_sighting_ends_the_wait_as_soon_as_the_list_can_show_it(stage: Stage) -> None:
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=2.0)
    [message_id] = stage.enqueue(a_job())
    stage.strike(LOST_REPLY)

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 2 < stage.settled_at_s(message_id) < 4


async def test_absence_before_the_grace_has_passed_does_not_count(stage: Stage) -> None:
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=9.5)
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())


async def test_what_was_not_stored_is_sent_again_when_the_grace_has_passed(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST)

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 10 < stage.stored_at_s(TEXT) < 12


async def test_a_look_reads_the_list_back_to_the_beginning_of_the_attempt(stage: Stage) -> None:
    stage.chime.switches = replace(stage.chime.switches, page_size=5)
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)
    stage.strike(LOST_REPLY, LIST)  # when lists are answered again, others have written meanwhile

    async with stage.serving():
        await stage.until(lambda: stage.messages() == [TEXT])
        for n in range(9):
            stage.somebody_writes(f"chatter {n}")
        await stage.until(lambda: len(stage.queue) == 0)

    assert 1 == stage.messages().count(TEXT)
    assert 1 == len(stage.calls())


async def test_a_marker_that_another_member_forged_counts_for_nothing(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST)
    stage.somebody_writes("forged", marked=marker(HOME.arn, "order-8812", style="hash"))

    await stage.serve()

    assert ["forged", TEXT] == stage.messages()


async def test_a_job_delivered_twice_at_once_is_sent_once(stage: Stage) -> None:
    [message_id] = stage.enqueue(a_job())
    stage.queue.duplicate(message_id)

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())


async def test_a_job_enqueued_twice_is_sent_once(stage: Stage) -> None:
    stage.enqueue(a_job(), a_job())
    await stage.serve()
    stage.enqueue(a_job())
    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())


async def test_a_job_that_comes_back_because_its_delete_failed_is_not_sent_again(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.trouble["delete"] = "before"
    await stage.serve_for(30)
    assert 1 == len(stage.queue)

    del stage.trouble["delete"]
    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())


async def test_a_job_whose_visibility_runs_out_while_it_is_worked_on_is_sent_once(tokens: Tokens) -> None:
    stage = Stage(tokens=tokens, visibility_timeout_s=6)
    stage.trouble["change_visibility"] = "before"
    stage.strike(LOST_REQUEST)
    [message_id] = stage.enqueue(a_job())

    async with stage.serving():
        await stage.until(lambda: len(stage.queue) == 0)

    assert [TEXT] == stage.messages()
    assert 2 == len(stage.calls())
    assert 0 < len(stage.inbox.told_of(message_id))


async def test_a_request_that_arrives_after_its_worker_was_killed_is_waited_for(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(Slow(delay_s=8, when="before"))
    life = Life()
    async with stage.serving(life=life) as worker:
        await stage.until(lambda: bool(stage.rows) and isinstance(stage.rows[-1].state, Sending))
        await stage.passes(1)
        life.dead.set()
        worker.task.cancel()
    assert [] == stage.messages()

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())


async def test_a_job_in_doubt_is_looked_for_as_its_own_bearer_although_the_pool_is_another_now(
    stage: Stage,
) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)
    async with stage.serving(life=(life := Life())) as worker:
        await stage.until(lambda: bool(stage.messages()))
        life.dead.set()
        worker.task.cancel()

    stage.pool = (SOMEBODY,)
    await stage.serve()

    assert [TEXT] == stage.messages()
    assert Outcome.DELIVERED == (await stage.end_of()).outcome


async def test_a_job_older_than_the_ledger_that_was_received_before_is_looked_for_before_it_is_sent(
    stage: Stage,
) -> None:
    stage.enqueue(a_job())
    stage.trouble["delete"] = "before"
    await stage.serve_for(30)
    del stage.trouble["delete"]
    stage.lose_the_ledger()

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())
    assert Outcome.DELIVERED == (await stage.end_of()).outcome


async def test_a_job_that_nobody_has_received_before_is_sent_without_a_look(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.lose_the_ledger()

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert [] == stage.calls(LIST)


async def test_another_job_under_the_id_of_a_sent_one_is_refused(stage: Stage) -> None:
    stage.enqueue(a_job(), a_job(content="something else"))

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert {"order-8812": "id_conflict"} == stage.dead_letters()


async def test_a_dead_letter_that_is_redriven_is_sent_once(stage: Stage) -> None:
    stage.policy = replace(stage.policy, max_attempts=1)
    stage.strike(LOST_REQUEST)
    stage.enqueue(a_job())
    await stage.serve()
    assert {"order-8812": "attempts_exhausted"} == stage.dead_letters()

    stage.enqueue(stage.queue.dead_letters[0].body)
    stage.enqueue(stage.queue.dead_letters[0].body)
    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 2 == (await stage.row()).revision


async def test_the_same_token_goes_with_every_attempt(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST, times=2)

    await stage.serve()

    assert 3 == len(stage.calls())
    assert 1 == len({call.token for call in stage.calls()})


async def test_a_job_that_another_worker_took_over_while_it_waited_is_not_sent(stage: Stage) -> None:
    """A worker whose claim has lapsed finds the other's row in its way before it sends again."""
    stage.ledger.is_shared = True
    stage.enqueue(a_job())
    stage.strike(THROTTLED)

    async with stage.serving():
        await stage.until(lambda: len(stage.calls()) == 1)
        row = await stage.row()
        others = replace(row, claim=Claim("another worker", row.received_at + timedelta(hours=1)))
        assert await stage.ledger.put(others) is None
        await stage.passes(60.0)

    assert [] == stage.messages()
    assert 1 == len(stage.calls())


async def test_a_clock_that_is_set_forward_does_not_shorten_the_grace(stage: Stage) -> None:
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=9.5)
    stage.workers_clock.error_s = lambda elapsed_s: 30.0 if elapsed_s > 2.0 else 0.0
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)

    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())


class SlowLedger(MemoryLedger):
    """Takes half a minute to store that the first attempt begins."""

    delay_s = 30.0

    async def put(self, row: Row) -> Row | None:
        if isinstance(row.state, Sending):
            delay_s, self.delay_s = self.delay_s, 0.0
            await asyncio.sleep(delay_s)
        return await super().put(row)


async def test_a_crash_after_a_slow_write_does_not_seem_long_ago(stage: Stage) -> None:
    """The request of the dead may still be on its way until its deadline, and be listed a lag later."""
    stage.ledger = SlowLedger(stage.clock, retention_s=DAY_S)
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=9.5)
    stage.strike(Slow(delay_s=9.5, when="before"))
    [message_id] = stage.enqueue(a_job())
    async with stage.serving(life=(life := Life())) as worker:
        await stage.until(lambda: any(isinstance(row.state, Sending) for row in stage.rows))
        await stage.passes(0.1)
        life.dead.set()
        worker.task.cancel()

    stage.queue.duplicate(message_id)  # or it would stay hidden for longer than that
    await stage.serve()

    assert [TEXT] == stage.messages()


async def test_a_clock_that_is_set_forward_during_a_restart_does_not_shorten_the_grace(stage: Stage) -> None:
    """Nobody watched the clock between the two lives of the worker: the grace begins anew."""
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=9.5)
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)
    async with stage.serving():
        await stage.until(lambda: any(isinstance(row.state, Unclear) for row in stage.rows))

    stage.workers_clock.error_s = lambda elapsed_s: 30.0
    await stage.serve()

    assert [TEXT] == stage.messages()
    assert 1 == len(stage.calls())
