"""Bots as bearers and members, and tags on whatever has an ARN."""

import pytest
from types_aiobotocore_chime_sdk_identity.client import ChimeSDKIdentityClient
from types_aiobotocore_chime_sdk_identity.type_defs import ConfigurationTypeDef
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ADMIN, ANNA, APP, BOT, ORDERS, a_message, outcome
from worker.local.chime.state import Chime

LEX: ConfigurationTypeDef = {
    "Lex": {
        "LexBotAliasArn": "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST",
        "LocaleId": "en_US",
    }
}


async def test_a_bot_is_made_once_per_token_joins_and_sends(
    identity: ChimeSDKIdentityClient, chime: Chime
) -> None:
    made = await _bot(identity)
    again = await _bot(identity)

    described = (await identity.describe_app_instance_bot(AppInstanceBotArn=made))["AppInstanceBot"]
    listed = await identity.list_app_instance_bots(AppInstanceArn=APP)
    assert made == again
    assert made.startswith(f"{APP}/bot/")
    assert (described["Name"], described["Configuration"]) == ("Robo", LEX)
    assert {bot["AppInstanceBotArn"] for bot in listed["AppInstanceBots"]} == {BOT, made}
    join = {"ChannelArn": ORDERS, "MemberArn": made, "Type": "DEFAULT"}
    assert outcome(chime, "CreateChannelMembership", join, bearer=ADMIN) == "ok"
    assert outcome(chime, "SendChannelMessage", a_message(), bearer=made) == "ok"


async def test_a_bot_is_renamed_and_deleted(identity: ChimeSDKIdentityClient, chime: Chime) -> None:
    bot = await _bot(identity)
    await identity.update_app_instance_bot(AppInstanceBotArn=bot, Name="Robi", Metadata="m")

    described = (await identity.describe_app_instance_bot(AppInstanceBotArn=bot))["AppInstanceBot"]
    assert (described["Name"], described["Metadata"]) == ("Robi", "m")
    await identity.delete_app_instance_bot(AppInstanceBotArn=bot)
    with pytest.raises(identity.exceptions.NotFoundException):
        await identity.describe_app_instance_bot(AppInstanceBotArn=bot)
    assert outcome(chime, "ListChannelMessages", {"ChannelArn": ORDERS}, bearer=bot) == "ForbiddenException"


async def test_a_user_is_renamed_and_its_old_messages_keep_the_old_name(
    identity: ChimeSDKIdentityClient, chime: Chime
) -> None:
    chime.call("SendChannelMessage", a_message("a"), bearer=ANNA)
    await identity.update_app_instance_user(AppInstanceUserArn=ANNA, Name="Anne", Metadata="")
    chime.call("SendChannelMessage", a_message("b"), bearer=ANNA)

    assert [message.sender_name for message in chime.messages(ORDERS)] == ["anna", "Anne"]


async def test_tags_are_kept_replaced_and_taken_off(
    identity: ChimeSDKIdentityClient, messaging: ChimeSDKMessagingClient
) -> None:
    created = await messaging.create_channel(
        AppInstanceArn=APP,
        Name="News",
        ChannelId="news",
        ClientRequestToken="one",
        Tags=[{"Key": "team", "Value": "a"}],
        ChimeBearer=ANNA,
    )
    arn = created["ChannelArn"]
    await identity.tag_resource(
        ResourceARN=arn, Tags=[{"Key": "team", "Value": "b"}, {"Key": "x", "Value": "y"}]
    )
    await messaging.untag_resource(ResourceARN=arn, TagKeys=["x", "never there"])

    tags = await messaging.list_tags_for_resource(ResourceARN=arn)
    assert tags["Tags"] == [{"Key": "team", "Value": "b"}]
    await messaging.delete_channel(ChannelArn=arn, ChimeBearer=ANNA)
    with pytest.raises(messaging.exceptions.ForbiddenException):
        await messaging.list_tags_for_resource(ResourceARN=arn)
    await messaging.create_channel(
        AppInstanceArn=APP, Name="News", ChannelId="news", ClientRequestToken="two", ChimeBearer=ANNA
    )
    assert (await messaging.list_tags_for_resource(ResourceARN=arn))["Tags"] == []


async def test_a_resource_has_fifty_tags_at_most(messaging: ChimeSDKMessagingClient) -> None:
    await messaging.tag_resource(ResourceARN=ORDERS, Tags=[{"Key": f"{n}", "Value": "v"} for n in range(50)])

    with pytest.raises(messaging.exceptions.ResourceLimitExceededException):
        await messaging.tag_resource(ResourceARN=ORDERS, Tags=[{"Key": "one more", "Value": "v"}])


async def _bot(identity: ChimeSDKIdentityClient) -> str:
    made = await identity.create_app_instance_bot(
        AppInstanceArn=APP, Name="Robo", Configuration=LEX, ClientRequestToken="one"
    )
    return made["AppInstanceBotArn"]
