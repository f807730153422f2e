"""
Chime's requests and answers: what is asked, and what an answer proves. It never calls anything.

An answer is untrusted: the SDK takes a cut-off, empty or foreign 2xx body for a success without members.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

from worker.contract.limits import MARKER_KEY
from worker.core.evidence import Listed, Page
from worker.core.replies import Cause, NoReply, NotNow, SendStatus, Sent, Status
from worker.ports import Outgoing

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging.type_defs import (
        CreateChannelMembershipRequestTypeDef,
        GetChannelMessageStatusRequestTypeDef,
        ListChannelMessagesRequestTypeDef,
        MessageAttributeValueTypeDef,
        PushNotificationConfigurationTypeDef,
        SendChannelMessageRequestTypeDef,
    )

PAGE_LIMIT = 50
"""The most messages Chime lists at once; a list costs a send, however long it is."""
STATUSES: tuple[SendStatus, ...] = get_args(SendStatus)


def send_request(outgoing: Outgoing) -> SendChannelMessageRequestTypeDef:
    """Build the parameters of SendChannelMessage; what the message does not have is left out."""
    message = outgoing.message
    request: SendChannelMessageRequestTypeDef = {
        "ChannelArn": outgoing.channel_arn,
        "ChimeBearer": outgoing.bearer_arn,
        "ClientRequestToken": outgoing.client_request_token,
        "Content": message.content,
        "Type": message.type,
        "Persistence": message.persistence,
    }
    if message.metadata is not None:
        request["Metadata"] = message.metadata
    if message.content_type is not None:
        request["ContentType"] = message.content_type
    if attributes := _attributes(outgoing):
        request["MessageAttributes"] = attributes
    if push := _push(outgoing):
        request["PushNotification"] = push
    if message.target_arn is not None:
        request["Target"] = [{"MemberArn": message.target_arn}]
    if message.sub_channel_id is not None:
        request["SubChannelId"] = message.sub_channel_id
    return request


def private_texts(outgoing: Outgoing) -> tuple[str, ...]:
    """Collect what may stand in no log and no error: all that the producer wrote, and the token."""
    message = outgoing.message
    push = (message.push.title, message.push.body) if message.push else ()
    values = (value for _, values in message.attributes for value in values)
    texts = (message.content, message.metadata, *push, *values, outgoing.client_request_token)
    return tuple(text for text in texts if text)


def list_request(
    channel_arn: str,
    *,
    bearer_arn: str,
    not_before: datetime | None,
    sub_channel_id: str | None,
    next_token: str | None,
) -> ListChannelMessagesRequestTypeDef:
    """Build the parameters of ListChannelMessages: a full page, newest first."""
    request: ListChannelMessagesRequestTypeDef = {
        "ChannelArn": channel_arn,
        "ChimeBearer": bearer_arn,
        "SortOrder": "DESCENDING",
        "MaxResults": PAGE_LIMIT,
    }
    if not_before is not None:
        request["NotBefore"] = not_before
    if sub_channel_id is not None:
        request["SubChannelId"] = sub_channel_id
    if next_token is not None:
        request["NextToken"] = next_token
    return request


def join_request(
    channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None
) -> CreateChannelMembershipRequestTypeDef:
    """Build the parameters of CreateChannelMembership: the bearer adds itself."""
    request: CreateChannelMembershipRequestTypeDef = {
        "ChannelArn": channel_arn,
        "ChimeBearer": bearer_arn,
        "MemberArn": bearer_arn,
        "Type": "DEFAULT",
    }
    if sub_channel_id is not None:
        request["SubChannelId"] = sub_channel_id
    return request


def sent_by(answer: Mapping[str, object], channel_arn: str) -> Sent | NoReply:
    """Read SendChannelMessage's answer: only a MessageId proves anything, and only in our channel."""
    if answer.get("ChannelArn", channel_arn) != channel_arn:
        return NoReply(Cause.BROKEN_REPLY, "the reply names another channel")
    match answer:
        case {"MessageId": str(message_id)} if message_id:
            return Sent(message_id, _status(answer))
        case _:
            return NoReply(Cause.BROKEN_REPLY, "a 2xx reply without a MessageId")


