"""Making and deleting channels: whoever makes one, and however often, there is one; and one may go twice."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from tests.promises.changes import ALERTS, GUEST, NEW, ORDERS, a_change, prepared
from tests.support.jobs import a_job, text_of
from tests.support.stage import BEARER, CHANNELS, HOME, Stage
from worker.contract.outcome import Outcome
from worker.core.row import Ended
from worker.local.chime.faults import LOST_REPLY
from worker.local.chime.iam import policy_of

pytestmark = pytest.mark.virtual_time

CREATE, DELETE = "CreateChannel", "DeleteChannel"
BY_NAME: object = {"name": "Support"}


def made(stage: Stage) -> list[str]:
    """The channels that were not there from the beginning."""
    return [arn for arn in stage.chime.channels() if arn not in map(HOME.channel_arn, CHANNELS)]


def described(stage: Stage, channel_arn: str) -> dict[str, object]:
    answer = stage.chime.call("DescribeChannel", {"ChannelArn": channel_arn}, bearer=BEARER)
    return answer["Channel"]  # type: ignore[return-value]


@pytest.mark.parametrize("channel", ["new", BY_NAME], ids=["given id", "derived id"])
async def test_a_channel_that_two_jobs_make_is_made_once(stage: Stage, channel: object) -> None:
    stage.enqueue(*(a_change(f"create-{n}", "create_channel", channel=channel) for n in range(2)))

    await stage.serve()

    assert 1 == len(made(stage))
    assert {Outcome.DONE} == {(await stage.end_of(f"create-{n}")).outcome for n in range(2)}


@pytest.mark.parametrize("channel", ["new", BY_NAME], ids=["given id", "derived id"])
async def test_workers_that_race_to_make_a_channel_meet_in_it(stage: Stage, channel: object) -> None:
    stage.ledger.is_shared = True
    async with AsyncExitStack() as workers:
        for _ in range(4):
            await workers.enter_async_context(stage.serving())
        stage.enqueue(*(a_change(f"create-{n}", "create_channel", channel=channel) for n in range(12)))
        await stage.until(stage.is_empty)

    assert 1 == len(made(stage))
    assert {Outcome.DONE} == {(await stage.end_of(f"create-{n}")).outcome for n in range(12)}
    assert {} == stage.dead_letters()


async def test_a_channel_is_made_as_its_job_says_with_all_of_its_members(stage: Stage) -> None:
    await prepared(stage)
    people = [f"person-{n:02}" for n in range(15)]
    for person in people:
        stage.chime.add_user(HOME.user_arn(person))
    create = {"privacy": "PRIVATE", "mode": "RESTRICTED", "name": "Support", "metadata": {"team": 1}}
    channel = {"id": "new", "create": create | {"moderators": ["guest"], "expiration_days": 30}}

    stage.enqueue(a_change("create", "create_channel", channel=channel, members=people))
    await stage.serve()

    told = described(stage, NEW)
    assert create | {"metadata": '{"team":1}'} == {name: told[name.capitalize()] for name in create}
    assert {"ExpirationDays": 30, "ExpirationCriterion": "LAST_MESSAGE_TIMESTAMP"} == told[
        "ExpirationSettings"
    ]
    assert set(map(HOME.user_arn, people)) <= set(stage.chime.members(NEW))
    moderators = stage.chime.call("ListChannelModerators", {"ChannelArn": NEW}, bearer=BEARER)
    assert GUEST in str(moderators)
    assert Outcome.DONE is (await stage.end_of("create")).outcome


async def test_jobs_behind_the_one_that_makes_their_channel_find_it(stage: Stage) -> None:
    stage.enqueue(a_change("create", "create_channel", channel=BY_NAME))
    stage.enqueue(a_job("hello", {"name": "Support"}))
    stage.strike(LOST_REPLY, CREATE)

    await stage.serve()

    [arn] = made(stage)
    assert [text_of("hello")] == [message.content for message in stage.chime.messages(arn)]


async def test_a_channel_that_is_gone_is_deleted_all_the_same(stage: Stage) -> None:
    stage.chime.call(DELETE, {"ChannelArn": ALERTS}, bearer=BEARER)

    stage.enqueue(a_change("delete", "delete_channel", channel="alerts"))
    await stage.serve()

    assert Outcome.DONE is (await stage.end_of("delete")).outcome


async def test_a_channel_that_its_bearer_may_not_delete_is_not_taken_for_gone(stage: Stage) -> None:
    await prepared(stage)
    stage.chime.add_channel(NEW, privacy="PRIVATE")

    stage.enqueue(a_change("delete", "delete_channel", channel="new", bearer="guest"))
    await stage.serve()

    assert {"delete": "forbidden_or_missing_channel"} == stage.dead_letters()
    assert [NEW] == made(stage)


async def test_a_channel_deleted_and_made_again_takes_the_jobs_behind(stage: Stage) -> None:
    stage.enqueue(
        a_job("before", "alerts"),
        a_change("delete", "delete_channel", channel="alerts"),
        a_change("create", "create_channel", channel="alerts"),
        a_job("after", "alerts"),
    )

    await stage.serve()

    assert [text_of("after")] == stage.messages("alerts")
    assert {} == stage.dead_letters()


@pytest.mark.parametrize("tokens", ["honoured", "ignored"])
async def test_a_channel_made_for_a_name_is_made_again_after_it_was_deleted(stage: Stage) -> None:
    named = {"name": "Support", "create": True}
    stage.enqueue(a_job("before", named))
    await stage.serve()
    [arn] = made(stage)

    stage.enqueue(a_change("delete", "delete_channel", channel=BY_NAME), a_job("after", named))
    await stage.serve()

    assert [arn] == made(stage)
    assert [text_of("after")] == [message.content for message in stage.chime.messages(arn)]
    assert {} == stage.dead_letters()


async def test_a_send_to_a_deleted_channel_says_so_and_delays_no_other(stage: Stage) -> None:
    stage.enqueue(a_change("delete", "delete_channel", channel="alerts"))
    stage.enqueue(a_job("late", "alerts"), a_job("order"))

    await stage.serve()

    assert {"late": "channel_not_found"} == stage.dead_letters()
    assert stage.stored_at_s(text_of("order")) < 1


def only(*channel_arns: str) -> object:
    """A role that may post to these channels alone."""
    resource = [BEARER, *channel_arns]
    return {"Statement": {"Effect": "Allow", "Action": ["chime:*"], "Resource": resource}}


async def test_with_a_role_for_one_channel_of_two_one_flows_and_the_other_waits_for_the_role(
    stage: Stage,
) -> None:
    """AccessDenied is the role's, not the job's: it ends nothing and counts nothing."""
    stage.chime.policy = policy_of(only(ORDERS))
    stage.enqueue(*(a_job(f"alert-{n}", "alerts") for n in range(3)))

    async with stage.serving() as worker:
        for n in range(60):
            stage.enqueue(a_job(f"order-{n}"))
            await stage.passes(5)
        assert None is worker.gear.intake.cause
        assert ([], 60, 3) == (stage.messages("alerts"), len(stage.messages()), len(stage.queue))

        stage.chime.policy = policy_of(only(ORDERS, ALERTS))
        await stage.until(stage.is_empty)

    assert [text_of(f"alert-{n}") for n in range(3)] == sorted(map(str, stage.messages("alerts")))
    assert {1} == {row.attempts for row in stage.rows if isinstance(row.state, Ended)}


async def test_a_role_for_one_channel_of_two_ends_jobs_for_the_other_only_with_the_queues_retention() -> None:
    stage = Stage(retention_s=3600)
    stage.chime.policy = policy_of(only(ORDERS))
    stage.enqueue(a_job("alert", "alerts"))

    async with stage.serving():
        for n in range(700):
            stage.enqueue(a_job(f"order-{n}"))
            await stage.passes(5)

    assert {"alert": "retention_ending"} == stage.dead_letters()
    assert "access_denied" in str((await stage.row("alert")).history)
    assert 700 == len(stage.messages())
