"""Channel flows as their makers see them: made, given to channels, and heard by callback."""

import pytest
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import (
    ADMIN,
    ANNA,
    APP,
    BEN,
    FLOW,
    MODERATOR,
    ORDERS,
    PRIVATE,
    ManualClock,
    a_message,
    give_flow,
    named,
    outcome,
    texts_listed,
)
from worker.local.chime.processes import Process
from worker.local.chime.state import Chime
from worker.local.chime.treatments import Hold, Pass

HOUR = 3600.0


def test_a_callback_lets_a_message_through_rewritten(chime: Chime) -> None:
    process = _held(chime)

    answer = _call_back(chime, process, Content="h*", Metadata="checked", ContentType="text/plain")

    [message] = chime.messages(ORDERS)
    assert answer == "ok"
    assert (message.content, message.metadata, message.content_type) == ("h*", "checked", "text/plain")
    assert texts_listed(chime, BEN) == ["h*"]
    assert chime.pending() == []


def test_a_callback_denies_a_message(chime: Chime) -> None:
    process = _held(chime)

    denial = {**_callback(process), "DeleteResource": True}

    assert outcome(chime, "ChannelFlowCallback", denial, bearer=None) == "ok"
    assert chime.messages(ORDERS) == []


@pytest.mark.parametrize(
    "change",
    [
        {"ChannelArn": PRIVATE},
        {"CallbackId": "0" * 64},
        {"ChannelMessage": {"MessageId": "0" * 64}},
        {"ChannelArn": f"{APP}/channel/nowhere"},
    ],
)
def test_a_callback_for_something_else_is_forbidden(chime: Chime, change: dict[str, object]) -> None:
    params = {**_callback(_held(chime)), **change}

    assert outcome(chime, "ChannelFlowCallback", params, bearer=None) == "ForbiddenException"
    assert texts_listed(chime, BEN) == []


@pytest.mark.parametrize(("hours", "expected"), [(48.0, "ok"), (48.001, "ForbiddenException")])
def test_a_callback_comes_once_and_within_48_hours(
    chime: Chime, clock: ManualClock, hours: float, expected: str
) -> None:
    process = _held(chime)
    clock.advance(hours * HOUR)

    assert _call_back(chime, process) == expected
    assert _call_back(chime, process) == "ForbiddenException"


def test_a_deleted_message_does_not_come_back_from_its_flow(chime: Chime, clock: ManualClock) -> None:
    sent = chime.call("SendChannelMessage", a_message("old"), bearer=ANNA)
    give_flow(chime, Pass(delay_s=1))
    chime.call("UpdateChannelMessage", {**named(sent), "Content": "new"}, bearer=ANNA)
    chime.call("DeleteChannelMessage", named(sent), bearer=ADMIN)

    clock.advance(1)

    assert chime.messages(ORDERS) == []


def test_a_deleted_channel_takes_what_is_in_process_with_it(chime: Chime) -> None:
    process = _held(chime)
    chime.call("DeleteChannel", {"ChannelArn": ORDERS}, bearer=ADMIN)

    assert chime.pending() == []
    assert _call_back(chime, process) == "ForbiddenException"


def test_a_deleted_channel_is_not_missed_when_its_messages_would_be_due(
    chime: Chime, clock: ManualClock
) -> None:
    give_flow(chime, Pass(delay_s=1))
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)
    chime.call("DeleteChannel", {"ChannelArn": ORDERS}, bearer=ADMIN)

    clock.advance(1)

    assert outcome(chime, "ListChannelMessages", {"ChannelArn": PRIVATE}, bearer=ANNA) == "ok"


def test_a_processor_may_not_write_more_than_a_sender(chime: Chime) -> None:
    process = _held(chime)

    assert _call_back(chime, process, Content="x" * 4097) == "BadRequestException"
    assert _call_back(chime, process, Content="x" * 4096) == "ok"


