"""The bytes: status, error carrier, request id, signature, numbers for timestamps, percent-encoded ARNs."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from botocore.exceptions import ClientError
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ANNA, ORDERS, STRANGER, a_message
from worker.local.chime.server import Emulator
from worker.local.chime.state import Chime

MESSAGES = f"/channels/{quote(ORDERS, safe='')}/messages"
BEARER = {"x-amz-chime-bearer": ANNA}
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260301/us-east-1/chime/aws4_request,"
    " SignedHeaders=host;x-amz-chime-bearer;x-amz-date, Signature=00"
}


@pytest.fixture
async def http(served: Emulator) -> AsyncIterator[ClientSession]:
    async with ClientSession(served.url, headers={**BEARER, **SIGNED}) as session:
        yield session


async def test_an_error_names_its_shape_in_a_header_and_its_short_code_in_the_body(
    http: ClientSession,
) -> None:
    async with http.post(MESSAGES, json={}) as answer:
        assert answer.status == 400
        assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"
        assert answer.headers["x-amzn-RequestId"]
        assert await answer.json() == {"Code": "BadRequest", "Message": "Content must not be null"}


async def test_without_the_header_a_client_sees_the_short_code(
    chime: Chime, messaging: ChimeSDKMessagingClient
) -> None:
    chime.switches = replace(chime.switches, error_header="omitted")

    with pytest.raises(ClientError) as refused:
        await messaging.list_channel_messages(ChannelArn=f"{ORDERS}-2", ChimeBearer=STRANGER)

    assert type(refused.value) is ClientError
    assert refused.value.response["Error"]["Code"] == "Forbidden"


async def test_timestamps_are_numbers_with_milliseconds(http: ClientSession, chime: Chime) -> None:
    chime.call("SendChannelMessage", a_message(), bearer=ANNA)

    async with http.get(MESSAGES) as answer:
        [message] = (await answer.json())["ChannelMessages"]
    assert message["CreatedTimestamp"] == 1772366400.123


@pytest.mark.parametrize("query", ["max-results=many", "not-before=yesterday", "max-results=0"])
async def test_a_query_of_the_wrong_type_is_a_bad_request(http: ClientSession, query: str) -> None:
    async with http.get(f"{MESSAGES}?{query}") as answer:
        assert answer.status == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"text"'])
async def test_a_body_that_is_no_json_object_is_a_bad_request(http: ClientSession, body: bytes) -> None:
    async with http.post(MESSAGES, data=body) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("path", ["/", "/channels/x/y/z", "/channels?scope=nonsense"])
async def test_a_route_of_neither_service_is_unknown(http: ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert answer.status == 404
        assert answer.headers["x-amzn-ErrorType"] == "UnknownOperationException"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer abc",
        SIGNED["Authorization"].replace("/chime/", "/sqs/"),
        SIGNED["Authorization"].replace(";x-amz-chime-bearer", ""),
        SIGNED["Authorization"].replace(" Signature=00", ""),
    ],
)
async def test_a_request_must_look_signed_for_chime_unless_the_switch_says_otherwise(
    http: ClientSession, chime: Chime, authorization: str
) -> None:
    async with http.get(MESSAGES, headers={"Authorization": authorization}) as answer:
        assert answer.status == 401
    chime.switches = replace(chime.switches, signatures="ignored")
    async with http.get(MESSAGES, headers={"Authorization": authorization}) as answer:
        assert answer.status == 200
