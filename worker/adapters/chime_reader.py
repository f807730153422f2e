"""
Reads Chime for people: channels, members, messages, page after page, as one bearer sees them.

It judges nothing (what the worker needs to see is in `chime`), and escapes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from worker.adapters.chime import verdict_of
from worker.adapters.chime_channel_shapes import channel_page_of, channels_request
from worker.adapters.chime_faults import look_reply
from worker.adapters.chime_shapes import PAGE_LIMIT, list_request, page_of
from worker.contract.targets import Privacy
from worker.core.replies import Cause, NotNow, Refused

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging import ChimeSDKMessagingClient
    from types_aiobotocore_chime_sdk_messaging.type_defs import (
        ChannelMessageSummaryTypeDef,
        ChannelSummaryTypeDef,
        ListChannelMembershipsRequestTypeDef,
    )

THROTTLED_WAITS_S = (1.0, 2.0, 4.0)
"""A 429 is waited out so many times, so long each; then it is a failure."""

MembershipType = Literal["DEFAULT", "HIDDEN"]
T = TypeVar("T")
Page = tuple[Sequence[T], str | None]
"""What a call listed, and where the list goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as Chime lists it."""

    arn: str
    name: str
    privacy: str
    mode: str
    last_message_at: datetime | None


@dataclass(frozen=True, slots=True)
class Member:
    """A user or bot of a channel."""

    arn: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as Chime lists it."""

    message_id: str
    created_at: datetime
    sender_name: str
    sender_arn: str
    type: str
    content: str | None = field(repr=False)
    """None if it was redacted, or a channel flow keeps it back."""
    is_redacted: bool
    edited_at: datetime | None
    status: str
    """SENT, or what a channel flow made of it."""


class CannotList(Exception):
    """Chime did not answer *operation*: *reply* says why, the text also of what and as whom it was asked."""

    def __init__(self, operation: str, reply: Refused | NotNow, *, of: str, bearer_arn: str) -> None:
        super().__init__(f"{operation} of {_short(of)} as {_short(bearer_arn)}: {reply.detail}")
        self.operation = operation
        self.reply = reply


@dataclass(frozen=True, slots=True, kw_only=True)
class ChimeReader:
    """
    What *bearer_arn* may list. Each call has *deadline_s*; between two of a list *pause_s* pass at least.

    All lists end: a NextToken that comes again is a fault. All raise CannotList.
    """

    client: ChimeSDKMessagingClient
    bearer_arn: str
    deadline_s: float
    pause_s: float

    def channels(self, app_instance_arn: str, privacy: Privacy) -> AsyncGenerator[Sequence[Channel], None]:
        """List an app instance's channels, in no order. Only an admin may list private ones."""

        async def page_after(token: str | None) -> Page[Channel] | NotNow:
            request = channels_request(
                app_instance_arn, bearer_arn=self.bearer_arn, privacy=privacy, next_token=token
            )
            answer = await self.client.list_channels(**request)
            if isinstance(checked := channel_page_of(answer), NotNow):
                return checked
            return [_channel(each) for each in answer["Channels"]], checked.next_token

        return self._pages("ListChannels", page_after, of=app_instance_arn)

    def members(self, channel_arn: str, membership: MembershipType) -> AsyncGenerator[Sequence[Member], None]:
        """List a channel's members of one type, in no order."""

        async def page_after(token: str | None) -> Page[Member] | NotNow:
            request: ListChannelMembershipsRequestTypeDef = {
                "ChannelArn": channel_arn,
                "ChimeBearer": self.bearer_arn,
                "Type": membership,
                "MaxResults": PAGE_LIMIT,
            }
            if token is not None:
                request["NextToken"] = token
            return _members_of(await self.client.list_channel_memberships(**request), channel_arn)

        return self._pages("ListChannelMemberships", page_after, of=channel_arn)

    def messages(self, channel_arn: str, *, since: datetime | None) -> AsyncGenerator[Sequence[Posted], None]:
        """List a channel's messages back to *since*, newest first."""

        async def page_after(token: str | None) -> Page[Posted] | NotNow:
            request = list_request(
                channel_arn,
                bearer_arn=self.bearer_arn,
                not_before=since,
                sub_channel_id=None,
                next_token=token,
            )
            answer = await self.client.list_channel_messages(**request)
            if isinstance(checked := page_of(answer, channel_arn), NotNow):
                return checked
            return [_posted(each) for each in answer.get("ChannelMessages", ())], checked.next_token

        return self._pages("ListChannelMessages", page_after, of=channel_arn)

    async def _pages(
        self, operation: str, page_after: Callable[[str | None], Awaitable[Page[T] | NotNow]], *, of: str
    ) -> AsyncGenerator[Sequence[T], None]:
        """Walk along a list to its end."""
        token: str | None = None
        seen: set[str] = set()
        while True:
            page = await self._answered(operation, page_after, token)
            if not isinstance(page, Refused | NotNow) and page[1] in seen:
                page = NotNow(Cause.BROKEN_REPLY, "the list does not come to an end")
            if isinstance(page, Refused | NotNow):
                raise CannotList(operation, page, of=of, bearer_arn=self.bearer_arn)
            items, token = page
            yield items
            if token is None:
                return
            seen.add(token)
            await asyncio.sleep(self.pause_s)

    async def _answered(
        self,
        operation: str,
        page_after: Callable[[str | None], Awaitable[Page[T] | NotNow]],
        token: str | None,
    ) -> Page[T] | Refused | NotNow:
        """Ask for one page, and again while that is throttled."""
        waits_s = iter(THROTTLED_WAITS_S)
        while True:
            reply: Page[T] | Refused | NotNow
            try:
                async with asyncio.timeout(self.deadline_s):
                    reply = await page_after(token)
            except Exception as error:  # every kind is told apart there
                reply = look_reply(verdict_of(error, operation))
            throttled = isinstance(reply, NotNow) and reply.cause is Cause.THROTTLED
            wait_s = next(waits_s, None) if throttled else None
            if wait_s is None:
                return reply
            await asyncio.sleep(max(wait_s, self.pause_s))


