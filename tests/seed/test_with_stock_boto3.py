"""Every step of the seed document with stock boto3: what Amazon's own client does, the emulator answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.exceptions import ClientError

from tests.seed.account import APP_INSTANCE, BACKEND_WORKER, REGION, iam_example
from worker.local.chime.iam import policy_of
from worker.local.chime.server import Emulator, emulator

SOMEBODY = f"{APP_INSTANCE}/user/somebody"
AS_WORKER = {"ChimeBearer": BACKEND_WORKER}
AS_SOMEBODY = {"ChimeBearer": SOMEBODY}
HELLO = {"Content": "hello world", "Type": "STANDARD", "Persistence": "PERSISTENT"}


class Caller:
    """Amazon's SDK for Python; a call is made in a thread, since it blocks."""

    def __init__(self, endpoint_url: str) -> None:
        session = boto3.Session(region_name=REGION)
        self._clients = [
            session.client(name, endpoint_url=endpoint_url)
            for name in ("chime-sdk-messaging", "chime-sdk-identity")
        ]

    async def __call__(self, operation: str, **params: object) -> dict[str, Any]:
        call: Callable[..., dict[str, Any]] = next(
            getattr(client, operation) for client in self._clients if hasattr(client, operation)
        )
        return await asyncio.to_thread(call, **params)


@pytest.fixture
async def chime() -> AsyncIterator[Emulator]:
    """A Chime with the app instance of the seed and nobody in it."""
    async with emulator() as running:
        running.chime.add_app_instance(APP_INSTANCE)
        yield running


@pytest.fixture
async def aws(chime: Emulator) -> Caller:
    """The SDK in the hand of a backend service whose user is created and promoted."""
    aws = Caller(chime.url)
    name = {"AppInstanceUserId": "backend_worker", "Name": "backend_worker"}
    await aws("create_app_instance_user", AppInstanceArn=APP_INSTANCE, ClientRequestToken="once", **name)
    await aws("create_app_instance_admin", AppInstanceAdminArn=BACKEND_WORKER, AppInstanceArn=APP_INSTANCE)
    return aws


async def first_channel(aws: Caller) -> str:
    answer = await aws(
        "create_channel",
        AppInstanceArn=APP_INSTANCE,
        Name="firstChannel",
        ClientRequestToken="once",
        **AS_WORKER,
    )
    return str(answer["ChannelArn"])


async def contents(aws: Caller, **who_and_where: str) -> list[str]:
    listed = await aws("list_channel_messages", **who_and_where)
    return [message["Content"] for message in listed["ChannelMessages"]]


async def test_a_user_that_represents_the_backend_is_created_and_promoted(aws: Caller) -> None:
    user = await aws("describe_app_instance_user", AppInstanceUserArn=BACKEND_WORKER)
    admins = await aws("list_app_instance_admins", AppInstanceArn=APP_INSTANCE)

    assert "backend_worker" == user["AppInstanceUser"]["Name"]
    assert [BACKEND_WORKER] == [each["Admin"]["Arn"] for each in admins["AppInstanceAdmins"]]


async def test_a_channel_gets_an_arn_in_the_form_that_the_document_shows(aws: Caller) -> None:
    arn = await first_channel(aws)

    assert arn.startswith(f"{APP_INSTANCE}/channel/")


async def test_messages_are_sent_and_listed_newest_first(aws: Caller) -> None:
    arn = await first_channel(aws)
    for n, content in enumerate(("hello world", "hello again")):
        message = HELLO | {"Content": content, "ClientRequestToken": f"token-{n}"}
        await aws("send_channel_message", ChannelArn=arn, **message, **AS_WORKER)

    assert ["hello again", "hello world"] == await contents(aws, ChannelArn=arn, **AS_WORKER)


async def test_every_action_of_the_iam_example_works_under_it(aws: Caller, chime: Emulator) -> None:
    chime.chime.add_user(SOMEBODY)
    chime.chime.policy = policy_of(iam_example())

    arn = await first_channel(aws)
    member = {"ChannelArn": arn, "MemberArn": SOMEBODY} | AS_WORKER
    await aws("send_channel_message", ChannelArn=arn, ClientRequestToken="once", **HELLO, **AS_WORKER)
    await aws("create_channel_membership", Type="DEFAULT", **member)
    members = await aws("list_channel_memberships", ChannelArn=arn, **AS_WORKER)
    channels = await aws("list_channels", AppInstanceArn=APP_INSTANCE, **AS_WORKER)
    assert ["hello world"] == await contents(aws, ChannelArn=arn, **AS_WORKER)
    await aws("delete_channel_membership", **member)
    await aws("delete_channel", ChannelArn=arn, **AS_WORKER)

    assert {BACKEND_WORKER, SOMEBODY} == {each["Member"]["Arn"] for each in members["ChannelMemberships"]}
    assert ["firstChannel"] == [each["Name"] for each in channels["Channels"]]
    assert [] == chime.chime.channels()


async def test_iam_wants_the_arn_that_matches_the_bearer(aws: Caller, chime: Emulator) -> None:
    arn = await first_channel(aws)
    send = {"ChannelArn": arn, "ClientRequestToken": "once"} | HELLO | AS_WORKER

    chime.chime.policy = policy_of(iam_example(SOMEBODY))
    with pytest.raises(ClientError, match="AccessDenied"):
        await aws("send_channel_message", **send)
    chime.chime.policy = policy_of(iam_example(f"{APP_INSTANCE}/user/*"))  # for the people who use the app
    await aws("send_channel_message", **send)

    assert ["hello world"] == await contents(aws, ChannelArn=arn, **AS_WORKER)


async def test_whatever_iam_allows_a_user_sends_only_in_channels_to_which_it_belongs(
    aws: Caller, chime: Emulator
) -> None:
    chime.chime.add_user(SOMEBODY)
    chime.chime.policy = policy_of(iam_example(f"{APP_INSTANCE}/user/*"))
    arn = await first_channel(aws)
    send = {"ChannelArn": arn, "ClientRequestToken": "once"} | HELLO | AS_SOMEBODY

    with pytest.raises(ClientError, match="Forbidden"):
        await aws("send_channel_message", **send)
    await aws("create_channel_membership", ChannelArn=arn, MemberArn=SOMEBODY, Type="DEFAULT", **AS_WORKER)
    await aws("send_channel_message", **send)

    assert ["hello world"] == await contents(aws, ChannelArn=arn, **AS_SOMEBODY)


async def test_an_admin_has_permissions_to_all_channels(aws: Caller, chime: Emulator) -> None:
    chime.chime.add_user(SOMEBODY)
    private = f"{APP_INSTANCE}/channel/private"
    chime.chime.add_channel(private, privacy="PRIVATE")

    with pytest.raises(ClientError, match="Forbidden"):
        await contents(aws, ChannelArn=private, **AS_SOMEBODY)
    assert [] == await contents(aws, ChannelArn=private, **AS_WORKER)
