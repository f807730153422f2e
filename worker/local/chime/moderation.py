"""Moderators and bans of a channel. Only admins and moderators see or change either."""

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.channels import summary
from worker.local.chime.errors import conflict, forbidden, not_found
from worker.local.chime.memberships import own_or_admins
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import Appointment, Channel, User
from worker.local.chime.roles import may_manage
from worker.local.chime.store import Store, as_identity, timestamp


def create_channel_moderator(store: Store, call: Call) -> Answer:
    """Make a user a moderator; that is no membership."""
    channel = _managed(store, call)
    user = channel.app_instance.user(call.text("ChannelModeratorArn"))
    _appoint(call, channel, channel.moderators, who=user)
    return {"ChannelArn": channel.arn, "ChannelModerator": as_identity(user)}


def delete_channel_moderator(store: Store, call: Call) -> Answer:
    """End a moderator's appointment."""
    _dismiss(_managed(store, call).moderators, arn=call.text("ChannelModeratorArn"))
    return {}


def describe_channel_moderator(store: Store, call: Call) -> Answer:
    """One moderator, whole."""
    channel = _managed(store, call)
    found = _appointment(channel.moderators, arn=call.text("ChannelModeratorArn"))
    return {"ChannelModerator": {"Moderator": as_identity(found.who), **_details(channel, found)}}


def list_channel_moderators(store: Store, call: Call) -> Answer:
    """The moderators of a channel."""
    channel = _managed(store, call)
    page, token = _page(store, call, channel.moderators)
    moderators = [{"Moderator": as_identity(found.who)} for found in page]
    return present(ChannelArn=channel.arn, ChannelModerators=moderators, NextToken=token)


def describe_channel_moderated_by_app_instance_user(store: Store, call: Call) -> Answer:
    """Whether one moderates a channel; an admin may ask for anyone."""
    channel = store.channel(call)
    _appointment(channel.moderators, arn=own_or_admins(store, call))
    return {"Channel": {"ChannelSummary": summary(store, call, channel)}}


def list_channels_moderated_by_app_instance_user(store: Store, call: Call) -> Answer:
    """The channels one moderates; an admin may ask for anyone."""
    arn = own_or_admins(store, call)
    found = (channel for channel in store.channels.values() if arn in channel.moderators)
    page, token = page_by_key(found, call, key=lambda channel: channel.arn, switches=store.switches)
    channels = [{"ChannelSummary": summary(store, call, channel)} for channel in page]
    return present(Channels=channels, NextToken=token)


def create_channel_ban(store: Store, call: Call) -> Answer:
    """Remove a member and keep it out; who manages the channel cannot be banned."""
    channel = _managed(store, call)
    user = channel.app_instance.user(call.text("MemberArn"))
    if may_manage(channel.roles_of(user.arn)):
        raise forbidden()
    _appoint(call, channel, channel.bans, who=user)
    channel.members.pop(user.arn, None)
    return {"ChannelArn": channel.arn, "Member": as_identity(user)}


def delete_channel_ban(store: Store, call: Call) -> Answer:
    """Lift a ban; the user is not a member again by that."""
    _dismiss(_managed(store, call).bans, arn=call.text("MemberArn"))
    return {}


def describe_channel_ban(store: Store, call: Call) -> Answer:
    """One ban, whole."""
    channel = _managed(store, call)
    found = _appointment(channel.bans, arn=call.text("MemberArn"))
    return {"ChannelBan": {"Member": as_identity(found.who), **_details(channel, found)}}


def list_channel_bans(store: Store, call: Call) -> Answer:
    """The banned users of a channel."""
    channel = _managed(store, call)
    page, token = _page(store, call, channel.bans)
    bans = [{"Member": as_identity(found.who)} for found in page]
    return present(ChannelArn=channel.arn, ChannelBans=bans, NextToken=token)


def _managed(store: Store, call: Call) -> Channel:
    channel = store.channel(call)
    if not may_manage(channel.roles_of(call.bearer)):
        raise forbidden()
    return channel


def _appoint(call: Call, channel: Channel, appointments: dict[str, Appointment], *, who: User) -> None:
    if who.arn in appointments:
        raise conflict("The app instance user is already one")
    appointments[who.arn] = Appointment(who, channel.app_instance.user(call.bearer), call.now_ms)


def _dismiss(appointments: dict[str, Appointment], *, arn: str) -> None:
    del appointments[_appointment(appointments, arn=arn).who.arn]


def _appointment(appointments: dict[str, Appointment], *, arn: str) -> Appointment:
    found = appointments.get(arn)
    if found is None:
        raise not_found("The app instance user is not one")
    return found


def _page(store: Store, call: Call, found: dict[str, Appointment]) -> tuple[list[Appointment], str | None]:
    return page_by_key(found.values(), call, key=lambda each: each.who.arn, switches=store.switches)


def _details(channel: Channel, found: Appointment) -> Answer:
    return present(
        ChannelArn=channel.arn, CreatedBy=as_identity(found.by), CreatedTimestamp=timestamp(found.created_ms)
    )


SERVED = {
    "CreateChannelModerator": create_channel_moderator,
    "DeleteChannelModerator": delete_channel_moderator,
    "DescribeChannelModerator": describe_channel_moderator,
    "ListChannelModerators": list_channel_moderators,
    "DescribeChannelModeratedByAppInstanceUser": describe_channel_moderated_by_app_instance_user,
    "ListChannelsModeratedByAppInstanceUser": list_channels_moderated_by_app_instance_user,
    "CreateChannelBan": create_channel_ban,
    "DeleteChannelBan": delete_channel_ban,
    "DescribeChannelBan": describe_channel_ban,
    "ListChannelBans": list_channel_bans,
}
