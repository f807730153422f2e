"""A job that names its channel finds it, or makes it: with few calls, and without holding up anybody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.clock import START
from tests.support.jobs import Named, a_job, text_of
from tests.support.mortal import Life
from tests.support.stage import BEARER, CHANNELS, HOME, JOIN, SOMEBODY, Stage, Tokens
from worker.contract.targets import Named as Name
from worker.contract.targets import OfMembers
from worker.core.identity import derived_channel_id
from worker.local.chime.faults import FAILURE, LOST_REPLY, THROTTLED, Drip, Fault, Refuse
from worker.local.chime.roles import Privacy

pytestmark = pytest.mark.virtual_time

CREATE, DESCRIBE, LIST_CHANNELS = "CreateChannel", "DescribeChannel", "ListChannels"
TEAM: Named = {"name": "Team"}
NEW_TEAM: Named = {"name": "Team", "create": True}
DERIVED = derived_channel_id(HOME.arn, Name("Team"))
ANA, BEN = HOME.user_arn("ana"), HOME.user_arn("ben")
DUO = derived_channel_id(HOME.arn, OfMembers((ANA, BEN)))
LAG_S = 5.0


def open_named(stage: Stage, channel_id: str, name: str, *, privacy: Privacy = "PUBLIC") -> None:
    """Make a channel that is called so, and let the bearer in."""
    stage.chime.add_channel(HOME.channel_arn(channel_id), name=name, privacy=privacy)
    stage.chime.add_member(HOME.channel_arn(channel_id), BEARER)


def remove(stage: Stage, channel_id: str) -> None:
    stage.chime.call("DeleteChannel", {"ChannelArn": HOME.channel_arn(channel_id)}, bearer=BEARER)


def counts(stage: Stage) -> tuple[int, int, int]:
    """How many calls made, described and listed channels."""
    create, describe, listed = (len(stage.calls(name)) for name in (CREATE, DESCRIBE, LIST_CHANNELS))
    return create, describe, listed


@pytest.mark.parametrize("privacy", ["PUBLIC", "PRIVATE"])
async def test_a_name_leads_to_the_only_channel_that_has_it(stage: Stage, privacy: Privacy) -> None:
    open_named(stage, "t-1", "Team", privacy=privacy)
    open_named(stage, "t-2", "team")
    stage.enqueue(a_job(channel=TEAM))

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages("t-1")
    assert (0, 1, 2) == counts(stage)
    assert HOME.channel_arn("t-1") == (await stage.row()).channel_arn


async def test_the_channel_made_for_a_name_goes_before_others_that_have_it(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    open_named(stage, DERIVED, "Renamed since")
    stage.enqueue(a_job(channel=TEAM))

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages(DERIVED)
    assert (0, 1, 0) == counts(stage)


async def test_a_channel_once_found_is_not_looked_up_again(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")

    async with stage.serving():
        for n in range(20):
            stage.enqueue(a_job(f"order-{n}", TEAM))
            await stage.passes(3)

    assert [text_of(f"order-{n}") for n in range(20)] == stage.messages("t-1")
    assert (0, 1, 2) == counts(stage)


async def test_all_names_that_wait_are_found_in_one_sweep(stage: Stage) -> None:
    names = [f"Team {n}" for n in range(8)]
    for n, name in enumerate(names):
        open_named(stage, f"t-{n}", name)
    stage.enqueue(
        *(a_job(f"{name}:{n}".replace(" ", "-"), {"name": name}) for name in names for n in range(3))
    )

    await stage.serve()

    assert [3] * 8 == [len(stage.messages(f"t-{n}")) for n in range(8)]
    assert (0, 8, 2) == counts(stage)


async def test_a_name_is_found_on_the_last_of_three_pages(stage: Stage) -> None:
    for n in range(120 - len(CHANNELS)):
        open_named(stage, f"t-{n:03}", f"Team {n}")
    stage.enqueue(a_job("order-1", {"name": "Team 0"}), a_job("order-2", {"name": "Team 116"}))

    await stage.serve()

    assert ([text_of("order-1")], [text_of("order-2")]) == (stage.messages("t-000"), stage.messages("t-116"))
    assert (0, 2, 3 + 1) == counts(stage)


async def test_a_name_that_the_last_sweep_has_seen_needs_no_other_sweep(stage: Stage) -> None:
    for n in range(3):
        open_named(stage, f"t-{n}", f"Team {n}")

    async with stage.serving():
        for n in range(3):
            stage.enqueue(a_job(f"order-{n}", {"name": f"Team {n}"}))
            await stage.passes(10)

    assert [1] * 3 == [len(stage.messages(f"t-{n}")) for n in range(3)]
    assert (0, 3, 2) == counts(stage)


async def test_a_channel_is_found_as_the_worker_sees_it_whoever_the_job_speaks_for(stage: Stage) -> None:
    """A plain user lists no private channel, not even one of its own."""
    open_named(stage, "t-1", "Team", privacy="PRIVATE")
    stage.chime.add_member(HOME.channel_arn("t-1"), SOMEBODY)
    stage.enqueue(a_job(channel=TEAM, bearer="somebody"))

    await stage.serve()

    assert [SOMEBODY] == [message.sender_arn for message in stage.chime.messages(HOME.channel_arn("t-1"))]
    assert (0, 1, 2) == counts(stage)


async def test_a_name_that_nobody_has_makes_a_dead_letter_that_says_so(stage: Stage) -> None:
    stage.enqueue(a_job(channel=TEAM), a_job("order-2", {"members": ["ana"]}))

    await stage.serve()

    assert dict.fromkeys(("order-8812", "order-2"), "channel_not_found") == stage.dead_letters()
    details = {str(each.attributes["detail"].value) for each in stage.queue.dead_letters}
    assert {'channel: none is named "Team".', "channel: none was made for the members ana."} == details
    assert (await stage.row()).attempts == 0


async def test_a_name_that_two_channels_have_makes_a_dead_letter_that_tells_both(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    open_named(stage, "t-2", "Team", privacy="PRIVATE")
    stage.enqueue(a_job(channel=TEAM))

    await stage.serve()

    assert {"order-8812": "ambiguous_channel"} == stage.dead_letters()
    assert "t-1, t-2" in str(stage.queue.dead_letters[0].attributes["detail"].value)


async def test_a_channel_made_just_before_its_job_is_waited_for(stage: Stage) -> None:
    """Chime's descriptions and lists lag behind a CreateChannel: for that no job is rejected."""
    stage.chime.switches = replace(stage.chime.switches, describe_lag_s=2.0)
    open_named(stage, "t-1", "Team")
    stage.enqueue(a_job(channel=TEAM))

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages("t-1")


