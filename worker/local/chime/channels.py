"""Creating, describing, changing, deleting and listing channels. Elastic channels are not imitated."""

from typing import cast

from worker.local.chime.call import Answer, Call, app_instance_of, present
from worker.local.chime.errors import forbidden, not_found, refusal
from worker.local.chime.expiry import expiration_in
from worker.local.chime.messages import last_listed_ms
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import AppInstance, Appointment, Channel, Face, Membership
from worker.local.chime.roles import Mode, Privacy, may_describe, may_manage
from worker.local.chime.store import Store, as_identity, timestamp


def create_channel(store: Store, call: Call) -> Answer:
    """Create a channel; its creator becomes member and moderator. A ChannelId that exists is a conflict."""
    app_instance = _own_app_instance(store, call)
    if call.params.get("ElasticChannelConfiguration"):
        raise refusal("NotImplementedException", "Elastic channels are not implemented by the emulator")
    members = [app_instance.user(arn) for arn in call.texts("MemberArns")]
    moderators = [app_instance.user(arn) for arn in call.texts("ModeratorArns")]
    first = store.tokens.first_answer(call, app_instance.arn, switches=store.switches)
    if first is not None:
        return first
    channel = _new_channel(store, call, app_instance)
    creator = app_instance.user(call.bearer)
    for user in (creator, *moderators, *members):
        channel.members.setdefault(user.arn, Membership(user, "DEFAULT", creator, call.now_ms))
    for user in (creator, *moderators):
        channel.moderators.setdefault(user.arn, Appointment(user, creator, call.now_ms))
    return store.tokens.remembered(call, app_instance.arn, answer={"ChannelArn": channel.arn})


def describe_channel(store: Store, call: Call) -> Answer:
    """A channel, whole."""
    channel = store.channel(call)
    members = store.switches.member_describes
    if not may_describe(channel.roles_of(call.bearer), channel.privacy, members):
        raise forbidden()
    face = _seen_face(store, call, channel)
    if face is None:
        raise not_found("The channel does not exist")
    details = present(
        CreatedBy=as_identity(channel.created_by),
        CreatedTimestamp=timestamp(channel.created_ms),
        LastUpdatedTimestamp=timestamp(face.since_ms),
        ChannelFlowArn=None if channel.flow is None else channel.flow.arn,
        ExpirationSettings=channel.expiration,
    )
    return {"Channel": {**summary(store, call, channel), **details}}


def update_channel(store: Store, call: Call) -> Answer:
    """Change a channel's name, mode or metadata; its privacy can never change."""
    channel = _managed(store, call)
    name = call.maybe_text("Name") or channel.face.name
    mode = cast(Mode, call.maybe_text("Mode") or channel.face.mode)
    metadata = call.maybe_text("Metadata") or channel.face.metadata
    channel.faces.append(Face(name, mode, metadata, call.now_ms))
    return {"ChannelArn": channel.arn}


def delete_channel(store: Store, call: Call) -> Answer:
    """Remove a channel with all its messages."""
    store.remove_channel(_managed(store, call))
    return {}


def list_channels(store: Store, call: Call) -> Answer:
    """The public channels of an app instance; for its admins the private ones too."""
    app_instance = _own_app_instance(store, call)
    asked = call.maybe_text("Privacy") or "PUBLIC"
    if asked == "PRIVATE" and call.bearer not in app_instance.admins:
        raise forbidden()
    channels = store.channels_of(app_instance)
    found = (c for c in channels if c.privacy == asked and is_described(store, call, c))
    page, token = page_by_key(found, call, key=lambda channel: channel.arn, switches=store.switches)
    return present(Channels=[summary(store, call, channel) for channel in page], NextToken=token)


def summary(store: Store, call: Call, channel: Channel) -> Answer:
    """A channel as lists show it."""
    last_ms = last_listed_ms(store, call, channel)
    return {**face_of(store, call, channel), **present(LastMessageTimestamp=timestamp(last_ms))}


def face_of(store: Store, call: Call, channel: Channel) -> Answer:
    """A channel without its messages."""
    face = _seen_face(store, call, channel) or channel.faces[0]
    return present(
        Name=face.name,
        ChannelArn=channel.arn,
        Mode=face.mode,
        Privacy=channel.privacy,
        Metadata=face.metadata,
    )


def is_described(store: Store, call: Call, channel: Channel) -> bool:
    """Whether descriptions and lists of channels know the channel yet."""
    return _seen_face(store, call, channel) is not None


def _seen_face(store: Store, call: Call, channel: Channel) -> Face | None:
    return channel.face_at(call.now_ms - int(store.switches.describe_lag_s * 1000))


def _own_app_instance(store: Store, call: Call) -> AppInstance:
    app_instance = store.app_instance(call)
    if app_instance_of(call.bearer) != app_instance.arn:
        raise forbidden()
    return app_instance


def _new_channel(store: Store, call: Call, app_instance: AppInstance) -> Channel:
    """Public unless the call says otherwise; which mode it has by default is not documented."""
    channel = store.add_channel(
        f"{app_instance.arn}/channel/{call.maybe_text('ChannelId') or store.new_id()}",
        name=call.text("Name"),
        privacy=cast(Privacy, call.maybe_text("Privacy") or "PUBLIC"),
        mode=cast(Mode, call.maybe_text("Mode") or store.switches.default_mode),
        metadata=call.maybe_text("Metadata"),
        by=app_instance.user(call.bearer),
        now_ms=call.now_ms,
    )
    channel.expiration = expiration_in(call)
    store.tag(channel.arn, call)
    return channel


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
