"""
Every end explained (contract, section 5): what Chime once took is not sent again, its fate is found out.

The verdict matrix: one test for each way in which a message may fare, counted in the channel.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.mortal import Life
from tests.support.stage import BEARER, DAY_S, HOME, LIST, SEND, SOMEBODY, Stage
from worker.adapters.ledger.memory import MemoryLedger
from worker.contract.outcome import Outcome
from worker.core.fleet import Pause
from worker.core.identity import marker
from worker.core.row import Unclear
from worker.local.chime.faults import LOST_REPLY, LOST_REQUEST, THROTTLED, Slow
from worker.local.chime.treatments import Deny, Fail, Hold, Pass

pytestmark = pytest.mark.virtual_time

TEXT = text_of("order-8812")
ORDERS = HOME.channel_arn("orders")
STATUS = "GetChannelMessageStatus"
TARGET = HOME.user_arn("target")


@pytest.fixture(autouse=True)
def publishing(stage: Stage) -> None:
    stage.policy = replace(stage.policy, publishes=True)


def outcomes(stage: Stage, job_id: str = "order-8812") -> list[tuple[str, bool, int]]:
    return [(one["outcome"], one["final"], one["revision"]) for one in stage.published(job_id)]


async def test_a_delivered_message_that_is_listed_is_confirmed(stage: Stage) -> None:
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    row = await stage.row()
    assert "confirmed" == row.verdict
    assert row.judged_at is not None
    assert [("delivered", True, 1)] == outcomes(stage)  # a verdict is no new outcome


async def test_one_list_judges_all_messages_of_a_channel(stage: Stage) -> None:
    stage.enqueue(*(a_job(f"job-{n}") for n in range(20)))

    await stage.serve_until_reconciled()

    assert {"confirmed"} == {(await stage.row(f"job-{n}")).verdict for n in range(20)}
    assert len(stage.calls(LIST)) <= 2


async def test_a_delivered_message_that_was_redacted_is_judged_so(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    message_id = (await stage.row()).message_id

    stage.chime.call("RedactChannelMessage", {"ChannelArn": ORDERS, "MessageId": message_id}, bearer=BEARER)
    await stage.serve_until_reconciled()

    assert "redacted" == (await stage.row()).verdict


async def test_a_delivered_message_that_was_edited_is_judged_so(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    message_id = (await stage.row()).message_id

    edit = {"ChannelArn": ORDERS, "MessageId": message_id, "Content": "another text"}
    stage.chime.call("UpdateChannelMessage", edit, bearer=BEARER)
    await stage.serve_until_reconciled()

    assert "edited" == (await stage.row()).verdict


async def test_a_delivered_message_that_is_gone_is_judged_so_and_not_sent_again(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    message_id = (await stage.row()).message_id

    stage.chime.call("DeleteChannelMessage", {"ChannelArn": ORDERS, "MessageId": message_id}, bearer=BEARER)
    await stage.serve_until_reconciled()

    assert "gone" == (await stage.row()).verdict
    assert [] == stage.messages()
    assert 1 == len(stage.calls(SEND))


async def test_more_than_fifty_messages_between_are_read_through(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()

    for n in range(120):
        stage.somebody_writes(f"chatter {n}")
        await stage.passes(0.2)
    await stage.serve_until_reconciled()

    assert "confirmed" == (await stage.row()).verdict
    assert 3 <= len(stage.calls(LIST))


async def test_two_jobs_with_equal_text_are_told_apart(stage: Stage) -> None:
    stage.enqueue(a_job("first", content="the same"), a_job("second", content="the same"))
    await stage.serve()
    first = (await stage.row("first")).message_id

    stage.chime.call("DeleteChannelMessage", {"ChannelArn": ORDERS, "MessageId": first}, bearer=BEARER)
    await stage.serve_until_reconciled()

    assert ("gone", "confirmed") == (
        (await stage.row("first")).verdict,
        (await stage.row("second")).verdict,
    )


async def test_a_marker_forged_by_another_member_confirms_nothing(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    message_id = (await stage.row()).message_id

    stage.chime.call("DeleteChannelMessage", {"ChannelArn": ORDERS, "MessageId": message_id}, bearer=BEARER)
    stage.somebody_writes("forged", marked=marker(HOME.arn, "order-8812", style="hash"))
    await stage.serve_until_reconciled()

    assert "gone" == (await stage.row()).verdict


async def test_a_clock_four_minutes_off_misjudges_nothing(stage: Stage) -> None:
    """AWS refuses signatures of clocks that are more than five minutes off; so far off they may be."""
    stage.workers_clock.error_s = lambda elapsed_s: 240.0
    stage.enqueue(a_job("fast"))
    await stage.serve()
    stage.workers_clock.error_s = lambda elapsed_s: -240.0
    stage.enqueue(a_job("slow"))

    await stage.serve_until_reconciled()

    assert {"confirmed"} == {(await stage.row(job)).verdict for job in ("fast", "slow")}


async def test_a_lag_just_below_the_grace_misjudges_nothing(stage: Stage) -> None:
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=stage.policy.grace_s - 0.1)
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert "confirmed" == (await stage.row()).verdict


async def test_a_lag_above_the_grace_ends_as_gone_and_is_never_sent_again(stage: Stage) -> None:
    """The contract names this gap; even then what Chime took is not sent again."""
    stage.limits = replace(stage.limits, reconcile_interval_s=11.0)
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=60.0)
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert "gone" == (await stage.row()).verdict
    assert [TEXT] == stage.messages()


async def test_a_flow_that_lets_a_message_through_makes_accepted_delivered(stage: Stage) -> None:
    stage.open_flow("orders", Pass(delay_s=90.0))
    stage.enqueue(a_job(context={"order": 8812}))

    await stage.serve_until_reconciled()

    assert [("accepted", False, 1), ("delivered", True, 2)] == outcomes(stage)
    assert {"order": 8812} == stage.published()[-1]["context"]
    row = await stage.row()
    assert ("confirmed", None) == (row.verdict, row.context)


async def test_a_flow_that_rewrites_text_and_attributes_cannot_hide_a_message(stage: Stage) -> None:
    stage.open_flow("orders", Pass(delay_s=5.0, content="[checked]", attributes={}))
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert ["[checked]"] == stage.messages()
    assert "confirmed" == (await stage.row()).verdict


async def test_a_flow_that_denies_a_message_makes_accepted_denied(stage: Stage) -> None:
    stage.open_flow("orders", Deny(delay_s=45.0))
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert [("accepted", False, 1), ("denied", True, 2)] == outcomes(stage)
    assert [] == stage.messages()
    assert 1 == len(stage.calls(SEND))


async def test_a_flow_that_fails_makes_accepted_failed(stage: Stage) -> None:
    stage.open_flow("orders", Fail(delay_s=45.0))
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert [("accepted", False, 1), ("failed", True, 2)] == outcomes(stage)


async def test_a_flow_that_never_answers_ends_unverifiable_after_49_hours(stage: Stage) -> None:
    stage.open_flow("orders", Hold())
    stage.enqueue(a_job())

    await stage.serve_for(3600)
    asked_in_an_hour = len(stage.calls(STATUS))
    await stage.passes(47.9 * 3600)
    await stage.serve_for(240)
    assert Outcome.ACCEPTED == (await stage.end_of()).outcome
    await stage.serve_until_reconciled()

    ended = await stage.end_of()
    assert Outcome.UNVERIFIABLE == ended.outcome
    assert timedelta(hours=49) <= ended.at - (await stage.row()).received_at < timedelta(hours=51)
    assert 5 < asked_in_an_hour < 15  # less and less often


async def test_a_message_seen_in_doubt_while_a_flow_has_it_is_accepted(stage: Stage) -> None:
    stage.open_flow("orders", Deny(delay_s=45.0))
    stage.enqueue(a_job())
    stage.strike(LOST_REPLY)

    await stage.serve_until_reconciled()

    assert ["accepted", "denied"] == [one for one, _, _ in outcomes(stage)]
    assert 1 == len(stage.calls(SEND))


async def test_an_unclear_attempt_that_no_hand_looks_after_is_settled_by_a_look(stage: Stage) -> None:
    """Its delivery lies in the queue for long: the outcome does not wait for it."""
    stage.enqueue(a_job(context={"n": 1}))
    stage.strike(LOST_REPLY)
    stage.strike(THROTTLED, LIST, times=1000)
    async with stage.serving():
        await stage.until(
            lambda: any(isinstance(row.state, Unclear) and row.claim is None for row in stage.rows)
        )
    stage.chime.faults.clear()

    await stage.ledger.pause(Pause(None, stage.clock.now()))  # nothing is received

    async with stage.serving():
        await stage.until(lambda: bool(stage.published()))

    assert [("delivered", True, 1)] == outcomes(stage)
    assert {"n": 1} == stage.published()[0]["context"]
    await stage.ledger.resume(None)
    await stage.serve()
    assert stage.published()[-1]["duplicate"]
    assert [TEXT] == stage.messages()


async def test_an_unclear_attempt_is_proved_absent_and_its_delivery_sends_it(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST)

    await stage.serve_until_reconciled()

    assert [TEXT] == stage.messages()


async def test_reconciliation_waits_out_throttling_and_broken_lists(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    stage.strike(THROTTLED, LIST, times=5)
    stage.strike(Slow(delay_s=30.0, when="after"), LIST, first=6, times=2)

    await stage.serve_until_reconciled()

    assert "confirmed" == (await stage.row()).verdict


async def test_a_channel_that_may_not_be_read_any_more_closes_unjudged_at_last(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    stage.chime.call("DeleteChannel", {"ChannelArn": ORDERS}, bearer=BEARER)

    await stage.serve_for(600)
    assert None is not (await stage.row()).due_at
    await stage.passes(49 * 3600)
    await stage.serve_until_reconciled()

    row = await stage.row()
    assert (None, None) == (row.verdict, row.due_at)
    assert "not judged" == row.history[-1].event


async def test_another_bearer_of_the_pool_reads_where_the_sender_is_gone(stage: Stage) -> None:
    stage.enqueue(a_job())
    await stage.serve()
    stage.chime.add_admin(SOMEBODY)
    stage.pool = (SOMEBODY,)
    stage.chime.call("DeleteAppInstanceUser", {"AppInstanceUserArn": BEARER}, bearer="")

    await stage.serve_until_reconciled()

    assert "confirmed" == (await stage.row()).verdict


async def test_sends_that_wait_leave_reconciling_its_share_and_no_more(stage: Stage) -> None:
    stage.limits = replace(stage.limits, reconcile_interval_s=1.0, reconcile_share=0.1)
    for n in range(30):
        stage.open_channel(f"c-{n}")
    stage.enqueue(*(a_job(f"job-{n}", f"c-{n % 30}") for n in range(600)))

    async with stage.serving():
        await stage.until(lambda: len(stage.calls(SEND)) > 450)

    lists, sends = len(stage.calls(LIST)), len(stage.calls(SEND))
    assert 0 < lists <= 0.12 * (lists + sends)


async def test_an_interval_of_zero_judges_nothing(stage: Stage) -> None:
    stage.limits = replace(stage.limits, reconcile_interval_s=0.0)
    stage.policy = replace(stage.policy, reconciles=False)
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert [] == stage.calls(LIST)
    assert None is (await stage.row()).verdict


async def test_what_one_bearer_may_not_see_is_not_gone(stage: Stage) -> None:
    """A targeted message is for its sender and its target: another bearer's list proves nothing of it."""
    stage.chime.add_user(TARGET)
    stage.open_channel("desk", members=(BEARER, SOMEBODY, TARGET))
    stage.enqueue(a_job("ours", "desk"), a_job("theirs", "desk", bearer=SOMEBODY, target=TARGET))

    await stage.serve_until_reconciled()

    verdicts = [(await stage.row(job)).verdict for job in ("ours", "theirs")]
    assert ["confirmed", "confirmed"] == verdicts


