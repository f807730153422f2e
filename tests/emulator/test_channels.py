"""Channels and their members: made, described, listed, left, removed."""

import pytest
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import (
    ADMIN,
    ANNA,
    APP,
    BEN,
    BOT,
    ORDERS,
    PRIVATE,
    STRANGER,
    ManualClock,
    a_message,
)
from worker.local.chime.state import Chime


async def test_the_creator_of_a_channel_is_its_member_and_moderator(
    messaging: ChimeSDKMessagingClient,
) -> None:
    created = await messaging.create_channel(
        AppInstanceArn=APP, Name="News", MemberArns=[BEN], ClientRequestToken="one", ChimeBearer=ANNA
    )

    arn = created["ChannelArn"]
    members = await messaging.list_channel_memberships(ChannelArn=arn, ChimeBearer=ANNA)
    moderators = await messaging.list_channel_moderators(ChannelArn=arn, ChimeBearer=ANNA)
    channel = (await messaging.describe_channel(ChannelArn=arn, ChimeBearer=ANNA))["Channel"]
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert [member["Member"]["Arn"] for member in members["ChannelMemberships"]] == [ANNA, BEN]
    assert [moderator["Moderator"]["Arn"] for moderator in moderators["ChannelModerators"]] == [ANNA]
    assert (channel["Privacy"], channel["Mode"], channel["CreatedBy"]["Arn"]) == (
        "PUBLIC",
        "UNRESTRICTED",
        ANNA,
    )


async def test_a_given_channel_id_makes_the_arn_and_meets_a_conflict_the_second_time(
    messaging: ChimeSDKMessagingClient,
) -> None:
    async def create(token: str) -> str:
        created = await messaging.create_channel(
            AppInstanceArn=APP, Name="News", ChannelId="news", ClientRequestToken=token, ChimeBearer=ANNA
        )
        return created["ChannelArn"]

    assert await create("one") == f"{APP}/channel/news"
    assert await create("one") == f"{APP}/channel/news"
    with pytest.raises(messaging.exceptions.ConflictException):
        await create("two")


async def test_a_new_member_is_named_in_the_answer_and_can_send_at_once(
    messaging: ChimeSDKMessagingClient, chime: Chime
) -> None:
    added = await messaging.create_channel_membership(
        ChannelArn=ORDERS, MemberArn=STRANGER, Type="DEFAULT", ChimeBearer=ANNA
    )
    membership = await messaging.describe_channel_membership(
        ChannelArn=ORDERS, MemberArn=STRANGER, ChimeBearer=ANNA
    )

    assert added["Member"] == {"Arn": STRANGER, "Name": "stranger"}
    assert membership["ChannelMembership"]["InvitedBy"]["Arn"] == ANNA
    assert chime.call("SendChannelMessage", a_message(), bearer=STRANGER)["ChannelArn"] == ORDERS
    with pytest.raises(messaging.exceptions.ConflictException):
        await messaging.create_channel_membership(
            ChannelArn=ORDERS, MemberArn=STRANGER, Type="DEFAULT", ChimeBearer=ANNA
        )


async def test_a_batch_adds_whom_it_can_and_names_the_rest(messaging: ChimeSDKMessagingClient) -> None:
    nobody = f"{APP}/user/nobody"
    answer = await messaging.batch_create_channel_membership(
        ChannelArn=ORDERS, MemberArns=[STRANGER, BEN, nobody], ChimeBearer=ADMIN
    )

    assert [member["Arn"] for member in answer["BatchChannelMemberships"]["Members"]] == [STRANGER]
    assert {error["MemberArn"]: error["ErrorCode"] for error in answer["Errors"]} == {
        BEN: "Conflict",
        nobody: "NotFound",
    }


async def test_a_member_leaves_and_is_found_no_more(messaging: ChimeSDKMessagingClient) -> None:
    left = await messaging.delete_channel_membership(ChannelArn=ORDERS, MemberArn=BEN, ChimeBearer=BEN)

    assert left["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(messaging.exceptions.NotFoundException):
        await messaging.describe_channel_membership(ChannelArn=ORDERS, MemberArn=BEN, ChimeBearer=ANNA)
    with pytest.raises(messaging.exceptions.ForbiddenException):
        await messaging.describe_channel_membership_for_app_instance_user(
            ChannelArn=ORDERS, AppInstanceUserArn=BEN, ChimeBearer=BEN
        )


async def test_public_channels_are_listed_for_all_private_ones_for_admins(
    messaging: ChimeSDKMessagingClient,
) -> None:
    public = await messaging.list_channels(AppInstanceArn=APP, ChimeBearer=STRANGER)
    private = await messaging.list_channels(AppInstanceArn=APP, Privacy="PRIVATE", ChimeBearer=ADMIN)

    assert [channel["ChannelArn"] for channel in public["Channels"]] == [ORDERS]
    assert [channel["ChannelArn"] for channel in private["Channels"]] == [PRIVATE]
    with pytest.raises(messaging.exceptions.ForbiddenException):
        await messaging.list_channels(AppInstanceArn=APP, Privacy="PRIVATE", ChimeBearer=ANNA)


async def test_ones_own_channels_are_listed_page_by_page(messaging: ChimeSDKMessagingClient) -> None:
    first = await messaging.list_channel_memberships_for_app_instance_user(ChimeBearer=BOT, MaxResults=1)
    second = await messaging.list_channel_memberships_for_app_instance_user(
        ChimeBearer=BOT, MaxResults=1, NextToken=first["NextToken"]
    )

    found = [page["ChannelMemberships"][0]["ChannelSummary"]["ChannelArn"] for page in (first, second)]
    assert found == sorted([ORDERS, PRIVATE])
    assert "NextToken" not in second


async def test_a_changed_channel_keeps_what_was_not_named(
    messaging: ChimeSDKMessagingClient, clock: ManualClock
) -> None:
    clock.advance(60)
    await messaging.update_channel(ChannelArn=ORDERS, Mode="RESTRICTED", ChimeBearer=ADMIN)

    channel = (await messaging.describe_channel(ChannelArn=ORDERS, ChimeBearer=ADMIN))["Channel"]
    assert (channel["Name"], channel["Mode"]) == ("Orders", "RESTRICTED")
    assert channel["LastUpdatedTimestamp"] > channel["CreatedTimestamp"]


async def test_a_deleted_channel_is_forbidden_like_one_that_never_was(
    messaging: ChimeSDKMessagingClient, chime: Chime
) -> None:
    await messaging.delete_channel(ChannelArn=ORDERS, ChimeBearer=ADMIN)

    assert chime.channels() == [PRIVATE]
    with pytest.raises(messaging.exceptions.ForbiddenException):
        await messaging.describe_channel(ChannelArn=ORDERS, ChimeBearer=ADMIN)