async def test_a_flow_is_made_associated_shown_and_taken_away_again(
    messaging: ChimeSDKMessagingClient, chime: Chime
) -> None:
    made = await messaging.create_channel_flow(
        AppInstanceArn=APP,
        Name="moderation",
        Processors=[
            {
                "Name": "words",
                "Configuration": {
                    "Lambda": {
                        "ResourceArn": "arn:aws:lambda:us-east-1:123456789012:function:words",
                        "InvocationType": "ASYNC",
                    }
                },
                "ExecutionOrder": 1,
                "FallbackAction": "ABORT",
            }
        ],
        ClientRequestToken="one",
    )
    flow = made["ChannelFlowArn"]
    await messaging.associate_channel_flow(ChannelArn=ORDERS, ChannelFlowArn=flow, ChimeBearer=MODERATOR)

    channel = (await messaging.describe_channel(ChannelArn=ORDERS, ChimeBearer=ANNA))["Channel"]
    described = (await messaging.describe_channel_flow(ChannelFlowArn=flow))["ChannelFlow"]
    listed = await messaging.list_channel_flows(AppInstanceArn=APP)
    users = await messaging.list_channels_associated_with_channel_flow(ChannelFlowArn=flow)
    assert channel["ChannelFlowArn"] == flow
    assert (described["Name"], described["Processors"][0]["Name"]) == ("moderation", "words")
    assert [each["ChannelFlowArn"] for each in listed["ChannelFlows"]] == [flow]
    assert [each["ChannelArn"] for each in users["Channels"]] == [ORDERS]
    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)
    assert sent["Status"] == {"Value": "PENDING"}
    with pytest.raises(messaging.exceptions.ConflictException):
        await messaging.delete_channel_flow(ChannelFlowArn=flow)
    await messaging.disassociate_channel_flow(ChannelArn=ORDERS, ChannelFlowArn=flow, ChimeBearer=MODERATOR)
    await messaging.delete_channel_flow(ChannelFlowArn=flow)
    with pytest.raises(messaging.exceptions.ForbiddenException):
        await messaging.describe_channel_flow(ChannelFlowArn=flow)


async def test_a_processor_calls_back_through_a_stock_client(
    messaging: ChimeSDKMessagingClient, chime: Chime
) -> None:
    process = _held(chime)

    answer = await messaging.channel_flow_callback(
        CallbackId=process.callback_id,
        ChannelArn=ORDERS,
        ChannelMessage={"MessageId": process.proposed.message_id, "Content": "h*"},
    )

    assert answer["CallbackId"] == process.callback_id
    assert texts_listed(chime, BEN) == ["h*"]


@pytest.mark.parametrize(
    ("who", "flow", "expected"),
    [
        (ANNA, FLOW, "ForbiddenException"),
        (MODERATOR, FLOW, "ok"),
        (ADMIN, f"{FLOW}-2", "ConflictException"),
        (ADMIN, f"{FLOW}-3", "NotFoundException"),
    ],
)
def test_who_manages_a_channel_gives_it_one_flow(chime: Chime, who: str, flow: str, expected: str) -> None:
    give_flow(chime, Hold())
    chime.add_flow(f"{FLOW}-2")

    params = {"ChannelArn": ORDERS, "ChannelFlowArn": flow}

    assert outcome(chime, "AssociateChannelFlow", params, bearer=who) == expected


def _held(chime: Chime) -> Process:
    """A message that waits for its callback."""
    give_flow(chime, Hold())
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)
    [process] = chime.pending()
    return process


def _callback(process: Process) -> dict[str, object]:
    message = {"MessageId": process.proposed.message_id}
    return {"ChannelArn": ORDERS, "CallbackId": process.callback_id, "ChannelMessage": message}


def _call_back(chime: Chime, process: Process, **changes: str) -> str:
    message = {"MessageId": process.proposed.message_id, **changes}
    params = {**_callback(process), "ChannelMessage": message}
    return outcome(chime, "ChannelFlowCallback", params, bearer=None)