async def test_a_message_that_another_bearer_may_not_see_is_not_sent_again(stage: Stage) -> None:
    stage.chime.add_user(TARGET)
    stage.open_channel("desk", members=(BEARER, SOMEBODY, TARGET))
    stage.enqueue(a_job("ours", "desk"))
    await stage.serve()
    stage.enqueue(a_job("theirs", "desk", bearer=SOMEBODY, target=TARGET))
    stage.strike(LOST_REPLY)
    async with stage.serving(life=(life := Life())) as worker:
        await stage.until(lambda: any(isinstance(row.state, Unclear) for row in stage.rows))
        life.dead.set()
        worker.task.cancel()
    await stage.ledger.pause(Pause(None, stage.clock.now()))  # only reconciliation goes on

    await stage.passes(61.0)
    await stage.serve_for(120.0)
    await stage.ledger.resume(None)
    await stage.serve_until_reconciled()

    assert 2 == len(stage.messages("desk"))


async def test_an_unclear_job_whose_channel_cannot_be_read_is_looked_at_ever_less_often(stage: Stage) -> None:
    stage.enqueue(a_job())
    stage.strike(LOST_REQUEST)
    async with stage.serving(life=(life := Life())) as worker:
        await stage.until(lambda: any(isinstance(row.state, Unclear) for row in stage.rows))
        life.dead.set()
        worker.task.cancel()
    await stage.ledger.pause(Pause(None, stage.clock.now()))
    stage.chime.call("DeleteChannel", {"ChannelArn": ORDERS}, bearer=BEARER)

    await stage.passes(61.0)
    await stage.serve_for(12 * 3600)

    assert len(stage.calls(LIST)) < 30


