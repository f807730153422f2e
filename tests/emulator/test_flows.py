"""Channel flows: what the sender sees, what the others see, and when, by a script or by a callback."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import (
    ADMIN,
    ANNA,
    APP,
    BEN,
    MODERATOR,
    ORDERS,
    PRIVATE,
    ManualClock,
    a_message,
    outcome,
)
from worker.local.chime.processes import Process
from worker.local.chime.state import Chime
from worker.local.chime.switches import MissingCode, Switches
from worker.local.chime.treatments import Deny, Fail, Hold, Pass, Treatment

FLOW = f"{APP}/channel-flow/moderation"
HOUR = 3600.0


def test_a_message_is_pending_and_nobody_elses_until_the_flow_lets_it_through(
    chime: Chime, clock: ManualClock
) -> None:
    _flow(chime, Pass(delay_s=2))

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert sent["Status"] == {"Value": "PENDING"}
    clock.advance(1.999)
    assert (_status(chime, sent), _listed(chime, BEN)) == ("PENDING", [])
    clock.advance(0.001)
    assert (_status(chime, sent), _listed(chime, BEN)) == ("SENT", ["hi"])


def test_a_flow_may_rewrite_content_metadata_and_attributes(chime: Chime) -> None:
    attributes = {"tone": {"StringValues": ["calm"]}}
    _flow(chime, Pass(content="h*", metadata="rewritten", attributes=attributes))

    chime.call("SendChannelMessage", a_message("hi", MessageAttributes={}), bearer=ANNA)

    [message] = chime.messages(ORDERS)
    assert (message.content, message.metadata, message.attributes) == ("h*", "rewritten", attributes)
    assert (message.status, message.sender_arn) == ("SENT", ANNA)


def test_a_denied_message_is_forgotten(chime: Chime) -> None:
    _flow(chime, Deny())

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert sent["Status"] == {"Value": "PENDING"}
    assert _status(chime, sent) == "ForbiddenException"
    assert outcome(chime, "GetChannelMessage", _named(sent), bearer=ANNA) == "NotFoundException"
    assert (_listed(chime, ANNA), chime.messages(ORDERS)) == ([], [])


@pytest.mark.parametrize("code", ["ForbiddenException", "BadRequestException", "NotFoundException"])
def test_what_the_status_of_a_denied_message_comes_to_is_a_switch(chime: Chime, code: MissingCode) -> None:
    chime.switches = replace(chime.switches, missing_status=code)
    _flow(chime, Deny())

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert _status(chime, sent) == code


def test_a_message_whose_processor_is_not_reached_fails_or_goes_through_by_the_fallback(chime: Chime) -> None:
    chime.add_flow(FLOW, Fail(), fallback="ABORT")
    chime.add_flow(f"{FLOW}-2", Fail(), fallback="CONTINUE")
    chime.associate_flow(ORDERS, FLOW)
    chime.associate_flow(PRIVATE, f"{FLOW}-2")

    failed = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)
    passed = chime.call("SendChannelMessage", a_message("hi", channel=PRIVATE), bearer=ANNA)

    assert (_status(chime, failed), _listed(chime, BEN)) == ("FAILED", [])
    assert (_status(chime, passed), _listed(chime, BEN, channel=PRIVATE)) == ("SENT", ["hi"])


@pytest.mark.parametrize(
    ("treatment", "hiding"),
    [
        (Hold(), Switches(rates="off", pending_listed="nobody")),
        (Fail(), Switches(rates="off", failed_listed="nobody")),
    ],
)
def test_whether_the_senders_list_shows_what_is_not_sent_is_a_switch(
    chime: Chime, treatment: Treatment, hiding: Switches
) -> None:
    _flow(chime, treatment)
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert [_listed(chime, who) for who in (ANNA, BEN, ADMIN)] == [["hi"], [], []]
    chime.switches = hiding
    assert [_listed(chime, who) for who in (ANNA, BEN, ADMIN)] == [[], [], []]


def test_only_the_sender_may_ask_for_the_status_or_the_message_while_it_is_pending(chime: Chime) -> None:
    _flow(chime, Hold())

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    for who, seen in ((ANNA, ("ok", "ok")), (BEN, ("ForbiddenException", "NotFoundException"))):
        status = outcome(chime, "GetChannelMessageStatus", _named(sent), bearer=who)
        assert (status, outcome(chime, "GetChannelMessage", _named(sent), bearer=who)) == seen


def test_a_flow_sees_standard_messages_only(chime: Chime) -> None:
    _flow(chime, Deny())
    control = a_message("hi", Type="CONTROL")
    fleeting = a_message("typing", Persistence="NON_PERSISTENT")

    assert chime.call("SendChannelMessage", control, bearer=ANNA)["Status"] == {"Value": "SENT"}
    assert chime.call("SendChannelMessage", fleeting, bearer=ANNA)["Status"] == {"Value": "PENDING"}
    assert [message.content for message in chime.messages(ORDERS)] == ["hi"]


def test_the_first_message_meets_the_first_treatment_and_the_last_treatment_stays(chime: Chime) -> None:
    _flow(chime, Deny(), Fail(), Pass())

    sent = [chime.call("SendChannelMessage", a_message(f"{n}"), bearer=ANNA) for n in range(4)]

    assert [_status(chime, each) for each in sent] == ["ForbiddenException", "FAILED", "SENT", "SENT"]
    chime.script_flow(FLOW, Fail())
    again = chime.call("SendChannelMessage", a_message("4"), bearer=ANNA)
    assert _status(chime, again) == "FAILED"


def test_messages_come_out_of_a_flow_at_their_own_time_but_stand_where_they_were_sent(
    chime: Chime, clock: ManualClock
) -> None:
    _flow(chime, Pass(delay_s=5), Pass(delay_s=1))
    for text in ("slow", "quick"):
        chime.call("SendChannelMessage", a_message(text), bearer=ANNA)

    clock.advance(1)
    assert _listed(chime, BEN) == ["quick"]
    clock.advance(4)
    assert _listed(chime, BEN) == ["quick", "slow"]


def test_lists_lag_from_the_moment_a_message_is_let_through(chime: Chime, clock: ManualClock) -> None:
    chime.switches = replace(chime.switches, list_lag_s=2)
    _flow(chime, Pass(delay_s=3))
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    clock.advance(4.9)
    assert _listed(chime, BEN) == []
    clock.advance(0.1)
    assert _listed(chime, BEN) == ["hi"]


def test_a_repeated_token_gets_the_first_answer_whatever_became_of_the_message(chime: Chime) -> None:
    _flow(chime, Deny())

    first = chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)

    assert first == chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)
    assert chime.messages(ORDERS) == []


@pytest.mark.parametrize(
    ("treatment", "text"), [(Pass(), "new"), (Pass(content="n*"), "n*"), (Deny(), "old"), (Fail(), "old")]
)
def test_an_edit_goes_through_the_flow_too_and_others_see_the_old_text_until_then(
    chime: Chime, clock: ManualClock, treatment: Pass | Deny | Fail, text: str
) -> None:
    sent = chime.call("SendChannelMessage", a_message("old"), bearer=ANNA)
    _flow(chime, replace(treatment, delay_s=1))

    edited = chime.call("UpdateChannelMessage", {**_named(sent), "Content": "new"}, bearer=ANNA)

    assert edited["Status"] == {"Value": "PENDING"}
    assert (_status(chime, sent), _listed(chime, BEN)) == ("PENDING", ["old"])
    clock.advance(1)
    assert (_status(chime, sent), _listed(chime, BEN)) == ("SENT", [text])


@pytest.mark.parametrize("operation", ["UpdateChannelMessage", "RedactChannelMessage"])
def test_a_message_in_process_is_not_changed(chime: Chime, operation: str) -> None:
    _flow(chime, Hold())
    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    change = {**_named(sent), "Content": "new"}

    assert outcome(chime, operation, change, bearer=ANNA) == "ConflictException"


def test_a_message_may_be_pending_for_ever(chime: Chime, clock: ManualClock) -> None:
    _flow(chime, Hold())
    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    clock.advance(1000 * HOUR)

    assert _status(chime, sent) == "PENDING"


def test_a_callback_lets_a_message_through_rewritten(chime: Chime) -> None:
    process = _held(chime)

    answer = _call_back(chime, process, Content="h*", Metadata="checked", ContentType="text/plain")

    [message] = chime.messages(ORDERS)
    assert answer == "ok"
    assert (message.content, message.metadata, message.content_type) == ("h*", "checked", "text/plain")
    assert _listed(chime, BEN) == ["h*"]
    assert chime.pending() == []


def test_a_callback_denies_a_message(chime: Chime) -> None:
    process = _held(chime)

    assert _call_back(chime, process, delete="yes") == "ok"
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
    assert _listed(chime, BEN) == []


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
    _flow(chime, Pass(delay_s=1))
    chime.call("UpdateChannelMessage", {**_named(sent), "Content": "new"}, bearer=ANNA)
    chime.call("DeleteChannelMessage", _named(sent), bearer=ADMIN)

    clock.advance(1)

    assert chime.messages(ORDERS) == []


def test_a_deleted_channel_takes_what_is_in_process_with_it(chime: Chime) -> None:
    process = _held(chime)
    chime.call("DeleteChannel", {"ChannelArn": ORDERS}, bearer=ADMIN)

    assert chime.pending() == []
    assert _call_back(chime, process) == "ForbiddenException"


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
    assert _listed(chime, BEN) == ["h*"]


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
    _flow(chime, Hold())
    chime.add_flow(f"{FLOW}-2")

    params = {"ChannelArn": ORDERS, "ChannelFlowArn": flow}

    assert outcome(chime, "AssociateChannelFlow", params, bearer=who) == expected


def _flow(chime: Chime, *treatments: Treatment) -> None:
    """Give the channel "orders" a flow of this script."""
    chime.add_flow(FLOW, *treatments)
    chime.associate_flow(ORDERS, FLOW)


def _held(chime: Chime) -> Process:
    """A message that waits for its callback."""
    _flow(chime, Hold())
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)
    [process] = chime.pending()
    return process


def _callback(process: Process) -> dict[str, object]:
    message = {"MessageId": process.proposed.message_id}
    return {"ChannelArn": ORDERS, "CallbackId": process.callback_id, "ChannelMessage": message}


def _call_back(chime: Chime, process: Process, *, delete: str = "", **changes: str) -> str:
    params = _callback(process)
    params["ChannelMessage"] = {"MessageId": process.proposed.message_id, **changes}
    if delete:
        params["DeleteResource"] = True
    return outcome(chime, "ChannelFlowCallback", params, bearer=None)


def _named(sent: Mapping[str, object]) -> dict[str, object]:
    return {"ChannelArn": ORDERS, "MessageId": sent["MessageId"]}


def _status(chime: Chime, sent: Mapping[str, object]) -> object:
    """What the sender is told of a message, or the error's name."""
    params = {"ChannelArn": sent["ChannelArn"], "MessageId": sent["MessageId"]}
    failed = outcome(chime, "GetChannelMessageStatus", params, bearer=ANNA)
    if failed != "ok":
        return failed
    status = chime.call("GetChannelMessageStatus", params, bearer=ANNA)["Status"]
    assert isinstance(status, dict)
    return status["Value"]


def _listed(chime: Chime, who: str, *, channel: str = ORDERS) -> list[object]:
    answer = chime.call("ListChannelMessages", {"ChannelArn": channel}, bearer=who)
    messages = answer["ChannelMessages"]
    assert isinstance(messages, list)
    return [message["Content"] for message in messages]
