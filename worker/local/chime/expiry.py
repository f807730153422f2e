"""What vanishes with time: expiration and retention settings, and Chime's sweep after them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.errors import forbidden
from worker.local.chime.records import Channel, Expiration, User
from worker.local.chime.roles import may_manage
from worker.local.chime.store import Store

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Swept:
    """How much a sweep removed."""

    channels: int
    users: int
    messages: int


def put_channel_expiration_settings(store: Store, call: Call) -> Answer:
    """Set or clear when a channel goes; a call without a bearer is guarded by IAM alone."""
    channel = store.channel(call) if call.bearer else store.channel_at(call.text("ChannelArn"))
    if call.bearer and not may_manage(channel.roles_of(call.bearer)):
        raise forbidden()
    channel.expiration = expiration_in(call)
    return present(ChannelArn=channel.arn, ExpirationSettings=channel.expiration)


def put_app_instance_user_expiration_settings(store: Store, call: Call) -> Answer:
    """Set or clear when a user goes."""
    arn = call.text("AppInstanceUserArn")
    user = store.owner_of(arn).user(arn)
    user.expiration = expiration_in(call)
    return present(AppInstanceUserArn=arn, ExpirationSettings=user.expiration)


def put_app_instance_retention_settings(store: Store, call: Call) -> Answer:
    """Set or clear for how many days an app instance keeps its messages."""
    app_instance = store.app_instance(call)
    settings = cast("dict[str, dict[str, int]]", call.params["AppInstanceRetentionSettings"])
    app_instance.retention_days = (settings.get("ChannelRetentionSettings") or {}).get("RetentionDays")
    return get_app_instance_retention_settings(store, call)


def get_app_instance_retention_settings(store: Store, call: Call) -> Answer:
    """For how many days an app instance keeps its messages; nothing if for ever."""
    days = store.app_instance(call).retention_days
    settings = {} if days is None else {"ChannelRetentionSettings": {"RetentionDays": days}}
    return {"AppInstanceRetentionSettings": settings}


def expiration_in(call: Call) -> Expiration | None:
    """The ExpirationSettings of a call."""
    return cast("Expiration | None", call.params.get("ExpirationSettings"))


def sweep(store: Store, now_ms: int) -> Swept:
    """Remove the channels and users that have expired, and the messages that are past their retention."""
    channels = [channel for channel in store.channels.values() if _expires_ms(channel) <= now_ms]
    for channel in channels:
        store.remove_channel(channel)
    messages = sum(
        trim(store.channels_of(each), before_ms=now_ms - each.retention_days * DAY_MS)
        for each in store.app_instances.values()
        if each.retention_days is not None
    )
    users = [user for user in store.users() if _gone_ms(user) <= now_ms]
    for user in users:
        store.remove_user(user)
    return Swept(channels=len(channels), users=len(users), messages=messages)


def trim(channels: Iterable[Channel], *, before_ms: int) -> int:
    """Remove the messages that were created before that instant, and say how many there were."""
    return sum(channel.messages.trim(before_ms) for channel in channels)


def _expires_ms(channel: Channel) -> float:
    if channel.expiration is None:
        return float("inf")
    since_ms = channel.created_ms
    if channel.expiration["ExpirationCriterion"] == "LAST_MESSAGE_TIMESTAMP":
        newest = next(channel.messages.newest_first(), None)
        since_ms = since_ms if newest is None else newest.created_ms
    return since_ms + channel.expiration["ExpirationDays"] * DAY_MS


def _gone_ms(user: User) -> float:
    if user.expiration is None:
        return float("inf")
    return user.created_ms + user.expiration["ExpirationDays"] * DAY_MS


SERVED = {
    "PutChannelExpirationSettings": put_channel_expiration_settings,
    "PutAppInstanceUserExpirationSettings": put_app_instance_user_expiration_settings,
    "PutAppInstanceRetentionSettings": put_app_instance_retention_settings,
    "GetAppInstanceRetentionSettings": get_app_instance_retention_settings,
}
