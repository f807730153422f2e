"""Sending, listing, reading, editing, redacting and deleting messages. No flows and no sub-channels yet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, cast

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.clock import to_ms, to_ms_up
from worker.local.chime.errors import bad_request, forbidden, not_found
from worker.local.chime.message_log import Message
from worker.local.chime.pages import cut, resume_at
from worker.local.chime.records import Channel
from worker.local.chime.roles import (
    may_delete_message,
    may_edit,
    may_read,
    may_redact,
    may_see_targeted,
    may_send,
)
from worker.local.chime.store import Store, timestamp

_SENT: Answer = {"Value": "SENT"}


def send_channel_message(store: Store, call: Call) -> Answer:
    """Store a message, or answer a repeated token with the first MessageId."""
    channel = store.channel(call)
    if not may_send(channel.roles_of(call.bearer)):
        raise forbidden()
    target = _target_of(call, channel)
    message_id = store.tokens.first_answer(call, channel.arn, switches=store.switches)
    if message_id is None:
        message_id = store.new_id()
        channel.messages.append(_new_message(call, channel, message_id=message_id, target=target))
        store.tokens.remember(call, channel.arn, answer=message_id)
    return {"ChannelArn": channel.arn, "MessageId": message_id, "Status": dict(_SENT)}


def list_channel_messages(store: Store, call: Call) -> Answer:
    """One page of the persistent messages this bearer may see, newest first unless asked otherwise."""
    channel = store.channel(call)
    if not may_read(channel.roles_of(call.bearer), channel.privacy):
        raise forbidden()
    page, token = cut(
        _listed(store, call, channel), call, key=lambda message: message.created_ms, switches=store.switches
    )
    return present(ChannelArn=channel.arn, ChannelMessages=[_summary(m) for m in page], NextToken=token)


def get_channel_message(store: Store, call: Call) -> Answer:
    """One message, whole."""
    channel, message = _readable(store, call)
    whole = {**_summary(message), "ChannelArn": channel.arn, "Persistence": message.persistence}
    return {"ChannelMessage": whole}


def get_channel_message_status(store: Store, call: Call) -> Answer:
    """The status of a message, for its sender alone."""
    _, message = _readable(store, call)
    if message.sender_arn != call.bearer:
        raise forbidden()
    return {"Status": dict(_SENT)}


def update_channel_message(store: Store, call: Call) -> Answer:
    """Give a message new content and metadata; the old ones are gone."""
    channel, message = _found(store, call)
    if not may_edit(channel.roles_of(call.bearer), _whose(message, call)) or message.state == "redacted":
        raise forbidden()
    edited = replace(
        message,
        content=call.text("Content"),
        metadata=call.maybe_text("Metadata"),
        content_type=call.maybe_text("ContentType"),
        edited_ms=call.now_ms,
        updated_ms=call.now_ms,
    )
    channel.messages.replace(edited)
    return {"ChannelArn": channel.arn, "MessageId": message.message_id, "Status": dict(_SENT)}


def redact_channel_message(store: Store, call: Call) -> Answer:
    """Blank a message's content and metadata; it stays in the channel."""
    channel, message = _found(store, call)
    if not may_redact(channel.roles_of(call.bearer), _whose(message, call)):
        raise forbidden()
    redacted = replace(message, content=None, metadata=None, state="redacted", updated_ms=call.now_ms)
    channel.messages.replace(redacted)
    return {"ChannelArn": channel.arn, "MessageId": message.message_id}


def delete_channel_message(store: Store, call: Call) -> Answer:
    """Remove a message for good."""
    channel, message = _found(store, call)
    if not may_delete_message(channel.roles_of(call.bearer)):
        raise forbidden()
    channel.messages.remove(message.message_id)
    return {}


def last_listed_ms(store: Store, call: Call, channel: Channel) -> int | None:
    """When the last persistent message that this bearer may see was sent; None if there is none."""
    seen = (m for m in channel.messages.newest_first() if _visible(store, call, m))
    return next((m.created_ms for m in seen), None)


