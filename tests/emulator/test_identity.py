"""App instances, users and admins through a stock identity client: what a bootstrap needs."""

import pytest
from types_aiobotocore_chime_sdk_identity.client import ChimeSDKIdentityClient

from tests.emulator.people import ADMIN, ANNA, APP, BOT


async def test_an_app_instance_is_made_once_per_token_and_found_again(
    identity: ChimeSDKIdentityClient,
) -> None:
    made = await identity.create_app_instance(Name="new", ClientRequestToken="one")
    again = await identity.create_app_instance(Name="new", ClientRequestToken="one")
    listed = await identity.list_app_instances()
    described = await identity.describe_app_instance(AppInstanceArn=made["AppInstanceArn"])

    assert made["AppInstanceArn"] == again["AppInstanceArn"]
    assert {each["AppInstanceArn"] for each in listed["AppInstances"]} == {APP, made["AppInstanceArn"]}
    assert described["AppInstance"]["Name"] == "new"


async def test_a_users_arn_ends_in_its_id_and_an_id_is_taken_once(identity: ChimeSDKIdentityClient) -> None:
    made = await identity.create_app_instance_user(
        AppInstanceArn=APP, AppInstanceUserId="backend_worker", Name="Worker", ClientRequestToken="one"
    )
    described = await identity.describe_app_instance_user(AppInstanceUserArn=made["AppInstanceUserArn"])

    assert made["AppInstanceUserArn"] == f"{APP}/user/backend_worker"
    assert described["AppInstanceUser"]["Name"] == "Worker"
    with pytest.raises(identity.exceptions.ConflictException):
        await identity.create_app_instance_user(
            AppInstanceArn=APP, AppInstanceUserId="backend_worker", Name="Worker", ClientRequestToken="two"
        )


async def test_users_are_listed_without_the_bots(identity: ChimeSDKIdentityClient) -> None:
    listed = await identity.list_app_instance_users(AppInstanceArn=APP, MaxResults=50)

    arns = {user["AppInstanceUserArn"] for user in listed["AppInstanceUsers"]}
    assert ANNA in arns
    assert BOT not in arns


async def test_a_user_is_promoted_once_and_demoted_again(identity: ChimeSDKIdentityClient) -> None:
    promoted = await identity.create_app_instance_admin(AppInstanceArn=APP, AppInstanceAdminArn=ANNA)
    listed = await identity.list_app_instance_admins(AppInstanceArn=APP)

    assert promoted["AppInstanceAdmin"] == {"Arn": ANNA, "Name": "anna"}
    assert [each["Admin"]["Arn"] for each in listed["AppInstanceAdmins"]] == [ADMIN, ANNA]
    with pytest.raises(identity.exceptions.ConflictException):
        await identity.create_app_instance_admin(AppInstanceArn=APP, AppInstanceAdminArn=ANNA)
    await identity.delete_app_instance_admin(AppInstanceArn=APP, AppInstanceAdminArn=ANNA)
    with pytest.raises(identity.exceptions.ForbiddenException):
        await identity.describe_app_instance_admin(AppInstanceArn=APP, AppInstanceAdminArn=ANNA)


async def test_nobody_is_created_by_being_named(identity: ChimeSDKIdentityClient) -> None:
    nobody = f"{APP}/user/nobody"

    with pytest.raises(identity.exceptions.ForbiddenException):
        await identity.describe_app_instance_user(AppInstanceUserArn=nobody)
    with pytest.raises(identity.exceptions.ForbiddenException):
        await identity.create_app_instance_admin(AppInstanceArn=APP, AppInstanceAdminArn=nobody)
    with pytest.raises(identity.exceptions.ForbiddenException):
        await identity.describe_app_instance(AppInstanceArn=f"{APP}-2")