async def test_a_final_outcome_does_not_wait_for_the_verdicts_of_others(stage: Stage) -> None:
    """Under load a verdict a second is all that sends can spare."""
    stage.open_flow("orders", Pass(delay_s=5.0))
    stage.enqueue(a_job())
    for n in range(900):
        stage.open_channel(f"c-{n}")
        stage.enqueue(a_job(f"job-{n}", f"c-{n}"))

    async with stage.serving():
        await stage.until(lambda: 2 == len(stage.published()))

    assert [("accepted", False, 1), ("delivered", True, 2)] == outcomes(stage)
    assert stage.clock.elapsed_s() < 80.0
    assert not stage.is_empty()


async def test_a_clock_that_is_set_forward_makes_no_message_gone(stage: Stage) -> None:
    stage.limits = replace(stage.limits, reconcile_interval_s=2.0)
    stage.chime.switches = replace(stage.chime.switches, list_lag_s=9.5)
    stage.workers_clock.error_s = lambda elapsed_s: 60.0 if elapsed_s > 1.0 else 0.0
    stage.ledger = MemoryLedger(stage.workers_clock, retention_s=DAY_S)
    stage.enqueue(a_job())

    await stage.serve_until_reconciled()

    assert "confirmed" == (await stage.row()).verdict


async def test_a_list_that_many_status_calls_have_throttled_is_asked_for_again(stage: Stage) -> None:
    """The rate is set above Chime's quota: each pass would come to its list with nothing left."""
    stage.limits = replace(stage.limits, bearer_rate_per_s=50.0)
    stage.latency_s = 0.001
    stage.open_flow("orders", Deny(delay_s=1.0))
    stage.enqueue(*(a_job(f"job-{n}") for n in range(11)))

    await stage.serve_until_reconciled(within_s=600)

    assert {Outcome.DENIED} == {(await stage.end_of(f"job-{n}")).outcome for n in range(11)}
