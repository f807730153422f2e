"""A job may speak for a user: with that user's rights and quota, and at nobody else's cost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import get_args

import pytest

from tests.promises.changes import GUEST, ORDERS, a_change, prepared
from tests.support.jobs import a_job, text_of
from tests.support.mortal import Life
from tests.support.stage import BEARER, CHANNELS, HOME, JOIN, SEND, SOMEBODY, Stage
from worker.contract.outcome import Outcome
from worker.core.row import Unclear
from worker.core.witness import Witness
from worker.local.chime.faults import LOST_REPLY, LOST_REQUEST, THROTTLED, Fault, FaultRule, Refuse
from worker.local.chime.switches import BearerCode
from worker.loop.turns import GATES, Turns

pytestmark = pytest.mark.virtual_time

each_word_for_unknown = pytest.mark.parametrize("code", get_args(BearerCode))
"""Amazon does not say how Chime calls a bearer that it does not know."""
UNAUTHORIZED = Refuse(status=401, code="UnauthorizedClientException", message="Unauthorized")
TO_MAKE = {"name": "Support", "create": True}


def senders(stage: Stage, channel: str = "orders") -> list[str]:
    return [message.sender_arn for message in stage.chime.messages(HOME.channel_arn(channel))]


def ends_told(stage: Stage, job_id: str) -> list[tuple[str, int]]:
    return [(one["outcome"], one["revision"]) for one in stage.published(job_id)]


async def test_a_message_is_the_users_for_whom_its_job_speaks(stage: Stage) -> None:
    stage.enqueue(a_job("theirs", bearer="somebody"), a_job("ours"))

    await stage.serve()

    assert [SOMEBODY, BEARER] == senders(stage)


async def test_a_job_that_speaks_for_whom_it_may_not_is_rejected_before_a_call_is_made(stage: Stage) -> None:
    stage.enqueue(a_job("forged", bearer="stranger"), a_job("ours"))

    await stage.serve()

    assert {"forged": "bearer_not_allowed"} == stage.dead_letters()
    assert [BEARER] == [call.bearer for call in stage.chime.calls.latest]


async def test_a_job_that_ended_goes_on_being_told_so_when_its_bearer_is_not_allowed_any_more(
    stage: Stage,
) -> None:
    stage.policy = replace(stage.policy, publishes=True)
    stage.enqueue(theirs := a_job("theirs", bearer="somebody"))
    await stage.serve()

    stage.enqueue(theirs)
    async with stage.serving() as worker:
        worker.gear.identity = replace(worker.gear.identity, may_speak_for={BEARER}.__contains__)
        await stage.until(stage.is_empty)

    assert [("delivered", 1), ("delivered", 1)] == ends_told(stage, "theirs")
    assert {} == stage.dead_letters()


async def test_a_job_in_doubt_whose_bearer_is_not_allowed_any_more_ends_once_and_is_not_doubled(
    stage: Stage,
) -> None:
    stage.policy = replace(stage.policy, publishes=True)
    stage.enqueue(a_job("theirs", bearer="somebody"))
    stage.strike(LOST_REPLY)
    async with stage.serving(life=(life := Life())) as worker:
        await stage.until(lambda: any(isinstance(row.state, Unclear) for row in stage.rows))
        life.dead.set()
        worker.task.cancel()

    async with stage.serving() as worker:
        worker.gear.identity = replace(worker.gear.identity, may_speak_for={BEARER}.__contains__)
        await stage.until(lambda: stage.is_empty() and not stage.ledger.due_rows())
    told_so_far = ends_told(stage, "theirs")
    stage.enqueue(stage.queue.dead_letters[0].body)
    await stage.serve_until_reconciled()

    assert [("rejected", 1)] == told_so_far
    assert [("rejected", 1), ("delivered", 2)] == ends_told(stage, "theirs")
    assert 1 == len(stage.messages())


@each_word_for_unknown
@pytest.mark.parametrize("channel", ["orders", "news"])
async def test_a_user_whom_chime_does_not_know_ends_only_the_job(
    stage: Stage, code: BearerCode, channel: str
) -> None:
    stage.chime.switches = replace(stage.chime.switches, unknown_bearer=code)
    stage.enqueue(a_job("theirs", channel, bearer="unknown"))
    stage.enqueue(*(a_job(f"ours-{n}") for n in range(5)), a_job("somebodys", bearer="somebody"))

    async with stage.serving() as worker:
        await stage.until(stage.is_empty)
        assert None is worker.gear.intake.cause

    assert {"theirs": "bearer_invalid"} == stage.dead_letters()
    assert 6 == len(stage.messages())
    assert stage.last_stored_at_s() < 2


@each_word_for_unknown
async def test_a_user_who_is_deleted_ends_the_jobs_that_come_after(stage: Stage, code: BearerCode) -> None:
    stage.chime.switches = replace(stage.chime.switches, unknown_bearer=code)
    stage.enqueue(a_job("before", bearer="somebody"))
    await stage.serve()
    stage.chime.call("DeleteAppInstanceUser", {"AppInstanceUserArn": SOMEBODY}, bearer="")

    stage.enqueue(a_job("after", bearer="somebody"), a_job("ours"))
    await stage.serve()

    assert {"after": "bearer_invalid"} == stage.dead_letters()
    assert [text_of("before"), text_of("ours")] == stage.messages()


@each_word_for_unknown
async def test_a_user_whom_chime_does_not_know_makes_no_channel_either(
    stage: Stage, code: BearerCode
) -> None:
    stage.chime.switches = replace(stage.chime.switches, unknown_bearer=code)
    stage.enqueue(a_job("one", TO_MAKE, bearer="unknown"))
    stage.enqueue(a_change("two", "create_channel", channel="new", bearer="unknown"))

    await stage.serve()

    assert {"one": "bearer_invalid", "two": "bearer_invalid"} == stage.dead_letters()
    assert len(CHANNELS) == len(stage.chime.channels())
    assert 0 == len(stage.queue)


async def test_a_user_whose_bearer_is_unknown_can_be_created_and_the_job_redriven(stage: Stage) -> None:
    stage.enqueue(a_job("theirs", bearer="guest"))
    await stage.serve()
    assert {"theirs": "bearer_invalid"} == stage.dead_letters()

    stage.chime.add_user(GUEST)
    stage.chime.add_member(ORDERS, GUEST)
    stage.enqueue(stage.queue.dead_letters[0].body)
    await stage.serve()

    assert [GUEST] == senders(stage)


async def test_a_user_who_was_deleted_while_it_was_in_doubt_what_it_said_ends_unverifiable(
    stage: Stage,
) -> None:
    stage.chime.faults.add(FaultRule(LOST_REPLY, operation=SEND), FaultRule(UNAUTHORIZED, bearer=SOMEBODY))
    stage.enqueue(a_job("theirs", bearer="somebody"))

    await stage.serve()

    assert Outcome.UNVERIFIABLE is (await stage.end_of("theirs")).outcome


async def test_a_user_who_is_deleted_before_it_joins_ends_the_job(stage: Stage) -> None:
    await prepared(stage)
    stage.chime.faults.add(FaultRule(UNAUTHORIZED, operation=JOIN, bearer=GUEST))
    stage.enqueue(a_job("theirs", bearer="guest"))

    await stage.serve()

    assert {"theirs": "bearer_invalid"} == stage.dead_letters()


async def test_a_throttled_user_slows_nobody_elses_channels(stage: Stage) -> None:
    stage.chime.faults.add(FaultRule(THROTTLED, bearer=SOMEBODY))
    stage.enqueue(*(a_job(f"theirs-{n}", "alerts", bearer="somebody") for n in range(20)))
    stage.enqueue(*(a_job(f"ours-{n}") for n in range(100)))

    async with stage.serving():
        await stage.until(lambda: len(stage.messages()) == 100, within_s=60)
        ours_took_s = stage.last_stored_at_s()
        stage.chime.faults.clear()
        await stage.until(stage.is_empty)

    assert ours_took_s < 100 / 10 + 1
    assert 20 == len(stage.messages("alerts"))


async def test_each_user_has_a_quota_of_its_own(stage: Stage) -> None:
    stage.enqueue(*(a_job(f"theirs-{n}", "alerts", bearer="somebody") for n in range(100)))
    stage.enqueue(*(a_job(f"ours-{n}") for n in range(100)))

    await stage.serve()

    assert stage.last_stored_at_s() < 100 / 10 + 2
    assert not [call for call in stage.chime.calls.latest if call.status == 429]


async def test_users_who_have_had_their_say_are_forgotten() -> None:
    """Jobs may speak for millions of users, and a worker runs for months."""
    turns, witness = Turns(bearer_rate_per_s=10.0, channel_rate_per_s=30.0), Witness()

    for n in range(3 * GATES):
        await turns.for_call(f"user {n}")
        witness.end(witness.begin(f"user {n}", "job", n), n, how="succeeded")
        await asyncio.sleep(0.05)

    assert turns.rate_per_s() <= 10.0 * (GATES + 1)
    assert {} == witness._records


async def test_in_one_channel_what_users_say_and_the_worker_says_keeps_its_order(stage: Stage) -> None:
    bearers = ["somebody", None, "somebody", None]
    stage.enqueue(*(a_job(f"job-{n}", bearer=bearer) for n, bearer in enumerate(bearers)))
    stage.chime.faults.add(FaultRule(LOST_REQUEST, operation=SEND, bearer=SOMEBODY, times=1))

    await stage.serve()

    assert [text_of(f"job-{n}") for n in range(4)] == stage.messages()


@pytest.mark.parametrize("fault", [LOST_REPLY, LOST_REQUEST], ids=["stored", "not stored"])
async def test_what_a_user_may_have_said_is_looked_for_by_that_user(stage: Stage, fault: Fault) -> None:
    stage.strike(fault)
    stage.enqueue(a_job("theirs", bearer="somebody"))

    await stage.serve()

    assert [SOMEBODY] == senders(stage)
    assert {SOMEBODY} == {call.bearer for call in stage.chime.calls.latest}


async def test_a_users_message_is_changed_by_that_user_whoever_asks_for_it(stage: Stage) -> None:
    """Only its sender may edit a message: the ledger knows who that was."""
    stage.enqueue(a_job("theirs", bearer="somebody"))
    await stage.serve()

    new = {"content": "changed"}
    stage.enqueue(a_change("update", "update_message", message_of="theirs", message=new))
    await stage.serve()

    assert (["changed"], [SOMEBODY]) == (stage.messages(), senders(stage))
    assert Outcome.DONE is (await stage.end_of("update")).outcome


async def test_a_user_who_is_no_member_is_told_which_call_was_refused_and_what_to_run(stage: Stage) -> None:
    await prepared(stage)

    stage.enqueue(a_job("theirs", bearer="guest"))
    await stage.serve()

    assert {"theirs": "forbidden_or_missing_channel"} == stage.dead_letters()
    detail = (await stage.end_of("theirs")).detail or ""
    for told in (JOIN, GUEST, ORDERS, f"backend-worker doctor --channel {ORDERS} --bearer {GUEST}"):
        assert told in detail


async def test_a_bearer_joins_a_channel_once_however_many_jobs_wait(stage: Stage) -> None:
    stage.open_channel("support", members=())
    stage.enqueue(*(a_job(f"job-{n}", "support") for n in range(30)))

    await stage.serve()

    assert 30 == len(stage.messages("support"))
    assert 1 == len(stage.calls(JOIN))


async def test_groups_of_a_fifo_queue_that_share_a_channel_join_it_once(fifo_stage: Stage) -> None:
    fifo_stage.latency_s = 1.0
    fifo_stage.open_channel("support", members=())
    for n in range(8):
        fifo_stage.enqueue(a_job(f"job-{n}", "support"), group=f"group-{n}")

    await fifo_stage.serve()

    assert 8 == len(fifo_stage.messages("support"))
    assert 1 == len(fifo_stage.calls(JOIN))


async def test_of_a_pool_each_bearer_joins_the_channels_that_it_serves(stage: Stage) -> None:
    stage.chime.add_admin(SOMEBODY)
    stage.pool = (BEARER, SOMEBODY)
    for n in range(6):
        stage.open_channel(f"c-{n}", members=())
    stage.enqueue(*(a_job(f"job-{n}-{k}", f"c-{n}") for n in range(6) for k in range(3)))

    await stage.serve()

    joins = [call for call in stage.chime.calls.latest if call.operation == JOIN]
    assert 6 == len(joins)
    assert {BEARER, SOMEBODY} == {call.bearer for call in joins}
    assert [[call.bearer] for call in joins] == [stage.chime.members(call.channel) for call in joins]