def page_of(answer: Mapping[str, object], channel_arn: str) -> Page | NotNow:
    """
    Read ListChannelMessages' answer.

    Absence is evidence, so a page that could be a cut-off one proves nothing: it must hold a list, or
    at least name our channel, and every message must be whole. Senders and attributes may be missing.
    """
    messages = answer.get("ChannelMessages", [] if answer.get("ChannelArn") == channel_arn else None)
    next_token = answer.get("NextToken")
    if (
        answer.get("ChannelArn", channel_arn) != channel_arn
        or not isinstance(messages, list)
        or not isinstance(next_token, str | None)
    ):
        return NotNow(Cause.BROKEN_REPLY, "a 2xx reply without a list of the channel's messages")
    listed = [one for one in map(_listed, messages) if one is not None]
    if len(listed) != len(messages):
        return NotNow(Cause.BROKEN_REPLY, "a list with a message that lacks its id or its time")
    return Page(tuple(listed), next_token or None)


def status_request(
    channel_arn: str, message_id: str, *, bearer_arn: str, sub_channel_id: str | None
) -> GetChannelMessageStatusRequestTypeDef:
    """Build the parameters of GetChannelMessageStatus."""
    request: GetChannelMessageStatusRequestTypeDef = {
        "ChannelArn": channel_arn,
        "MessageId": message_id,
        "ChimeBearer": bearer_arn,
    }
    if sub_channel_id is not None:
        request["SubChannelId"] = sub_channel_id
    return request


def status_told(answer: Mapping[str, object]) -> Status | NotNow:
    """Read GetChannelMessageStatus' answer: only a status that we know tells anything."""
    told = _within(answer, "Status", "Value")
    known = next((status for status in STATUSES if status == told), None)
    return NotNow(Cause.BROKEN_REPLY, "a 2xx reply without a status") if known is None else Status(known)


def _attributes(outgoing: Outgoing) -> dict[str, MessageAttributeValueTypeDef]:
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"StringValues": list(values)} for name, values in outgoing.message.attributes
    }
    if outgoing.marker is not None:
        attributes[MARKER_KEY] = {"StringValues": [outgoing.marker]}
    return attributes


def _push(outgoing: Outgoing) -> PushNotificationConfigurationTypeDef | None:
    push = outgoing.message.push
    if push is None:
        return None
    request: PushNotificationConfigurationTypeDef = {"Type": push.type}
    if push.title is not None:
        request["Title"] = push.title
    if push.body is not None:
        request["Body"] = push.body
    return request


def _status(answer: object) -> SendStatus:
    """Say SENT of a status we cannot read: the MessageId proves that the message was stored."""
    told = _within(answer, "Status", "Value")
    return next((status for status in STATUSES if status == told), "SENT")


def _listed(item: object) -> Listed | None:
    match item:
        case {"MessageId": str(message_id), "CreatedTimestamp": datetime() as created_at} if message_id:
            sender = _within(item, "Sender", "Arn")
            sender_arn = sender if isinstance(sender, str) else ""
            return Listed(
                message_id,
                sender_arn,
                created_at.astimezone(UTC),
                _markers(item),
                is_redacted=_within(item, "Redacted") is True,
                is_edited=_within(item, "LastEditedTimestamp") is not None,
                status=_status(item),
            )
        case _:
            return None


def _markers(item: object) -> tuple[str, ...]:
    values = _within(item, "MessageAttributes", MARKER_KEY, "StringValues")
    if not isinstance(values, list | tuple):
        return ()
    return tuple(value for value in values if isinstance(value, str))


def _within(value: object, *path: str) -> object:
    """Follow member names inwards; None where one is missing, or where its owner is no object."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
