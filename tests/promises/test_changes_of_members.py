"""Adding and removing members: in batches, one a second, and each member that Chime refuses is named."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, pairwise

import pytest

from tests.promises.changes import BATCH, GUEST, ORDERS, a_change, members_of, prepared
from tests.support.jobs import a_job, text_of
from tests.support.stage import BEARER, CHANNELS, HOME, SOMEBODY, Stage
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.local.chime.faults import LOST_REPLY, LOST_REQUEST, THROTTLED

pytestmark = pytest.mark.virtual_time

REMOVE = "DeleteChannelMembership"
GUESTS = [f"guest-{n:03}" for n in range(497)]
UNKNOWN = ["unknown-1", "unknown-2", "unknown-3"]
TROUBLES = {
    "no trouble": lambda stage: None,
    "lost reply": lambda stage: stage.strike(LOST_REPLY, BATCH, first=2),
    "lost request": lambda stage: stage.strike(LOST_REQUEST, BATCH, first=3),
    "throttled": lambda stage: stage.strike(THROTTLED, BATCH, first=4, times=3),
}


def with_guests(stage: Stage) -> Stage:
    for guest in GUESTS:
        stage.chime.add_user(HOME.user_arn(guest))
    return stage


def five_hundred(**fields: object) -> str:
    return a_change("add", "add_members", members=[*GUESTS, *UNKNOWN], **fields)


def added_to(stage: Stage) -> set[str]:
    return set(members_of(stage)) - {BEARER, SOMEBODY}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_of_five_hundred_members_all_but_the_three_that_chime_refuses_are_added(
    stage: Stage, trouble: Callable[[Stage], None]
) -> None:
    with_guests(stage).enqueue(five_hundred())
    trouble(stage)

    await stage.serve()

    assert set(map(HOME.user_arn, GUESTS)) == added_to(stage)
    ended = await stage.end_of("add")
    assert (Outcome.DONE, None) == (ended.outcome, ended.reason)
    named = ", ".join(f"{HOME.user_arn(user)}: NotFound" for user in UNKNOWN)
    assert f"497 of 500 members were added; Chime refused {named}" == ended.detail
    assert {} == stage.dead_letters()


async def test_batches_go_out_once_a_second_and_other_channels_do_not_wait_for_them(stage: Stage) -> None:
    with_guests(stage).enqueue(five_hundred(), a_job("alert", "alerts"))

    await stage.serve()

    at_s = [call.at_ms / 1000 for call in stage.calls(BATCH)]
    assert 5 == len(at_s)
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(at_s))
    assert at_s[-1] - at_s[0] < 5.0
    assert stage.stored_at_s(text_of("alert"), "alerts") < 1.0


async def test_hidden_members_are_added_hidden(stage: Stage) -> None:
    await prepared(stage)

    stage.enqueue(a_change("add", "add_members", members=["guest"], membership_type="HIDDEN"))
    await stage.serve()

    asked = {"ChannelArn": ORDERS, "MemberArn": GUEST}
    told = stage.chime.call("DescribeChannelMembership", asked, bearer=BEARER)["ChannelMembership"]
    assert "HIDDEN" == told["Type"]  # type: ignore[index]


async def test_a_job_all_of_whose_members_are_refused_is_rejected_with_their_names(stage: Stage) -> None:
    stage.enqueue(a_change("add", "add_members", members=UNKNOWN))

    await stage.serve()

    assert {"add": "members_refused"} == stage.dead_letters()
    ended = await stage.end_of("add")
    assert Reason.MEMBERS_REFUSED is ended.reason
    assert all(HOME.user_arn(user) in str(ended.detail) for user in UNKNOWN)


async def test_more_refused_members_than_a_detail_holds_are_counted(stage: Stage) -> None:
    with_guests(stage)
    stage.enqueue(a_change("add", "add_members", members=[*GUESTS, *(f"unknown-{n:02}" for n in range(40))]))

    await stage.serve()

    detail = (await stage.end_of("add")).detail or ""
    assert detail.startswith("497 of 537 members were added; Chime refused ")
    assert detail.endswith(", …")
    assert len(detail.encode()) <= 1024


async def test_a_job_of_many_members_goes_on_where_its_dead_worker_left_it() -> None:
    for step in count(5, 7):
        stage = with_guests(Stage())
        stage.enqueue(five_hundred())

        was_killed = await stage.serve_until_killed(at_step=step)
        await stage.serve()

        ended = await stage.end_of("add")
        assert set(map(HOME.user_arn, GUESTS)) == added_to(stage), f"killed at step {step}"
        assert str(ended.detail).startswith("497 of 500 "), f"killed at step {step}"
        batches = [call for call in stage.calls(BATCH) if call.status == 200]
        assert len(batches) <= 6, f"killed at step {step}"
        if not was_killed:
            break
    assert step > 20


async def test_members_who_are_gone_already_are_removed_and_the_others_too(stage: Stage) -> None:
    await prepared(stage)
    stage.chime.call(REMOVE, {"ChannelArn": ORDERS, "MemberArn": SOMEBODY}, bearer=BEARER)
    stage.chime.add_member(ORDERS, GUEST)

    stage.enqueue(a_change("remove", "remove_members", members=["somebody", "guest", "nobody"]))
    await stage.serve()

    assert [BEARER] == members_of(stage)
    assert Outcome.DONE is (await stage.end_of("remove")).outcome


async def test_members_are_added_to_a_channel_that_is_made_on_the_way(stage: Stage) -> None:
    await prepared(stage)

    channel = {"name": "Support", "create": True}
    stage.enqueue(a_change("add", "add_members", channel=channel, members=["guest"]))
    await stage.serve()

    [made] = set(stage.chime.channels()) - set(map(HOME.channel_arn, CHANNELS))
    assert GUEST in stage.chime.members(made)


async def test_a_throttled_question_whether_a_member_is_gone_rejects_nothing(stage: Stage) -> None:
    """Chime forbids to remove whom it does not find; to ask whether anybody is there may have to wait."""
    stage.enqueue(a_change("remove", "remove_members", members=["nobody"]))
    stage.strike(THROTTLED, "DescribeChannelMembership", times=2)

    await stage.serve()

    assert (Outcome.DONE, {}) == ((await stage.end_of("remove")).outcome, stage.dead_letters())


async def test_a_stop_amid_the_question_whether_a_member_is_gone_rejects_nothing(stage: Stage) -> None:
    stage.enqueue(a_change("remove", "remove_members", members=["nobody"]))

    async with stage.serving() as worker:
        await stage.until(lambda: bool(stage.calls(REMOVE)))
        worker.stop()
        assert await worker.ended()
    await stage.serve()

    assert (Outcome.DONE, {}) == ((await stage.end_of("remove")).outcome, stage.dead_letters())