async def test_a_rejection_comes_from_a_look_up_that_began_after_the_job_came(stage: Stage) -> None:
    """A channel that was made since an earlier job was rejected is found at once."""
    stage.enqueue(a_job(channel=TEAM))
    await stage.serve()

    open_named(stage, "t-1", "Team")
    stage.enqueue(a_job("order-2", TEAM))
    await stage.serve()

    assert {"order-8812": "channel_not_found"} == stage.dead_letters()
    assert [text_of("order-2")] == stage.messages("t-1")


async def test_a_backlog_for_a_name_that_nobody_has_costs_a_few_calls_and_not_a_few_a_job(
    stage: Stage,
) -> None:
    stage.enqueue(*(a_job(f"order-{n}", TEAM) for n in range(100)))

    await stage.serve()

    assert 100 == len(stage.dead_letters())
    assert sum(counts(stage)) < 25


async def test_a_name_that_nobody_has_delays_no_other_channel(stage: Stage) -> None:
    stage.enqueue(*(a_job(f"order-{n}", {"name": f"Team {n}"}) for n in range(5)), a_job("alert", "alerts"))

    await stage.serve()

    assert stage.stored_at_s(text_of("alert"), "alerts") < 1.0
    assert 5 == len(stage.dead_letters())


async def test_look_ups_that_wait_for_their_turn_hold_no_slot(stage: Stage) -> None:
    stage.limits = replace(stage.limits, concurrency=1, bearer_rate_per_s=0.5)
    for n in range(3):
        open_named(stage, f"t-{n}", f"Team {n}")
    stage.enqueue(*(a_job(f"order-{n}", {"name": f"Team {n}"}) for n in range(3)))
    stage.enqueue(a_job("alert", "alerts", bearer="somebody"))

    await stage.serve()

    assert stage.stored_at_s(text_of("alert"), "alerts") < 1.0
    assert [1] * 3 == [len(stage.messages(f"t-{n}")) for n in range(3)]


