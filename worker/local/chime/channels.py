"""Creating, describing, changing, deleting and listing channels. No elastic channels, tags or expiry yet."""

from typing import cast

from worker.local.chime.call import Answer, Call, app_instance_of, present
from worker.local.chime.errors import forbidden
from worker.local.chime.messages import last_listed_ms
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import AppInstance, Appointment, Channel, Membership
from worker.local.chime.roles import Mode, Privacy, may_manage, may_read
from worker.local.chime.store import Store, as_identity, timestamp


def create_channel(store: Store, call: Call) -> Answer:
    """Create a channel; its creator becomes member and moderator. A ChannelId that exists is a conflict."""
    app_instance = _own_app_instance(store, call)
    members = [app_instance.user(arn) for arn in call.texts("MemberArns")]
    moderators = [app_instance.user(arn) for arn in call.texts("ModeratorArns")]
    arn = store.tokens.first_answer(call, app_instance.arn, switches=store.switches)
    if arn is None:
        channel = _new_channel(store, call, app_instance)
        creator = app_instance.user(call.bearer)
        for user in (creator, *moderators, *members):
            channel.members.setdefault(user.arn, Membership(user, "DEFAULT", creator, call.now_ms))
        for user in (creator, *moderators):
            channel.moderators.setdefault(user.arn, Appointment(user, creator, call.now_ms))
        arn = channel.arn
        store.tokens.remember(call, app_instance.arn, answer=arn)
    return {"ChannelArn": arn}


def describe_channel(store: Store, call: Call) -> Answer:
    """A channel, whole."""
    channel = store.channel(call)
    if not may_read(channel.roles_of(call.bearer), channel.privacy):
        raise forbidden()
    whole = {
        **summary(store, call, channel),
        **present(
            CreatedBy=as_identity(channel.created_by),
            CreatedTimestamp=timestamp(channel.created_ms),
            LastUpdatedTimestamp=timestamp(channel.updated_ms),
        ),
    }
    return {"Channel": whole}


def update_channel(store: Store, call: Call) -> Answer:
    """Change a channel's name, mode or metadata; its privacy can never change."""
    channel = _managed(store, call)
    channel.name = call.maybe_text("Name") or channel.name
    channel.mode = cast(Mode, call.maybe_text("Mode") or channel.mode)
    channel.metadata = call.maybe_text("Metadata") or channel.metadata
    channel.updated_ms = call.now_ms
    return {"ChannelArn": channel.arn}


def delete_channel(store: Store, call: Call) -> Answer:
    """Remove a channel with all its messages."""
    del store.channels[_managed(store, call).arn]
    return {}


def list_channels(store: Store, call: Call) -> Answer:
    """The public channels of an app instance; for its admins the private ones too."""
    app_instance = _own_app_instance(store, call)
    asked = call.maybe_text("Privacy") or "PUBLIC"
    if asked == "PRIVATE" and call.bearer not in app_instance.admins:
        raise forbidden()
    found = (c for c in store.channels.values() if c.app_instance is app_instance and c.privacy == asked)
    page, token = page_by_key(found, call, key=lambda channel: channel.arn, switches=store.switches)
    return present(Channels=[summary(store, call, channel) for channel in page], NextToken=token)


def summary(store: Store, call: Call, channel: Channel) -> Answer:
    """A channel as lists show it."""
    return present(
        Name=channel.name,
        ChannelArn=channel.arn,
        Mode=channel.mode,
        Privacy=channel.privacy,
        Metadata=channel.metadata,
        LastMessageTimestamp=timestamp(last_listed_ms(store, call, channel)),
    )


def _own_app_instance(store: Store, call: Call) -> AppInstance:
    app_instance = store.app_instance(call)
    if app_instance_of(call.bearer) != app_instance.arn:
        raise forbidden()
    return app_instance


def _new_channel(store: Store, call: Call, app_instance: AppInstance) -> Channel:
    """Public and unrestricted unless the call says otherwise: the defaults are inferred, not documented."""
    return store.add_channel(
        f"{app_instance.arn}/channel/{call.maybe_text('ChannelId') or store.new_id()}",
        name=call.text("Name"),
        privacy=cast(Privacy, call.maybe_text("Privacy") or "PUBLIC"),
        mode=cast(Mode, call.maybe_text("Mode") or "UNRESTRICTED"),
        metadata=call.maybe_text("Metadata"),
        by=app_instance.user(call.bearer),
        now_ms=call.now_ms,
    )


def _managed(store: Store, call: Call) -> Channel:
    channel = store.channel(call)
    if not may_manage(channel.roles_of(call.bearer)):
        raise forbidden()
    return channel


SERVED = {
    "CreateChannel": create_channel,
    "DescribeChannel": describe_channel,
    "UpdateChannel": update_channel,
    "DeleteChannel": delete_channel,
    "ListChannels": list_channels,
}
