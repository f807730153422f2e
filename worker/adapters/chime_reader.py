"""Reads a channel's messages for people. It judges nothing: what the worker needs to see is in `chime`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from worker.adapters.chime import verdict_of
from worker.adapters.chime_faults import look_reply
from worker.adapters.chime_shapes import list_request, page_of
from worker.core.replies import NotNow, Refused

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging import ChimeSDKMessagingClient
    from types_aiobotocore_chime_sdk_messaging.type_defs import ChannelMessageSummaryTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as Chime lists it. Nothing in it is escaped."""

    message_id: str
    created_at: datetime
    sender_name: str
    sender_arn: str
    type: str
    content: str | None = field(repr=False)
    """None if it was redacted, or a channel flow keeps it back."""
    is_redacted: bool
    is_edited: bool
    status: str
    """SENT, or what a channel flow made of it."""


class CannotList(Exception):
    """Chime did not list the channel: *reply* says why."""

    def __init__(self, reply: Refused | NotNow) -> None:
        super().__init__(reply.detail)
        self.reply = reply


async def newest_first(
    client: ChimeSDKMessagingClient,
    channel_arn: str,
    *,
    bearer_arn: str,
    since: datetime | None,
    deadline_s: float,
) -> AsyncIterator[Posted]:
    """List a channel back to *since*, page after page as they are asked for. Raise CannotList."""
    next_token: str | None = None
    while True:
        request = list_request(
            channel_arn, bearer_arn=bearer_arn, not_before=since, sub_channel_id=None, next_token=next_token
        )
        try:
            async with asyncio.timeout(deadline_s):
                page = await client.list_channel_messages(**request)
        except Exception as error:  # every kind is told apart there
            raise CannotList(look_reply(verdict_of(error, "ListChannelMessages"))) from None
        if isinstance(checked := page_of(page, channel_arn), NotNow):
            raise CannotList(checked)
        for message in page.get("ChannelMessages", ()):
            yield _posted(message)
        next_token = page.get("NextToken")
        if not next_token:
            return


def _posted(message: ChannelMessageSummaryTypeDef) -> Posted:
    sender = message.get("Sender", {})
    redacted = message.get("Redacted", False)
    return Posted(
        message_id=message["MessageId"],
        created_at=message["CreatedTimestamp"].astimezone(UTC),
        sender_name=sender.get("Name", ""),
        sender_arn=sender.get("Arn", ""),
        type=message.get("Type", "STANDARD"),
        content=None if redacted else message.get("Content"),
        is_redacted=redacted,
        is_edited="LastEditedTimestamp" in message,
        status=message.get("Status", {}).get("Value", "SENT"),
    )
