"""Sending, listing, reading, editing, redacting and deleting messages. Sub-channels are not imitated."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, cast

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.clock import to_ms, to_ms_up
from worker.local.chime.errors import bad_request, conflict, forbidden, not_found
from worker.local.chime.message_log import Message
from worker.local.chime.pages import cut, resume_at
from worker.local.chime.processes import Process
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


def send_channel_message(store: Store, call: Call) -> Answer:
    """Store a message, or answer a repeated token as it was answered first."""
    channel = store.channel(call)
    if not may_send(channel.roles_of(call.bearer), store.switches.admin_sends):
        raise forbidden()
    target = _target_of(call, channel)
    first = store.tokens.first_answer(call, channel.arn, switches=store.switches)
    if first is not None:
        return first
    message = _new_message(store, call, channel, target=target)
    channel.messages.append(message)
    if message.status == "PENDING":
        _process(store, call, channel, proposed=message)
    answer = _stored(channel, message)
    return store.tokens.remembered(call, channel.arn, answer=answer)


def list_channel_messages(store: Store, call: Call) -> Answer:
    """One page of the persistent messages this bearer may see, newest first unless asked otherwise."""
    channel = store.channel(call)
    if not may_read(channel.roles_of(call.bearer), channel.privacy):
        raise forbidden()
    listed = _listed(store, call, channel)
    page, token = cut(listed, call, key=channel.messages.place_of, switches=store.switches)
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
    return {"Status": {"Value": "PENDING" if store.processes.of(message.message_id) else message.status}}


def update_channel_message(store: Store, call: Call) -> Answer:
    """Give a message new content and metadata; a channel flow sees them first, and others the old ones."""
    channel, message = _found(store, call)
    if not may_edit(channel.roles_of(call.bearer), _whose(message, call)) or message.state == "redacted":
        raise forbidden()
    _check_settled(store, message)
    edited = replace(
        message,
        content=call.text("Content"),
        metadata=call.maybe_text("Metadata"),
        content_type=call.maybe_text("ContentType"),
        edited_ms=call.now_ms,
        updated_ms=call.now_ms,
    )
    if not _is_for_flow(channel, message.type):
        channel.messages.replace(edited)
        return _stored(channel, edited)
    _process(store, call, channel, proposed=edited)
    return _stored(channel, replace(edited, status="PENDING"))


def redact_channel_message(store: Store, call: Call) -> Answer:
    """Blank a message's content and metadata; it stays in the channel."""
    channel, message = _found(store, call)
    if not may_redact(channel.roles_of(call.bearer), _whose(message, call)):
        raise forbidden()
    _check_settled(store, message)
    redacted = replace(message, content=None, metadata=None, state="redacted", updated_ms=call.now_ms)
    channel.messages.replace(redacted)
    return {"ChannelArn": channel.arn, "MessageId": message.message_id}


def delete_channel_message(store: Store, call: Call) -> Answer:
    """Remove a message for good."""
    channel, message = _found(store, call)
    roles, members = channel.roles_of(call.bearer), store.switches.member_deletes
    if not may_delete_message(roles, _whose(message, call), members=members):
        raise forbidden()
    channel.messages.remove(message.message_id)
    return {}


def last_listed_ms(store: Store, call: Call, channel: Channel) -> int | None:
    """When the last persistent message that this bearer may see was sent; None if there is none."""
    seen = (m for m in channel.messages.newest_first() if _visible(store, call, m))
    return next((m.created_ms for m in seen), None)


def _stored(channel: Channel, message: Message) -> Answer:
    return {
        "ChannelArn": channel.arn,
        "MessageId": message.message_id,
        "Status": {"Value": message.status},
    }


def _is_for_flow(channel: Channel, message_type: str | None) -> bool:
    """Whether a channel flow has a word: never on CONTROL messages."""
    return channel.flow is not None and message_type == "STANDARD"


def _process(store: Store, call: Call, channel: Channel, *, proposed: Message) -> None:
    """Hand a new message, or an edit of one, to the channel's flow."""
    if (flow := channel.flow) is not None:
        process = Process(
            callback_id=store.new_id(),
            channel_arn=channel.arn,
            log=channel.messages,
            proposed=proposed,
            treatment=flow.next_treatment(),
            fallback=flow.fallback,
            began_ms=call.now_ms,
        )
        store.processes.begin(process)


def _check_settled(store: Store, message: Message) -> None:
    """Refuse to change what a channel flow has in hand, or has failed: inferred, Amazon does not say."""
    if message.status != "SENT" or store.processes.of(message.message_id) is not None:
        raise conflict("The message is in the process of its channel flow, or was failed by it")


def _new_message(store: Store, call: Call, channel: Channel, *, target: str | None) -> Message:
    created_ms = channel.messages.next_created_ms(call.now_ms, store.switches.timestamps)
    return Message(
        message_id=store.new_id(),
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
        status="PENDING" if _is_for_flow(channel, call.maybe_text("Type")) else "SENT",
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
    first_ms, last_ms = _bounds(store, call)
    seen = resume_at(call, int)
    if call.params.get("SortOrder") == "ASCENDING":
        messages = channel.messages.oldest_first(first_ms, last_ms, after=seen)
    else:
        messages = channel.messages.newest_first(first_ms, last_ms, before=seen)
    return (message for message in messages if _visible(store, call, message))


def _bounds(store: Store, call: Call) -> tuple[int | None, int | None]:
    """The first and the last millisecond that NotBefore and NotAfter let in."""
    not_before, not_after = call.instant("NotBefore"), call.instant("NotAfter")
    if store.switches.time_bounds == "inclusive":
        first_ms = None if not_before is None else to_ms_up(not_before)
        return first_ms, None if not_after is None else to_ms(not_after)
    first_ms = None if not_before is None else to_ms(not_before) + 1
    return first_ms, None if not_after is None else to_ms_up(not_after) - 1


def _visible(store: Store, call: Call, message: Message) -> bool:
    return (
        message.persistence == "PERSISTENT"
        and may_see_targeted(call.bearer, message.sender_arn, message.target)
        and call.now_ms - message.stored_ms >= store.switches.list_lag_s * 1000
        and (message.status == "SENT" or _shows_unsent(store, call, message))
    )


def _shows_unsent(store: Store, call: Call, message: Message) -> bool:
    switches = store.switches
    readers = switches.pending_listed if message.status == "PENDING" else switches.failed_listed
    return readers == "sender" and message.sender_arn == call.bearer


def _found(store: Store, call: Call) -> tuple[Channel, Message]:
    channel = store.channel(call)
    message = channel.messages.get(call.text("MessageId"))
    if message is None or message.persistence != "PERSISTENT":
        raise not_found("The message does not exist")
    if message.status != "SENT" and message.sender_arn != call.bearer:
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
        Status={"Value": message.status},
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
