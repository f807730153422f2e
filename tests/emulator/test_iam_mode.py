"""IAM in the emulator: what a policy document allows, and on which ARNs a call is authorised."""

from __future__ import annotations

import json

import pytest
from aiohttp import ClientSession
from botocore.exceptions import ClientError
from types_aiobotocore_chime_sdk_identity.client import ChimeSDKIdentityClient
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ADMIN, ANNA, APP, BEN, BOT, FLOW, ORDERS, PRIVATE, a_message, outcome
from tests.support.service_authorization import authorised_kinds
from worker.local.chime.call import Params
from worker.local.chime.iam import authorised_on, policy_of
from worker.local.chime.model import operations
from worker.local.chime.server import Emulator
from worker.local.chime.state import SERVED, Chime

SEND = "chime:SendChannelMessage"
DENIED = "AccessDeniedException"


def a_policy(*statements: tuple[str, object, object]) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": effect, "Action": actions, "Resource": resources}
            for effect, actions, resources in statements
        ],
    }


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([("Allow", SEND, [ANNA, ORDERS])], "ok"),
        ([("Allow", [SEND], [f"{APP}/user/*", f"{APP}/channel/*"])], "ok"),
        ([("Allow", SEND, f"{APP}/user/*"), ("Allow", SEND, f"{APP}/channel/order?")], "ok"),
        ([("Allow", "chime:Send*", "*")], "ok"),
        ([("Allow", "CHIME:sendchannelmessage", "*")], "ok"),
        ([("Allow", SEND, ANNA)], DENIED),
        ([("Allow", SEND, ORDERS)], DENIED),
        ([("Allow", SEND, [ANNA, PRIVATE])], DENIED),
        ([("Allow", SEND, [BEN, ORDERS])], DENIED),
        ([("Allow", "chime:ListChannelMessages", "*")], DENIED),
        ([("Allow", SEND, [ANNA.upper(), ORDERS])], DENIED),
        ([("Allow", SEND, [ANNA[:-1], ORDERS])], DENIED),
        ([("Allow", SEND[:-1], [ANNA, ORDERS])], DENIED),
        ([("Allow", "*", "*"), ("Deny", "chime:*", ORDERS)], DENIED),
        ([("Allow", SEND, f"{APP}/user/anna*extra")], DENIED),
        ([], DENIED),
    ],
)
def test_a_call_must_be_allowed_on_its_bearer_and_its_channel(
    chime: Chime, statements: list[tuple[str, object, object]], expected: str
) -> None:
    chime.policy = policy_of(a_policy(*statements))

    assert expected == outcome(chime, "SendChannelMessage", a_message(), bearer=ANNA)


def test_what_is_denied_leaves_no_trace(chime: Chime) -> None:
    chime.policy = policy_of(a_policy())

    outcome(chime, "SendChannelMessage", a_message(), bearer=ANNA)

    assert chime.messages(ORDERS) == []
    assert (chime.calls.latest[-1].operation, chime.calls.latest[-1].status) == ("SendChannelMessage", 403)


def test_who_may_not_is_told_nothing_of_what_is_there(chime: Chime) -> None:
    """IAM answers before Chime looks: at the bearer, at the channel, at the message."""
    chime.policy = policy_of(a_policy())

    nonsense = {"ChannelArn": f"{APP}/channel/none"}
    assert DENIED == outcome(chime, "SendChannelMessage", nonsense, bearer=f"{APP}/user/nobody")


@pytest.mark.parametrize("expires", [False, True])
def test_a_channel_that_expires_takes_an_action_more(chime: Chime, expires: bool) -> None:
    settings = {"ExpirationDays": 3, "ExpirationCriterion": "CREATED_TIMESTAMP"}
    new = {"AppInstanceArn": APP, "Name": "New", "ClientRequestToken": "one"}
    chime.policy = policy_of(a_policy(("Allow", "chime:CreateChannel", ADMIN)))

    met = outcome(
        chime, "CreateChannel", {**new, **({"ExpirationSettings": settings} if expires else {})}, bearer=ADMIN
    )

    assert (DENIED if expires else "ok") == met


def test_without_a_policy_everything_is_allowed_and_a_reset_forgets_it(chime: Chime) -> None:
    chime.policy = policy_of(a_policy())

    chime.reset()

    assert chime.policy is None


async def test_a_policy_is_put_and_dropped_over_http(
    served: Emulator, messaging: ChimeSDKMessagingClient, identity: ChimeSDKIdentityClient
) -> None:
    listed = {"ChannelArn": ORDERS, "ChimeBearer": ANNA}
    only_bens = json.dumps(a_policy(("Allow", "chime:*", [BEN, ORDERS])))
    async with ClientSession(f"{served.url}/_emulator/") as http:
        async with http.put("policy", data=only_bens) as put:
            assert put.status == 204
        with pytest.raises(ClientError) as denied:
            await messaging.list_channel_messages(**listed)  # type: ignore[arg-type]
        with pytest.raises(ClientError) as denied_too:
            await identity.describe_app_instance(AppInstanceArn=APP)
        async with http.delete("policy") as dropped:
            assert dropped.status == 204
        await messaging.list_channel_messages(**listed)  # type: ignore[arg-type]

    assert denied.value.response["Error"]["Code"] == denied_too.value.response["Error"]["Code"] == DENIED
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b"{}",
        b"nonsense",
        b'{"Statement": "all"}',
        b'{"Statement": {"Effect": "Allow", "Action": "*"}}',
        b'{"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}',
        b'{"Statement": {"Effect": "Allow", "Action": [], "Resource": "*"}}',
        b'{"Statement": {"Effect": "Allow", "Action": [7], "Resource": "*"}}',
        b'{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {}}}',
        b'{"Statement": {"Effect": "Allow", "NotAction": "a", "Action": "*", "Resource": "*"}}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_policy_or_would_be_half_understood_is_refused(
    served: Emulator, chime: Chime, document: bytes
) -> None:
    async with (
        ClientSession(f"{served.url}/_emulator/") as http,
        http.put("policy", data=document) as answer,
    ):
        assert answer.status == 400
    assert chime.policy is None


OTHERS = {
    # Authorised on whole kinds of things, not on those that a parameter names.
    "ListAppInstanceAdmins",
    "ListAppInstanceBots",
    "ListAppInstanceUsers",
    "ListAppInstances",
    "ListChannelFlows",
    # The reference itself is at odds with its other rows.
    "DeleteChannelFlow",
    "PutChannelExpirationSettings",
    # On whatever is tagged, much of it not Chime messaging's.
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
}


@pytest.mark.parametrize("name", sorted(set(SERVED) - OTHERS))
def test_calls_are_authorised_on_what_amazons_reference_says(name: str) -> None:
    operation = operations()[name]
    arns = {
        "AppInstanceArn": APP,
        "AppInstanceUserArn": ANNA,
        "AppInstanceBotArn": BOT,
        "AppInstanceAdminArn": ADMIN,
        "ChannelArn": ORDERS,
        "ChannelFlowArn": FLOW,
    }
    params: Params = {member.name: arns[member.name] for member in operation.members if member.name in arns}

    named = authorised_on(name, params, bearer=ANNA if operation.bearer != "none" else "")
    assert authorised_kinds(name) == {_kind(arn) for arn in named if arn != "*"}


def _kind(arn: str) -> str:
    match arn.removeprefix(APP).split("/"):
        case ["", "user" | "bot", _]:
            return "bearer"
        case ["", "channel", _]:
            return "channel"
        case ["", "channel-flow", _]:
            return "channel flow"
        case _:
            return "app instance"
