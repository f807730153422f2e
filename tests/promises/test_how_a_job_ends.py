"""Section 5. Every job ends in exactly one way, and a dead letter says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.clock import START
from tests.support.jobs import a_job, text_of
from tests.support.stage import BEARER, HOME, JOIN, LIST, SOMEBODY, Stage
from worker.contract.outcome import Outcome
from worker.local.chime.faults import FAILURE, LOST_REPLY, LOST_REQUEST, Refuse
from worker.ports import Attribute

pytestmark = pytest.mark.virtual_time

FORBIDDEN = Refuse(status=403, code="ForbiddenException", message="No")
REFUSED = Refuse(status=400, code="BadRequestException", message="No")


def instant(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


async def test_a_bearer_that_is_no_member_joins_once_and_then_sends(stage: Stage) -> None:
    stage.open_channel("strange", members=(SOMEBODY,))
    stage.enqueue(a_job("order-1", channel="strange"), a_job("order-2", channel="strange"))

    await stage.serve()

    assert [text_of("order-1"), text_of("order-2")] == stage.messages("strange")
    assert 1 == len(stage.calls(JOIN))
    assert 1 == (await stage.row("order-1")).attempts
    assert BEARER in stage.chime.members(HOME.channel_arn("strange"))


async def test_a_bearer_that_may_not_join_makes_a_dead_letter(stage: Stage) -> None:
    stage.open_channel("strange", members=(SOMEBODY,))
    stage.strike(FORBIDDEN, JOIN)
    stage.enqueue(a_job(channel="strange"))

    await stage.serve()

    assert {"order-8812": "forbidden_or_missing_channel"} == stage.dead_letters()
    assert 1 == len(stage.calls(JOIN))


async def test_a_channel_that_stays_closed_after_the_join_makes_a_dead_letter(stage: Stage) -> None:
    stage.strike(FORBIDDEN, times=None)
    stage.enqueue(a_job())

    await stage.serve()

    assert {"order-8812": "forbidden_or_missing_channel"} == stage.dead_letters()
    assert 2 == len(stage.calls())


async def test_where_joining_is_switched_off_nobody_joins(stage: Stage) -> None:
    stage.policy = replace(stage.policy, may_join=False)
    stage.open_channel("strange", members=(SOMEBODY,))
    stage.enqueue(a_job(channel="strange"))

    await stage.serve()

    assert {"order-8812": "forbidden_or_missing_channel"} == stage.dead_letters()
    assert [] == stage.calls(JOIN)


async def test_a_channel_that_does_not_exist_makes_a_dead_letter(stage: Stage) -> None:
    stage.enqueue(a_job(channel="nowhere"))

    await stage.serve()

    assert {"order-8812": "channel_not_found"} == stage.dead_letters()


async def test_a_job_is_not_sent_before_its_time(stage: Stage) -> None:
    stage.enqueue(a_job(not_before=instant(600)))

    await stage.serve()

    assert 600 <= stage.stored_at_s(text_of("order-8812")) < 602


async def test_a_job_whose_time_has_passed_expires_and_is_no_dead_letter(stage: Stage) -> None:
    stage.enqueue(a_job(not_after=instant(-1)))

    await stage.serve()

    assert [] == stage.calls()
    assert Outcome.EXPIRED == (await stage.end_of()).outcome
    assert {} == stage.dead_letters()


async def test_a_job_in_doubt_does_not_expire_before_it_was_looked_for(stage: Stage) -> None:
    stage.strike(LOST_REPLY)
    stage.strike(FAILURE, LIST, times=3)
    stage.enqueue(a_job(not_after=instant(0.5)))

    await stage.serve()

    assert [text_of("order-8812")] == stage.messages()
    assert Outcome.DELIVERED == (await stage.end_of()).outcome


async def test_doubt_about_a_message_that_no_list_shows_ends_as_unverifiable(stage: Stage) -> None:
    stage.strike(LOST_REPLY)
    stage.enqueue(a_job(persistence="NON_PERSISTENT"))

    await stage.serve()

    assert 1 == len(stage.calls())
    assert Outcome.UNVERIFIABLE == (await stage.end_of()).outcome
    assert {} == stage.dead_letters()


async def test_doubt_about_a_channel_that_may_not_be_read_ends_as_unverifiable(stage: Stage) -> None:
    stage.strike(LOST_REPLY)
    stage.strike(FORBIDDEN, LIST, times=None)
    stage.enqueue(a_job())

    await stage.serve()

    assert 1 == len(stage.calls())
    assert Outcome.UNVERIFIABLE == (await stage.end_of()).outcome


async def test_what_can_never_be_sent_is_refused_before_a_call_is_spent(stage: Stage) -> None:
    stage.enqueue(
        a_job("large", content="x" * 4097),
        a_job("foreign", channel="arn:aws:chime:us-east-1:999999999999:app-instance/other/channel/orders"),
        a_job("borrowed", bearer="stranger"),
        a_job("misspelt", chanel="orders"),
    )

    await stage.serve()

    assert {
        "large": "content_too_large",
        "foreign": "foreign_channel",
        "borrowed": "bearer_not_allowed",
        "misspelt": "invalid_job",
    } == stage.dead_letters()
    assert 0 == stage.chime.calls.total


async def test_a_dead_letter_keeps_the_body_and_the_producers_attributes(stage: Stage) -> None:
    body = '  {"id":"order-1", "channel" : "orders","message":{"content":"Ünïcode"}}\n'
    stage.queue.enqueue(body, attributes={"tenant": Attribute("String", "acme")})
    stage.strike(REFUSED)

    await stage.serve()

    [letter] = stage.queue.dead_letters
    assert body == letter.body
    assert "acme" == letter.attributes["tenant"].value
    assert "1" == letter.attributes["attempts"].value


async def test_a_refused_job_that_was_mended_is_sent(stage: Stage) -> None:
    stage.enqueue(a_job("order-1", content="x" * 4097))
    await stage.serve()
    assert {"order-1": "content_too_large"} == stage.dead_letters()

    stage.enqueue(a_job("order-1"))
    await stage.serve()

    assert [text_of("order-1")] == stage.messages()


async def test_a_job_that_kills_its_workers_ends_as_a_crash_loop() -> None:
    stage = Stage()
    stage.latency_s = 1.0
    stage.policy = replace(stage.policy, max_crashes=3)
    stage.strike(LOST_REQUEST, times=None)
    stage.enqueue(a_job())

    while len(stage.queue):
        await stage.serve_until_killed_in_a_send()

    assert {"order-8812": "crash_loop"} == stage.dead_letters()
    assert 3 == (await stage.row()).crashes