@pytest.mark.parametrize("operation", [DESCRIBE, LIST_CHANNELS, CREATE])
async def test_a_look_up_that_hangs_delays_no_other_channel(stage: Stage, operation: str) -> None:
    open_named(stage, "t-1", "Team")
    stage.limits = replace(stage.limits, concurrency=2)
    stage.strike(Drip(), operation, times=3)
    alerts = [f"alert-{n}" for n in range(20)]
    stage.enqueue(
        a_job(channel=NEW_TEAM if operation == CREATE else TEAM), *(a_job(a, "alerts") for a in alerts)
    )

    await stage.serve()

    assert max(stage.stored_at_s(text_of(alert), "alerts") for alert in alerts) < 5.0
    assert [text_of("order-8812")] == stage.messages(DERIVED if operation == CREATE else "t-1")


@pytest.mark.parametrize("operation", [DESCRIBE, LIST_CHANNELS, CREATE])
@pytest.mark.parametrize(
    "fault",
    [FAILURE, THROTTLED, LOST_REPLY, Refuse(status=403, code="AccessDeniedException")],
    ids=["failure", "throttled", "lost-reply", "access-denied"],
)
async def test_an_outage_of_look_ups_uses_up_no_attempt(stage: Stage, operation: str, fault: Fault) -> None:
    open_named(stage, "t-1", "Team")
    stage.strike(fault, operation, times=12)
    stage.enqueue(a_job(channel=NEW_TEAM if operation == CREATE else TEAM))

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages(DERIVED if operation == CREATE else "t-1")
    assert (await stage.row()).attempts == 1


