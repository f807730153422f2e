"""The table of refusals is complete, and reads every form in which they come."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import aiohttp
import botocore.session
import pytest
from aiohttp.client_reqrep import ConnectionKey
from botocore import exceptions as sdk

from worker.adapters.chime import verdict_of
from worker.adapters.chime_faults import BY_CODE, Refusal, Verdict, send_reply, verdict_on
from worker.contract.reasons import Reason
from worker.core.replies import Cause, NoReply, NotNow, Refused

CALLED = (
    "SendChannelMessage",
    "ListChannelMessages",
    "CreateChannelMembership",
    "CreateChannel",
    "DescribeChannel",
    "ListChannels",
)
URL = "https://messaging-chime.us-east-1.amazonaws.com"
KEY = ConnectionKey(
    "127.0.0.1", 443, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)
OS_ERROR = OSError(111, "refused")


def modelled_errors() -> Iterator[tuple[str, str, int]]:
    model = botocore.session.get_session().get_service_model("chime-sdk-messaging")
    for operation in CALLED:
        for shape in model.operation_model(operation).error_shapes:
            yield operation, shape.name, shape.metadata["error"]["httpStatusCode"]


@pytest.mark.parametrize(("operation", "code", "status"), list(modelled_errors()))
def test_every_modelled_error_of_every_call_is_in_the_table(operation: str, code: str, status: int) -> None:
    long_form, short_form = (
        code.removesuffix("Exception"),
        code.removesuffix("Exception").removesuffix("Client"),
    )

    for form in (long_form, short_form):
        row = BY_CODE[form]
        assert not row.statuses or status in row.statuses


@pytest.mark.parametrize(
    ("code", "status", "reply"),
    [
        ("BadRequestException", 400, Refused),
        ("BadRequestException", 403, NoReply),
        ("Forbidden", 403, Refused),
        ("Forbidden", 404, NoReply),
        ("NotFound", 404, Refused),
        ("404", 404, NoReply),
        ("", 403, NoReply),
        ("Conflict", 409, NoReply),
        ("Unauthorized", 401, NotNow),
        ("Throttled", 503, NotNow),
        ("ExpiredToken", 503, NoReply),
        ("", 0, NoReply),
    ],
)
def test_a_code_counts_only_with_a_status_it_comes_with(
    code: str, status: int, reply: type[Refused | NoReply | NotNow]
) -> None:
    assert isinstance(send_reply(verdict_on(Refusal(code=code, status=status, message=""))), reply)


@pytest.mark.parametrize(
    ("code", "status", "message", "means"),
    [
        (
            "Forbidden",
            403,
            "An invalid app instance user ARN was supplied for the input parameter.",
            Reason.BEARER_INVALID,
        ),
        (
            "BadRequest",
            400,
            "An invalid app instance user ARN was supplied for the x-amz-chime-bearer HTTP header.",
            Reason.BEARER_INVALID,
        ),
        (
            "BadRequest",
            400,
            "Channel Messages size limit exceeded. Content max 4096, Metadata max 1024",
            Reason.CONTENT_TOO_LARGE,
        ),
        ("BadRequest", 400, "The size of your patience is too large", Reason.BAD_REQUEST),
        ("Forbidden", 403, "AWS authorization failed", Cause.ACCESS_DENIED),
        ("Throttled", 429, "AWS authorization failed", Cause.THROTTLED),
    ],
)
def test_words_seen_in_the_field_tell_one_meaning_from_another(
    code: str, status: int, message: str, means: Reason | Cause
) -> None:
    assert means is verdict_on(Refusal(code=code, status=status, message=message)).means


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (
            sdk.EndpointConnectionError(
                endpoint_url=URL, error=aiohttp.ClientConnectorDNSError(KEY, OS_ERROR)
            ),
            "made",
        ),
        (
            sdk.EndpointConnectionError(endpoint_url=URL, error=aiohttp.ClientConnectorError(KEY, OS_ERROR)),
            "made",
        ),
        (sdk.EndpointConnectionError(endpoint_url=URL, error=aiohttp.ClientOSError(104, "reset")), "lost"),
        (sdk.EndpointConnectionError(endpoint_url=URL), "lost"),
        (sdk.ConnectTimeoutError(endpoint_url=URL, error=aiohttp.ConnectionTimeoutError()), "made"),
        (sdk.ConnectTimeoutError(endpoint_url=URL), "lost"),
        (
            sdk.SSLError(endpoint_url=URL, error=aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError("x"))),
            "made",
        ),
        (
            sdk.ProxyConnectionError(proxy_url="p", error=aiohttp.ClientProxyConnectionError(KEY, OS_ERROR)),
            "made",
        ),
        (sdk.ConnectionClosedError(endpoint_url=URL, error=aiohttp.ServerDisconnectedError()), "lost"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_only_a_connection_that_was_never_made_sent_nothing(error: Exception, cause: str) -> None:
    reply = send_reply(verdict_of(error, "SendChannelMessage"))

    if cause == "made":
        assert NotNow(Cause.NO_CONNECTION, type(error).__name__) == reply
    else:
        assert NoReply(Cause.UNAVAILABLE, type(error).__name__) == reply


@pytest.mark.parametrize(
    "error",
    [
        sdk.NoCredentialsError(),
        sdk.PartialCredentialsError(provider="env", cred_var="x"),
        sdk.CredentialRetrievalError(provider="container-role", error_msg="secret text"),
        sdk.TokenRetrievalError(provider="sso", error_msg="secret text"),
        sdk.UnauthorizedSSOTokenError(),
        sdk.ClientError({"Error": {"Code": "InvalidIdentityToken", "Message": "secret text"}}, "AssumeRole"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_without_credentials_nothing_was_sent(error: Exception) -> None:
    reply = send_reply(verdict_of(error, "SendChannelMessage"))

    assert NotNow(Cause.CREDENTIALS, type(error).__name__) == reply


@pytest.mark.parametrize("error", [RuntimeError("secret text"), KeyError("secret text"), RecursionError()])
def test_an_error_that_nobody_foresaw_is_no_reply_and_its_text_stays_inside(error: Exception) -> None:
    assert Verdict(Cause.BROKEN_REPLY, type(error).__name__) == verdict_of(error, "SendChannelMessage")


def test_what_the_sdk_refuses_to_send_is_refused() -> None:
    error = sdk.ParamValidationError(report="Invalid length for parameter Content, value: secret text")

    assert Refused(Reason.BAD_REQUEST, "SendChannelMessage: ParamValidationError") == send_reply(
        verdict_of(error, "SendChannelMessage")
    )
