"""A stock SDK client sends, reads, edits, redacts and deletes."""

import pytest
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient
from types_aiobotocore_chime_sdk_messaging.type_defs import SendChannelMessageResponseTypeDef

from tests.emulator.people import ADMIN, ANNA, BEN, NOON, ORDERS, ManualClock
from worker.local.chime.state import Chime


async def test_a_send_is_answered_with_201_an_id_and_the_status_sent(
    messaging: ChimeSDKMessagingClient,
) -> None:
    sent = await _send(messaging, "hello")

    assert sent["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert sent["ChannelArn"] == ORDERS
    assert len(sent["MessageId"]) == 64
    assert sent["Status"] == {"Value": "SENT"}
    assert sent["ResponseMetadata"]["RequestId"]


async def test_a_message_comes_back_as_it_was_sent(messaging: ChimeSDKMessagingClient) -> None:
    sent = await messaging.send_channel_message(
        ChannelArn=ORDERS,
        Content="Auftrag 8812 ✓ 🚚",
        Type="STANDARD",
        Persistence="PERSISTENT",
        Metadata='{"a": 1}',
        ContentType="text/plain",
        MessageAttributes={"job": {"StringValues": ["ABC"]}},
        ClientRequestToken="one",
        ChimeBearer=ANNA,
    )
    found = await messaging.get_channel_message(
        ChannelArn=ORDERS, MessageId=sent["MessageId"], ChimeBearer=BEN
    )

    to_the_millisecond = NOON.replace(microsecond=123_000)
    assert found["ChannelMessage"] == {
        "ChannelArn": ORDERS,
        "MessageId": sent["MessageId"],
        "Content": "Auftrag 8812 ✓ 🚚",
        "Metadata": '{"a": 1}',
        "Type": "STANDARD",
        "ContentType": "text/plain",
        "MessageAttributes": {"job": {"StringValues": ["ABC"]}},
        "Sender": {"Arn": ANNA, "Name": "anna"},
        "Persistence": "PERSISTENT",
        "Redacted": False,
        "Status": {"Value": "SENT"},
        "CreatedTimestamp": to_the_millisecond,
        "LastUpdatedTimestamp": to_the_millisecond,
    }


async def test_the_status_of_a_message_is_told_to_its_sender_only(messaging: ChimeSDKMessagingClient) -> None:
    message_id = (await _send(messaging, "hello"))["MessageId"]

    status = await messaging.get_channel_message_status(
        ChannelArn=ORDERS, MessageId=message_id, ChimeBearer=ANNA
    )

    assert status["Status"] == {"Value": "SENT"}
    with pytest.raises(messaging.exceptions.ForbiddenException):
        await messaging.get_channel_message_status(ChannelArn=ORDERS, MessageId=message_id, ChimeBearer=BEN)


async def test_an_edited_message_shows_its_latest_text(
    messaging: ChimeSDKMessagingClient, clock: ManualClock
) -> None:
    message_id = (await _send(messaging, "helo"))["MessageId"]
    clock.advance(5)

    await messaging.update_channel_message(
        ChannelArn=ORDERS, MessageId=message_id, Content="hello", ChimeBearer=ANNA
    )

    [message] = (await messaging.list_channel_messages(ChannelArn=ORDERS, ChimeBearer=BEN))["ChannelMessages"]
    assert message["Content"] == "hello"
    assert message["LastEditedTimestamp"] > message["CreatedTimestamp"]


async def test_a_redacted_message_stays_without_its_text(messaging: ChimeSDKMessagingClient) -> None:
    message_id = (await _send(messaging, "secret"))["MessageId"]

    await messaging.redact_channel_message(ChannelArn=ORDERS, MessageId=message_id, ChimeBearer=ANNA)

    [message] = (await messaging.list_channel_messages(ChannelArn=ORDERS, ChimeBearer=BEN))["ChannelMessages"]
    assert message["MessageId"] == message_id
    assert message["Redacted"] is True
    assert "Content" not in message


async def test_a_deleted_message_is_gone(messaging: ChimeSDKMessagingClient, chime: Chime) -> None:
    message_id = (await _send(messaging, "oops"))["MessageId"]

    await messaging.delete_channel_message(ChannelArn=ORDERS, MessageId=message_id, ChimeBearer=ADMIN)

    assert chime.messages(ORDERS) == []
    with pytest.raises(messaging.exceptions.NotFoundException):
        await messaging.get_channel_message(ChannelArn=ORDERS, MessageId=message_id, ChimeBearer=ANNA)


async def _send(messaging: ChimeSDKMessagingClient, text: str) -> SendChannelMessageResponseTypeDef:
    return await messaging.send_channel_message(
        ChannelArn=ORDERS,
        Content=text,
        Type="STANDARD",
        Persistence="PERSISTENT",
        ClientRequestToken="one",
        ChimeBearer=ANNA,
    )