async def test_our_own_bearer_that_is_invalid_rejects_no_job(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    invalid = Refuse(status=400, code="BadRequestException", message="Invalid app instance user ARN")
    for operation in (DESCRIBE, LIST_CHANNELS):
        stage.strike(invalid, operation, times=3)
    stage.enqueue(a_job(channel=TEAM, bearer="somebody"))
    stage.chime.add_member(HOME.channel_arn("t-1"), SOMEBODY)

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages("t-1")


async def test_who_is_no_admin_finds_public_channels(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    open_named(stage, "t-2", "Team", privacy="PRIVATE")
    forbidden = Refuse(status=403, code="ForbiddenException", message="No")
    stage.strike(forbidden, LIST_CHANNELS, first=2)
    stage.enqueue(a_job(channel=TEAM))

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages("t-1")


async def test_a_channel_is_made_for_a_name_and_found_by_it_from_then_on(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    stage.enqueue(a_job("order-1", NEW_TEAM), a_job("order-2", NEW_TEAM), a_job("order-3", TEAM))

    await stage.serve()

    assert [text_of(f"order-{n}") for n in (1, 2, 3)] == stage.messages(DERIVED)
    assert (1, 0, 0) == counts(stage)
    assert [BEARER] == stage.chime.members(HOME.channel_arn(DERIVED))


async def test_a_channel_is_made_for_exactly_these_members(stage: Stage) -> None:
    stage.chime.add_user(ANA)
    stage.chime.add_user(BEN)
    stage.enqueue(
        a_job("order-1", {"members": ["ana", "ben"], "create": True}),
        a_job("order-2", {"members": ["ben", "ana", "ben"]}),
    )

    await stage.serve()

    assert [text_of("order-1"), text_of("order-2")] == stage.messages(DUO)
    assert {ANA, BEN, BEARER} == set(stage.chime.members(HOME.channel_arn(DUO)))
    channel = stage.chime.call(DESCRIBE, {"ChannelArn": HOME.channel_arn(DUO)}, bearer=BEARER)["Channel"]
    assert isinstance(channel, dict)
    assert ("PRIVATE", "RESTRICTED", "ana, ben") == (channel["Privacy"], channel["Mode"], channel["Name"])


async def test_a_job_makes_its_channel_as_its_own_bearer(stage: Stage) -> None:
    stage.enqueue(a_job(channel=NEW_TEAM, bearer="somebody"))

    await stage.serve()

    assert [SOMEBODY] == stage.chime.members(HOME.channel_arn(DERIVED))
    assert [SOMEBODY] == [one.bearer for one in stage.chime.calls.latest if one.operation == CREATE]


async def test_a_channel_that_may_not_be_made_makes_a_dead_letter(stage: Stage) -> None:
    stage.enqueue(a_job(channel={"members": ["nobody"], "create": True}))

    await stage.serve()

    assert {"order-8812": "forbidden_or_missing_channel"} == stage.dead_letters()
    detail = str(stage.queue.dead_letters[0].attributes["detail"].value)
    assert detail.startswith("channel: Chime does not let the bearer make it")


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_racing_workers_meet_in_one_channel(stage: Stage, lost: int) -> None:
    other = Stage()
    other.chime = stage.chime
    stage.strike(LOST_REPLY, CREATE, times=lost)
    jobs = [a_job(f"order-{n}", NEW_TEAM) for n in range(8)]
    stage.enqueue(*jobs[::2])
    other.enqueue(*jobs[1::2])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.serve())
        tasks.create_task(other.serve())

    named = [arn for arn in stage.chime.channels() if arn.endswith(DERIVED)]
    assert 1 == len(named)
    assert sorted(text_of(f"order-{n}") for n in range(8)) == sorted(map(str, stage.messages(DERIVED)))


@pytest.mark.parametrize("fields", [{"not_after": -1}, {"not_before": 120}], ids=["expired", "not due"])
async def test_a_job_that_is_not_to_be_sent_now_looks_nothing_up_and_makes_nothing(
    stage: Stage, fields: dict[str, int]
) -> None:
    moments = {name: (START + timedelta(seconds=at)).isoformat() for name, at in fields.items()}
    stage.enqueue(a_job(channel=NEW_TEAM, **moments), a_job("order-2", TEAM, **moments))

    await stage.serve_for(60)

    assert (0, 0, 0) == counts(stage)


async def test_a_redelivered_job_goes_to_the_channel_of_its_row_without_a_look_up(stage: Stage) -> None:
    """The name may mean another channel by now: the message, if it was stored, is in the old one."""
    open_named(stage, "t-1", "Team")
    stage.strike(LOST_REPLY)
    stage.enqueue(a_job(channel=TEAM))
    await stage.serve_until_killed_in_a_send()
    before = counts(stage)
    open_named(stage, DERIVED, "Team")

    await stage.serve()

    assert before == counts(stage)
    assert ([text_of("order-8812")], []) == (stage.messages("t-1"), stage.messages(DERIVED))


@pytest.mark.parametrize("channel", [TEAM, NEW_TEAM], ids=["found", "made"])
@pytest.mark.parametrize("tokens", ["honoured", "ignored"])
async def test_a_channel_that_is_gone_is_resolved_anew_once(channel: Named, tokens: Tokens) -> None:
    stage = Stage(tokens=tokens)
    open_named(stage, "t-1", "Team")
    async with stage.serving():
        stage.enqueue(a_job("order-1", channel))
        await stage.until(stage.is_empty)
        remove(stage, "t-1" if channel is TEAM else DERIVED)
        if channel is TEAM:
            open_named(stage, "t-2", "Team")

        stage.enqueue(a_job("order-2", channel), a_job("order-3", channel))
        await stage.until(stage.is_empty)

    assert [text_of("order-2"), text_of("order-3")] == stage.messages("t-2" if channel is TEAM else DERIVED)
    assert {} == stage.dead_letters()
    assert (await stage.row("order-2")).attempts == 1
    assert 1 == len(stage.calls(JOIN))


async def test_a_channel_that_is_gone_and_has_no_successor_makes_a_dead_letter(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    async with stage.serving():
        stage.enqueue(a_job("order-1", TEAM))
        await stage.until(stage.is_empty)
        remove(stage, "t-1")
        stage.enqueue(a_job("order-2", TEAM))
        await stage.until(stage.is_empty)

    assert {"order-2": "channel_not_found"} == stage.dead_letters()


async def test_a_channel_that_stays_closed_is_resolved_anew_once_and_no_more(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    stage.strike(Refuse(status=403, code="ForbiddenException", message="No"), times=None)
    stage.enqueue(a_job(channel=TEAM))

    await stage.serve()

    assert {"order-8812": "forbidden_or_missing_channel"} == stage.dead_letters()
    assert 2 == len(stage.calls(DESCRIBE))


async def test_a_worker_killed_while_it_resolves_anew_leaves_no_doubt_about_the_channel_that_is_gone() -> (
    None
):
    """Chime refused that attempt: nobody need look for it where nothing can be looked at any more."""
    killed_count = 0
    for step in range(1, 30):
        stage, life = Stage(), Life()
        open_named(stage, "t-1", "Team")
        async with stage.serving(life=life) as worker:
            stage.enqueue(a_job("order-1", TEAM))
            await stage.until(stage.is_empty)
            remove(stage, "t-1")
            open_named(stage, "t-2", "Team")
            life.dies_at = life.steps + step
            stage.enqueue(a_job("order-2", TEAM))
            await stage.passes(60)
            worker.task.cancel()
        was_resolving = life.dead.is_set() and len(stage.calls(DESCRIBE)) == 2

        await stage.serve()

        if was_resolving:
            killed_count += 1
            assert [text_of("order-2")] == stage.messages("t-2"), f"killed at step {step}"
    assert killed_count > 5


def in_ways(names: Sequence[str | Named]) -> list[str]:
    return [a_job(f"order-{n}", name) for n, name in enumerate(names)]


@pytest.mark.parametrize(
    "ways",
    [
        [TEAM, TEAM, "t-1", TEAM, "t-1", TEAM],
        [TEAM, HOME.channel_arn("t-1"), TEAM, {"id": "t-1"}],
    ],
    ids=["mixed", "by-arn"],
)
async def test_jobs_of_one_channel_keep_their_order_however_they_name_it(
    stage: Stage, ways: Sequence[str | Named]
) -> None:
    """As soon as the hand knows that the names mean one channel: it found that out for the first job here."""
    open_named(stage, "t-1", "Team")
    async with stage.serving():
        stage.enqueue(a_job("first", TEAM))
        await stage.until(stage.is_empty)

        stage.enqueue(*in_ways(ways))
        await stage.until(stage.is_empty)

    assert [text_of("first"), *(text_of(f"order-{n}") for n in range(len(ways)))] == stage.messages("t-1")


async def test_jobs_that_move_to_their_channels_lane_take_their_places_there(stage: Stage) -> None:
    """The channel's own first job is under way when the name is found: the rest goes by receipt."""
    open_named(stage, "t-1", "Team")
    stage.strike(FAILURE, channel="t-1", times=1)  # holds the lane for the grace
    stage.enqueue(*in_ways(["t-1", TEAM, "t-1", TEAM, TEAM, "t-1"]))

    await stage.serve()

    assert [text_of(f"order-{n}") for n in range(6)] == stage.messages("t-1")


async def test_jobs_to_be_made_and_jobs_to_be_found_stand_in_one_lane_until_they_part(stage: Stage) -> None:
    open_named(stage, "t-1", "Team")
    stage.enqueue(*in_ways([TEAM, NEW_TEAM]))

    await stage.serve()

    assert [text_of("order-0")] == stage.messages("t-1")
    assert [text_of("order-1")] == stage.messages(DERIVED)


async def test_that_a_channel_was_not_found_keeps_no_job_from_making_it(stage: Stage) -> None:
    stage.enqueue(*in_ways([TEAM, NEW_TEAM, TEAM]))

    await stage.serve()

    assert {"order-0": "channel_not_found"} == stage.dead_letters()
    assert [text_of("order-1"), text_of("order-2")] == stage.messages(DERIVED)


async def test_that_a_channel_could_not_be_made_in_one_way_keeps_no_job_from_making_it_in_another(
    stage: Stage,
) -> None:
    stage.enqueue(*in_ways([{"name": "Team", "create": {"moderators": ["nobody"]}}, NEW_TEAM]))

    await stage.serve()

    assert {"order-0": "forbidden_or_missing_channel"} == stage.dead_letters()
    assert [text_of("order-1")] == stage.messages(DERIVED)


async def test_a_fifo_group_keeps_its_order_whatever_its_jobs_name() -> None:
    stage = Stage(fifo=True)
    open_named(stage, "t-1", "Team")
    stage.strike(FAILURE, DESCRIBE, times=2)
    stage.enqueue(*in_ways([TEAM, "t-1", TEAM, "t-1", TEAM]))

    await stage.serve()

    assert [text_of(f"order-{n}") for n in range(5)] == stage.messages("t-1")


@pytest.mark.parametrize("hanging", [DESCRIBE, LIST_CHANNELS, CREATE])
async def test_a_worker_that_is_stopped_during_a_look_up_gives_its_job_back_at_once(
    stage: Stage, hanging: str
) -> None:
    stage.strike(Drip(), hanging)
    stage.enqueue(*(a_job(f"order-{n}", NEW_TEAM if hanging == CREATE else TEAM) for n in range(3)))

    async with stage.serving() as worker:
        await stage.passes(2)
        worker.stop()
        is_clean = await worker.ended()

    assert is_clean
    assert stage.clock.elapsed_s() < 15
    assert 3 == len(stage.queue)