def _new_message(call: Call, channel: Channel, *, message_id: str, target: str | None) -> Message:
    created_ms = channel.messages.next_created_ms(call.now_ms)
    return Message(
        message_id=message_id,
        sender_arn=call.bearer,
        sender_name=channel.app_instance.users[call.bearer].name,
        type=call.text("Type"),
        persistence=call.text("Persistence"),
        content=call.text("Content"),
        metadata=call.maybe_text("Metadata"),
        content_type=call.maybe_text("ContentType"),
        attributes=cast("dict[str, object] | None", call.params.get("MessageAttributes")),
        target=target,
        stored_ms=call.now_ms,
        created_ms=created_ms,
        updated_ms=created_ms,
    )


def _target_of(call: Call, channel: Channel) -> str | None:
    targets = cast("Sequence[dict[str, str]] | None", call.params.get("Target"))
    if not targets:
        return None
    target = targets[0].get("MemberArn")
    if target not in channel.members:
        raise bad_request("Target must be a member of the channel")
    return target


def _listed(store: Store, call: Call, channel: Channel) -> Iterator[Message]:
    """What the list would show from where the last page ended; lazily, for only one page is read."""
    not_before, not_after = call.instant("NotBefore"), call.instant("NotAfter")
    first_ms = None if not_before is None else to_ms_up(not_before)
    last_ms = None if not_after is None else to_ms(not_after)
    seen_ms = cast("int | None", resume_at(call))
    if call.params.get("SortOrder") == "ASCENDING":
        start_ms = first_ms if seen_ms is None else seen_ms + 1
        messages = channel.messages.oldest_first(start_ms, last_ms)
    else:
        end_ms = last_ms if seen_ms is None else seen_ms - 1
        messages = channel.messages.newest_first(first_ms, end_ms)
    return (message for message in messages if _visible(store, call, message))


def _visible(store: Store, call: Call, message: Message) -> bool:
    return (
        message.persistence == "PERSISTENT"
        and may_see_targeted(call.bearer, message.sender_arn, message.target)
        and call.now_ms - message.stored_ms >= store.switches.list_lag_s * 1000
    )


def _found(store: Store, call: Call) -> tuple[Channel, Message]:
    channel = store.channel(call)
    message = channel.messages.get(call.text("MessageId"))
    if message is None or message.persistence != "PERSISTENT":
        raise not_found("The message does not exist")
    return channel, message


def _readable(store: Store, call: Call) -> tuple[Channel, Message]:
    channel, message = _found(store, call)
    if not may_read(channel.roles_of(call.bearer), channel.privacy):
        raise forbidden()
    if not may_see_targeted(call.bearer, message.sender_arn, message.target):
        raise not_found("The message does not exist")
    return channel, message


def _whose(message: Message, call: Call) -> Literal["own", "other"]:
    return "own" if message.sender_arn == call.bearer else "other"


def _summary(message: Message) -> Answer:
    return present(
        MessageId=message.message_id,
        Content=message.content,
        Metadata=message.metadata,
        Type=message.type,
        CreatedTimestamp=timestamp(message.created_ms),
        LastUpdatedTimestamp=timestamp(message.updated_ms),
        LastEditedTimestamp=timestamp(message.edited_ms),
        Sender={"Arn": message.sender_arn, "Name": message.sender_name},
        Redacted=message.state == "redacted",
        Status=dict(_SENT),
        MessageAttributes=message.attributes,
        ContentType=message.content_type,
        Target=None if message.target is None else [{"MemberArn": message.target}],
    )


SERVED = {
    "SendChannelMessage": send_channel_message,
    "ListChannelMessages": list_channel_messages,
    "GetChannelMessage": get_channel_message,
    "GetChannelMessageStatus": get_channel_message_status,
    "UpdateChannelMessage": update_channel_message,
    "RedactChannelMessage": redact_channel_message,
    "DeleteChannelMessage": delete_channel_message,
}
