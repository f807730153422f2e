"""
Chime as the worker's Channels: one SDK attempt a call, one deadline, and a reply for whatever happens.

It never raises anything but CancelledError, never retries, and never takes a call for a success that is none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
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

from worker.adapters.chime_changes import Asked, change_call, changed_by, look_call, seen_by
from worker.adapters.chime_channel_shapes import (
    channel_page_of,
    channels_request,
    create_request,
    created_by,
    described_by,
    private_texts_of,
)
from worker.adapters.chime_faults import (
    Refusal,
    Verdict,
    create_reply,
    join_reply,
    look_reply,
    send_reply,
    verdict_on,
)
from worker.adapters.chime_shapes import (
    join_request,
    list_request,
    page_of,
    private_texts,
    send_request,
    sent_by,
    status_request,
    status_told,
)
from worker.contract.reasons import Reason
from worker.core.directory import ChannelPage
from worker.core.evidence import Page
from worker.core.replies import (
    Cause,
    ChangeLook,
    ChangeReply,
    Joined,
    JoinReply,
    NotNow,
    Refused,
    ResolveReply,
    SendReply,
    StatusReply,
)
from worker.ports import Change, NewChannel, Outgoing

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging import ChimeSDKMessagingClient

    from worker.contract.targets import Privacy

NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
"""
What aiohttp raises only while it connects (name, address, TLS, a proxy's CONNECT): nothing was sent yet.

botocore's own classes do not prove that: EndpointConnectionError also comes when the peer resets the
connection after it stored the message.
"""


class ChimeChannels:
    """The Channels of a real worker. *deadline_s* bounds each call, whatever it waits for."""

    def __init__(self, client: ChimeSDKMessagingClient, *, deadline_s: float) -> None:
        self._client = client
        self._deadline_s = deadline_s

    async def send(self, outgoing: Outgoing) -> SendReply:
        """Send one message."""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._client.send_channel_message(**send_request(outgoing))
        except Exception as error:
            return send_reply(verdict_of(error, "SendChannelMessage", private=private_texts(outgoing)))
        return sent_by(answer, outgoing.channel_arn)

    async def change(self, change: Change) -> ChangeReply:
        """Make one part of a change; that it was made already is success."""
        return changed_by(change, await self._answer(change_call(change)))

    async def look_at(self, change: Change) -> ChangeLook:
        """Look whether that part of a change has been made."""
        return seen_by(change, await self._answer(look_call(change)))

    async def list_messages(
        self,
        channel_arn: str,
        *,
        bearer_arn: str,
        not_before: datetime | None,
        sub_channel_id: str | None = None,
        next_token: str | None = None,
    ) -> Page | Refused | NotNow:
        """List a page of messages, newest first."""
        request = list_request(
            channel_arn,
            bearer_arn=bearer_arn,
            not_before=not_before,
            sub_channel_id=sub_channel_id,
            next_token=next_token,
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._client.list_channel_messages(**request)
        except Exception as error:
            return look_reply(verdict_of(error, "ListChannelMessages"))
        return page_of(answer, channel_arn)

    async def message_status(
        self, channel_arn: str, message_id: str, *, bearer_arn: str, sub_channel_id: str | None
    ) -> StatusReply:
        """Ask what a channel flow made of a message of the bearer's own."""
        request = status_request(
            channel_arn, message_id, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._client.get_channel_message_status(**request)
        except Exception as error:
            return look_reply(verdict_of(error, "GetChannelMessageStatus"))
        return status_told(answer)

    async def join(self, channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None) -> JoinReply:
        """Add the bearer to the channel; being a member already is success."""
        request = join_request(channel_arn, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id)
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._client.create_channel_membership(**request)
        except Exception as error:
            return join_reply(verdict_of(error, "CreateChannelMembership"))
        return Joined()

    async def create_channel(self, new: NewChannel) -> ResolveReply:
        """Make a channel; that there is one with this id already is success."""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._client.create_channel(**create_request(new))
        except Exception as error:
            verdict = verdict_of(error, "CreateChannel", private=private_texts_of(new))
            return create_reply(verdict, new.channel_arn)
        return created_by(answer, new.channel_arn)

    async def describe_channel(self, channel_arn: str, *, bearer_arn: str) -> ResolveReply:
        """Ask whether a channel is there."""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._client.describe_channel(ChannelArn=channel_arn, ChimeBearer=bearer_arn)
        except Exception as error:
            return look_reply(verdict_of(error, "DescribeChannel"))
        return described_by(answer, channel_arn)

    async def list_channels(
        self, app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None = None
    ) -> ChannelPage | Refused | NotNow:
        """List a page of an app instance's channels, in no order."""
        request = channels_request(
            app_instance_arn, bearer_arn=bearer_arn, privacy=privacy, next_token=next_token
        )
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._client.list_channels(**request)
        except Exception as error:
            return look_reply(verdict_of(error, "ListChannels"))
        return channel_page_of(answer)

    async def _answer(self, asked: Asked) -> Mapping[str, object] | Verdict:
        call = getattr(self._client, xform_name(asked.operation))
        try:
            async with asyncio.timeout(self._deadline_s):
                answer: Mapping[str, object] = await call(**asked.params)
        except Exception as error:
            return verdict_of(error, asked.operation, private=asked.private)
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
