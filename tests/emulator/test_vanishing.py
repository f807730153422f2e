"""How a message, a channel or a user comes to be no more, other than by a flow."""

from datetime import timedelta

import pytest
from types_aiobotocore_chime_sdk_identity.client import ChimeSDKIdentityClient
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import (
    ADMIN,
    ANNA,
    APP,
    BEN,
    MODERATOR,
    ORDERS,
    PRIVATE,
    STRANGER,
    ManualClock,
    a_message,
    outcome,
)
from worker.local.chime.expiry import Swept
from worker.local.chime.state import Chime

DAY_S = timedelta(days=1).total_seconds()
FORBIDDEN = "ForbiddenException"


async def test_a_deleted_user_is_out_of_everything_and_its_messages_stay(
    identity: ChimeSDKIdentityClient, chime: Chime
) -> None:
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    await identity.delete_app_instance_user(AppInstanceUserArn=ANNA)

    assert [message.sender_arn for message in chime.messages(ORDERS)] == [ANNA]
    assert ANNA not in [*chime.members(ORDERS), *chime.members(PRIVATE)]
    assert outcome(chime, "SendChannelMessage", a_message(), bearer=ANNA) == FORBIDDEN
    with pytest.raises(identity.exceptions.ForbiddenException):
        await identity.describe_app_instance_user(AppInstanceUserArn=ANNA)
    chime.add_user(ANNA)
    assert outcome(chime, "SendChannelMessage", a_message("again"), bearer=ANNA) == FORBIDDEN


async def test_a_deleted_admin_is_no_admin_when_it_comes_back(
    identity: ChimeSDKIdentityClient, chime: Chime
) -> None:
    await identity.delete_app_instance_user(AppInstanceUserArn=ADMIN)
    chime.add_user(ADMIN)

    assert outcome(chime, "DeleteChannel", {"ChannelArn": ORDERS}, bearer=ADMIN) == FORBIDDEN


async def test_a_deleted_app_instance_takes_its_channels_and_people_with_it(
    identity: ChimeSDKIdentityClient, chime: Chime
) -> None:
    await identity.delete_app_instance(AppInstanceArn=APP)

    assert chime.channels() == []
    assert outcome(chime, "SendChannelMessage", a_message(), bearer=ANNA) == FORBIDDEN


async def test_a_channel_expires_so_many_days_after_its_creation(
    messaging: ChimeSDKMessagingClient, chime: Chime, clock: ManualClock
) -> None:
    put = await messaging.put_channel_expiration_settings(
        ChannelArn=ORDERS,
        ExpirationSettings={"ExpirationDays": 2, "ExpirationCriterion": "CREATED_TIMESTAMP"},
        ChimeBearer=MODERATOR,
    )
    described = await messaging.describe_channel(ChannelArn=ORDERS, ChimeBearer=ANNA)

    assert put["ExpirationSettings"] == described["Channel"]["ExpirationSettings"]
    clock.advance(2 * DAY_S - 1)
    assert chime.sweep() == Swept(channels=0, users=0, messages=0)
    clock.advance(1)
    assert chime.sweep() == Swept(channels=1, users=0, messages=0)
    assert chime.channels() == [PRIVATE]


def test_a_channel_that_expires_after_its_last_message_lives_on_with_each(
    chime: Chime, clock: ManualClock
) -> None:
    expiring = {"ExpirationDays": 2, "ExpirationCriterion": "LAST_MESSAGE_TIMESTAMP"}
    create: dict[str, object] = {
        "AppInstanceArn": APP,
        "Name": "news",
        "ChannelId": "news",
        "ClientRequestToken": "one",
        "ExpirationSettings": expiring,
    }
    news = str(chime.call("CreateChannel", create, bearer=ANNA)["ChannelArn"])
    clock.advance(DAY_S)
    chime.call("SendChannelMessage", a_message(channel=news), bearer=ANNA)

    clock.advance(2 * DAY_S - 1)
    assert chime.sweep().channels == 0
    clock.advance(1)
    assert chime.sweep().channels == 1


@pytest.mark.parametrize(
    ("who", "expected"), [(ANNA, FORBIDDEN), (ADMIN, "ok"), (MODERATOR, "ok"), (None, "ok")]
)
def test_who_manages_a_channel_says_when_it_expires(chime: Chime, who: str | None, expected: str) -> None:
    assert outcome(chime, "PutChannelExpirationSettings", {"ChannelArn": ORDERS}, bearer=who) == expected


async def test_a_user_expires_and_a_setting_is_taken_back(
    identity: ChimeSDKIdentityClient, chime: Chime, clock: ManualClock
) -> None:
    for user in (BEN, STRANGER):
        await identity.put_app_instance_user_expiration_settings(
            AppInstanceUserArn=user,
            ExpirationSettings={"ExpirationDays": 1, "ExpirationCriterion": "CREATED_TIMESTAMP"},
        )
    await identity.put_app_instance_user_expiration_settings(AppInstanceUserArn=STRANGER)
    clock.advance(DAY_S)

    assert chime.sweep() == Swept(channels=0, users=1, messages=0)
    assert BEN not in chime.members(ORDERS)
    assert (await identity.describe_app_instance_user(AppInstanceUserArn=STRANGER))["AppInstanceUser"]


async def test_messages_past_their_retention_are_swept(
    identity: ChimeSDKIdentityClient, chime: Chime, clock: ManualClock
) -> None:
    settings = {"ChannelRetentionSettings": {"RetentionDays": 3}}
    await identity.put_app_instance_retention_settings(
        AppInstanceArn=APP, AppInstanceRetentionSettings={"ChannelRetentionSettings": {"RetentionDays": 3}}
    )
    for text in ("old", "new"):
        chime.call("SendChannelMessage", a_message(text), bearer=ANNA)
        clock.advance(2 * DAY_S)

    found = await identity.get_app_instance_retention_settings(AppInstanceArn=APP)
    assert found["AppInstanceRetentionSettings"] == settings
    assert chime.sweep().messages == 1
    assert [message.content for message in chime.messages(ORDERS)] == ["new"]


def test_a_channel_is_trimmed_by_command(chime: Chime, clock: ManualClock) -> None:
    for text in ("old", "new"):
        chime.call("SendChannelMessage", a_message(text), bearer=ANNA)
        clock.advance(10)

    assert chime.trim(ORDERS, older_than_s=15) == 1
    assert [message.content for message in chime.messages(ORDERS)] == ["new"]
    assert chime.trim(ORDERS) == 1
    assert chime.messages(ORDERS) == []


def test_chimes_time_can_be_moved_alone(chime: Chime) -> None:
    chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)
    chime.skip(601)
    chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)

    first, second = (message.created_ms for message in chime.messages(ORDERS))
    assert second - first == 601_000
