"""
Chime as the worker's Channels: one SDK attempt a call, one deadline, and a reply for whatever happens.

It never raises anything but CancelledError, never retries, and never takes a call for a success that is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import aiohttp
from botocore import xform_name
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from worker.adapters.chime_calls import ChimeCalls
from worker.adapters.chime_faults import Refusal, Verdict, verdict_on
from worker.contract.reasons import Reason
from worker.core.replies import Cause

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging import ChimeSDKMessagingClient

NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
"""
What aiohttp raises only while it connects (name, address, TLS, a proxy's CONNECT): nothing was sent yet.

botocore's own classes do not prove that: EndpointConnectionError also comes when the peer resets the
connection after it stored the message.
"""


class ChimeChannels(ChimeCalls):
    """The Channels of a real worker. *deadline_s* bounds each call, whatever it waits for."""

    def __init__(self, client: ChimeSDKMessagingClient, *, deadline_s: float) -> None:
        self._client = client
        self._deadline_s = deadline_s

    async def _answer(
        self, operation: str, request: Mapping[str, object], *, private: Sequence[str] = ()
    ) -> Mapping[str, object] | Verdict:
        call = getattr(self._client, xform_name(operation))
        try:
            async with asyncio.timeout(self._deadline_s):
                answer: Mapping[str, object] = await call(**request)
        except Exception as error:
            return verdict_of(error, operation, private=private)
        return answer


def verdict_of(error: Exception, operation: str, *, private: Sequence[str] = ()) -> Verdict:
    """Judge whatever a call of the SDK raised. Its own texts quote parameters, so only its class is told."""
    if isinstance(error, ClientError) and error.operation_name == operation:
        return verdict_on(_refusal(error), private=private)
    return Verdict(_meaning_of(error), type(error).__name__)


def _meaning_of(error: Exception) -> Reason | Cause:
    """Say what it means that there was no answer: only a connection that was never made proves anything."""
    match error:
        case (
            ClientError()  # the answer to another call: STS or SSO refused us credentials
            | NoCredentialsError()
            | PartialCredentialsError()
            | CredentialRetrievalError()
            | TokenRetrievalError()
            | UnauthorizedSSOTokenError()
        ):
            return Cause.CREDENTIALS
        case ParamValidationError():  # the SDK refuses the request before sending it, and always will
            return Reason.BAD_REQUEST
        case EndpointConnectionError() | SSLError() | ProxyConnectionError() | ConnectTimeoutError():
            never = isinstance(error.kwargs.get("error"), NEVER_CONNECTED)
            return Cause.NO_CONNECTION if never else Cause.UNAVAILABLE
        case TimeoutError() | ReadTimeoutError():
            return Cause.TIMEOUT
        case ConnectionClosedError():
            return Cause.UNAVAILABLE
        case _:
            return Cause.BROKEN_REPLY


def _refusal(error: ClientError) -> Refusal:
    told = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    return Refusal(
        code=str(told.get("Code", "")),
        status=int(metadata.get("HTTPStatusCode", 0)),
        message=str(told.get("Message", "")),
        request_id=metadata.get("RequestId"),
    )