def _channel(channel: ChannelSummaryTypeDef) -> Channel:
    last_at = channel.get("LastMessageTimestamp")
    return Channel(
        arn=channel["ChannelArn"],
        name=channel["Name"],
        privacy=channel.get("Privacy", ""),
        mode=channel.get("Mode", ""),
        last_message_at=last_at and last_at.astimezone(UTC),
    )


def _members_of(answer: Mapping[str, object], channel_arn: str) -> Page[Member] | NotNow:
    members, next_token = answer.get("ChannelMemberships"), answer.get("NextToken")
    if (
        answer.get("ChannelArn", channel_arn) != channel_arn
        or not isinstance(members, list)
        or not isinstance(next_token, str | None)
    ):
        return NotNow(Cause.BROKEN_REPLY, "a 2xx reply without a list of the channel's members")
    listed = [one for one in map(_member, members) if one is not None]
    if len(listed) != len(members):
        return NotNow(Cause.BROKEN_REPLY, "a list with a member that lacks its ARN")
    return listed, next_token or None


def _member(item: object) -> Member | None:
    match item:
        case {"Member": {"Arn": str(arn), "Name": str(name)}}:
            return Member(arn, name)
        case {"Member": {"Arn": str(arn)}}:
            return Member(arn, "")
        case _:
            return None


def _posted(message: ChannelMessageSummaryTypeDef) -> Posted:
    sender = message.get("Sender", {})
    redacted = message.get("Redacted", False)
    edited_at = message.get("LastEditedTimestamp")
    return Posted(
        message_id=message["MessageId"],
        created_at=message["CreatedTimestamp"].astimezone(UTC),
        sender_name=sender.get("Name", ""),
        sender_arn=sender.get("Arn", ""),
        type=message.get("Type", "STANDARD"),
        content=None if redacted else message.get("Content"),
        is_redacted=redacted,
        edited_at=edited_at and edited_at.astimezone(UTC),
        status=message.get("Status", {}).get("Value", "SENT"),
    )


def _short(arn: str) -> str:
    """Name what an ARN names within its app instance: `channel/orders`."""
    return "/".join(arn.split("/")[-2:])
