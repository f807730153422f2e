"""Every operation of both service models: served, or refused as not implemented by the emulator."""

import re
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from types_aiobotocore_chime_sdk_identity.client import ChimeSDKIdentityClient
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ADMIN, ANNA, APP
from worker.local.chime.model import SERVICES, operations, route
from worker.local.chime.state import SERVED, Chime

SAMPLES: Mapping[str, object] = {
    "ChannelArn": f"{APP}/channel/c",
    "ChimeBearer": ADMIN,
    "MaxResults": 50,
    "structure": {},
    "integer": 1,
    "boolean": True,
    "list": [],
}


async def test_every_operation_of_both_services_is_served_or_says_that_it_is_not(
    chime: Chime,
    messaging: ChimeSDKMessagingClient,
    identity: ChimeSDKIdentityClient,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A stock client calls each with the least it may send; 501 comes exactly where nothing is served."""
    answered = {}
    for client in (messaging, identity):
        for method in client.meta.method_to_api_mapping:
            operation = client.meta.method_to_api_mapping[method]
            answered[operation] = await _status(client, method, operation)

    unserved = {operation for operation, status in answered.items() if status == 501}
    with capsys.disabled():
        sys.stdout.write(f"\nserved: {' '.join(sorted(SERVED))}\n501: {' '.join(sorted(unserved))}\n")
    assert set(operations()) == set(answered)
    assert set(SERVED) == set(answered) - unserved


async def test_an_operation_that_is_not_served_says_so_by_name(messaging: ChimeSDKMessagingClient) -> None:
    with pytest.raises(ClientError, match="ListSubChannels is not implemented by the emulator") as refused:
        await messaging.list_sub_channels(ChannelArn=f"{APP}/channel/orders", ChimeBearer=ANNA)

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_every_route_of_the_models_leads_back_to_its_operation() -> None:
    for operation in operations().values():
        path = "/" + "/".join(re.sub(r"\{\w+\}", "arn%3Aa%2Fb", segment) for segment in operation.path)
        found = route(operation.method, path, dict([operation.literal] if operation.literal else []))

        assert found is not None, operation.name
        assert found.operation.name == operation.name
        assert set(found.path_params.values()) <= {"arn:a/b"}


def test_the_two_services_share_nothing_but_the_tag_operations() -> None:
    names = [set(Loader().load_service_model(service, "service-2")["operations"]) for service in SERVICES]

    assert names[0] & names[1] == {"TagResource", "UntagResource", "ListTagsForResource"}


async def _status(client: Any, method: str, operation: str) -> object:
    shape = client.meta.service_model.operation_model(operation).input_shape
    params = {name: _sample(name, shape.members[name]) for name in shape.required_members} if shape else {}
    try:
        answer = await getattr(client, method)(**params)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def _sample(name: str, shape: Any) -> object:
    """The least that the SDK lets through for a required member."""
    if shape.type_name == "structure":
        return {each: _sample(each, shape.members[each]) for each in shape.required_members}
    if shape.type_name == "list":
        return [_sample(name, shape.member)]
    if shape.type_name == "string":
        return SAMPLES.get(name, shape.enum[0] if shape.enum else f"{APP}/user/x")
    return SAMPLES[shape.type_name]
