"""Scripted trouble: which call it strikes, and what a stock SDK client and the channel then see."""

from collections.abc import Sequence
from random import Random

import pytest
from aiohttp import ClientSession
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ANNA, BEN, ORDERS, PRIVATE
from worker.local.chime.faults import (
    FAILURE,
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    UNAVAILABLE,
    Broken,
    BrokenBody,
    Drip,
    Fault,
    FaultPlan,
    FaultRule,
    Redirect,
    Refuse,
    Slow,
)
from worker.local.chime.server import Emulator
from worker.local.chime.state import Chime


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        (THROTTLED, "ThrottledClientException", 0),
        (FAILURE, "ServiceFailureException", 0),
        (FAILURE_AFTER_EFFECT, "ServiceFailureException", 1),
        (UNAVAILABLE, "ServiceUnavailableException", 0),
        (Refuse(status=400, code="AccessDeniedException", message="no"), "AccessDeniedException", 0),
    ],
)
async def test_a_scripted_refusal_is_typed_and_stores_only_after_the_effect(
    chime: Chime, messaging: ChimeSDKMessagingClient, fault: Fault, error: str, stored: int
) -> None:
    chime.faults.add(FaultRule(fault, times=1))

    with pytest.raises(ClientError) as refused:
        await _send(messaging)

    assert refused.value.response["Error"]["Code"] == error
    assert len(chime.messages(ORDERS)) == stored
    await _send(messaging)


@pytest.mark.parametrize(("fault", "stored"), [(LOST_REQUEST, 0), (LOST_REPLY, 1)])
async def test_a_dropped_connection_tells_nothing_of_what_was_stored(
    chime: Chime, messaging: ChimeSDKMessagingClient, fault: Fault, stored: int
) -> None:
    chime.faults.add(FaultRule(fault))

    with pytest.raises((HTTPClientError, ConnectionClosedError)):
        await _send(messaging)

    assert len(chime.messages(ORDERS)) == stored
    assert [call.status for call in chime.calls.latest][-1] == (201 if stored else None)
    assert chime.calls.latest[-1].fault == "drop"


@pytest.mark.parametrize(
    ("fault", "stored"), [(Slow(delay_s=5, when="before"), 0), (Slow(delay_s=5, when="after"), 1)]
)
async def test_a_slow_answer_outlasts_the_readers_patience(
    chime: Chime, messaging: ChimeSDKMessagingClient, fault: Fault, stored: int
) -> None:
    chime.faults.add(FaultRule(fault))

    with pytest.raises(ReadTimeoutError):
        await _send(messaging)

    assert len(chime.messages(ORDERS)) == stored


async def test_a_dripping_answer_is_right_in_the_end(
    chime: Chime, messaging: ChimeSDKMessagingClient
) -> None:
    chime.faults.add(FaultRule(Drip(chunk_bytes=50, interval_s=0.01)))

    message_id = await _send(messaging)

    assert [message.message_id for message in chime.messages(ORDERS)] == [message_id]


@pytest.mark.parametrize("body", ["truncated", "html", "empty", "no_members", "number_for_id"])
async def test_a_success_may_come_without_a_usable_message_id(
    chime: Chime, messaging: ChimeSDKMessagingClient, body: BrokenBody
) -> None:
    """The SDK takes a 2xx for a success even if its body is no JSON: no exception tells of it."""
    chime.faults.add(FaultRule(Broken(body=body)))

    message_id = await _send(messaging)

    assert message_id == (7 if body == "number_for_id" else None)
    assert len(chime.messages(ORDERS)) == 1


async def test_a_list_for_an_object_is_no_answer(chime: Chime, messaging: ChimeSDKMessagingClient) -> None:
    chime.faults.add(FaultRule(Broken(body="list")))

    with pytest.raises((BotoCoreError, AttributeError)):
        await _send(messaging)


async def test_a_redirect_has_no_effect_here(chime: Chime, served: Emulator) -> None:
    chime.faults.add(FaultRule(Redirect(location="http://127.0.0.1:9/elsewhere")))
    chime.switches = type(chime.switches)(rates="off", signatures="ignored")

    path = f"/channels/{ORDERS.replace(':', '%3A').replace('/', '%2F')}/messages"
    async with (
        ClientSession() as http,
        http.post(served.url + path, json={}, allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (307, "http://127.0.0.1:9/elsewhere")
    assert chime.messages(ORDERS) == []


def test_a_rule_strikes_from_its_first_call_as_often_as_it_says() -> None:
    plan = FaultPlan(Random(1), rules=[FaultRule(FAILURE, first=2, times=2)])

    assert [False, True, True, False, False] == _struck(plan, 5)


def test_a_rule_counts_only_the_calls_it_is_about() -> None:
    rule = FaultRule(FAILURE, operation="SendChannelMessage", channel=ORDERS, bearer=ANNA, first=2)
    plan = FaultPlan(Random(1), rules=[rule])

    assert plan.fault_for("SendChannelMessage", channel=ORDERS, bearer=ANNA) is None
    assert plan.fault_for("SendChannelMessage", channel=PRIVATE, bearer=ANNA) is None
    assert plan.fault_for("SendChannelMessage", channel=ORDERS, bearer=BEN) is None
    assert plan.fault_for("ListChannelMessages", channel=ORDERS, bearer=ANNA) is None
    assert plan.fault_for("SendChannelMessage", channel=ORDERS, bearer=ANNA) == FAILURE


def test_the_first_rule_that_strikes_wins_and_a_later_one_does_not_strike_with_it() -> None:
    plan = FaultPlan(Random(1), rules=[FaultRule(THROTTLED, times=1), FaultRule(FAILURE, times=1)])

    met = [plan.fault_for("SendChannelMessage", channel=ORDERS, bearer=ANNA) for _ in range(3)]

    assert met == [THROTTLED, FAILURE, None]
    assert [struck for _, struck in plan.struck()] == [1, 1]


def test_the_same_seed_makes_the_same_trouble() -> None:
    rules = [FaultRule(FAILURE, probability=0.3)]
    first, again, other = (_struck(FaultPlan(Random(seed), rules=rules), 200) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert 30 < sum(first) < 90


def _struck(plan: FaultPlan, calls: int) -> Sequence[bool]:
    asked = (plan.fault_for("SendChannelMessage", channel=ORDERS, bearer=ANNA) for _ in range(calls))
    return [fault is not None for fault in asked]


async def _send(messaging: ChimeSDKMessagingClient) -> object:
    sent = await messaging.send_channel_message(
        ChannelArn=ORDERS,
        Content="hello",
        Type="STANDARD",
        Persistence="PERSISTENT",
        ClientRequestToken="one",
        ChimeBearer=ANNA,
    )
    return sent.get("MessageId")
