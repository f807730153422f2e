"""Who is in a channel: adding, removing, describing and listing members."""

from worker.local.chime.call import Answer, Call, present
from worker.local.chime.channels import summary
from worker.local.chime.errors import ChimeError, forbidden, not_found, short_code
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import Channel, Membership, User
from worker.local.chime.roles import may_add_members, may_join, may_manage, may_read, may_remove_member
from worker.local.chime.store import Store, as_identity, timestamp


def create_channel_membership(store: Store, call: Call) -> Answer:
    """Add one member; who is one already is a conflict."""
    channel = _open_to(store, call)
    member = _add(store, call, channel, arn=call.text("MemberArn"))
    return {"ChannelArn": channel.arn, "Member": as_identity(member)}


def batch_create_channel_membership(store: Store, call: Call) -> Answer:
    """Add up to a hundred; each that cannot be added is an entry in Errors, and the rest are added."""
    channel = _open_to(store, call)
    added: list[object] = []
    errors: list[object] = []
    for arn in call.texts("MemberArns"):
        try:
            added.append(as_identity(_add(store, call, channel, arn=arn)))
        except ChimeError as error:
            entry = {"MemberArn": arn, "ErrorCode": short_code(error.code), "ErrorMessage": error.message}
            errors.append(entry)
    memberships = {
        "InvitedBy": as_identity(channel.app_instance.user(call.bearer)),
        "Type": _type_of(call),
        "Members": added,
        "ChannelArn": channel.arn,
    }
    return {"BatchChannelMemberships": memberships, "Errors": errors}


def delete_channel_membership(store: Store, call: Call) -> Answer:
    """Remove a member, or leave."""
    channel = store.channel(call)
    arn = call.text("MemberArn")
    if not may_remove_member(channel.roles_of(call.bearer), "own" if arn == call.bearer else "other"):
        raise forbidden()
    if channel.members.pop(arn, None) is None:
        raise not_found("The membership does not exist")
    return {}


def describe_channel_membership(store: Store, call: Call) -> Answer:
    """One membership, whole."""
    channel = _readable(store, call)
    membership = _membership(channel, arn=call.text("MemberArn"))
    whole = present(
        InvitedBy=as_identity(membership.invited_by),
        Type=membership.type,
        Member=as_identity(membership.member),
        ChannelArn=channel.arn,
        CreatedTimestamp=timestamp(membership.created_ms),
        LastUpdatedTimestamp=timestamp(membership.created_ms),
    )
    return {"ChannelMembership": whole}


def list_channel_memberships(store: Store, call: Call) -> Answer:
    """The members of one type; DEFAULT ones unless HIDDEN are asked for, by who manages the channel."""
    channel = _readable(store, call)
    asked = _type_of(call)
    if asked == "HIDDEN" and not may_manage(channel.roles_of(call.bearer)):
        raise forbidden()
    found = (m for m in channel.members.values() if m.type == asked and _is_listed(store, call, m))
    page, token = page_by_key(found, call, key=lambda m: m.member.arn, switches=store.switches)
    members = [{"Member": as_identity(membership.member)} for membership in page]
    return present(ChannelArn=channel.arn, ChannelMemberships=members, NextToken=token)


def describe_channel_membership_for_app_instance_user(store: Store, call: Call) -> Answer:
    """One's own membership of one channel: the plain member's probe; an admin may ask for anyone."""
    channel = store.channel(call)
    arn = own_or_admins(store, call)
    return {"ChannelMembership": _for_user(store, call, channel, arn=arn)}


def list_channel_memberships_for_app_instance_user(store: Store, call: Call) -> Answer:
    """The channels one belongs to."""
    arn = own_or_admins(store, call)
    found = (
        channel
        for channel in store.channels.values()
        if (membership := channel.members.get(arn)) is not None and _is_listed(store, call, membership)
    )
    page, token = page_by_key(found, call, key=lambda channel: channel.arn, switches=store.switches)
    return present(ChannelMemberships=[_for_user(store, call, c, arn=arn) for c in page], NextToken=token)


def _open_to(store: Store, call: Call) -> Channel:
    """The channel, if this bearer may add members of the asked type to it."""
    channel = store.channel(call)
    roles = channel.roles_of(call.bearer)
    mode, strangers = channel.face.mode, store.switches.self_join
    if call.maybe_text("MemberArn") == call.bearer:
        may_add = may_join(roles, channel.privacy, mode, strangers=strangers)
    else:
        may_add = may_add_members(roles, mode)
    if not may_add or (_type_of(call) == "HIDDEN" and not may_manage(roles)):
        raise forbidden()
    return channel


def _is_listed(store: Store, call: Call, membership: Membership) -> bool:
    return call.now_ms - membership.created_ms >= store.switches.membership_lag_s * 1000


def _add(store: Store, call: Call, channel: Channel, *, arn: str) -> User:
    inviter = channel.app_instance.user(call.bearer)
    return store.add_member(channel, arn, membership=_type_of(call), by=inviter, now_ms=call.now_ms)


def _readable(store: Store, call: Call) -> Channel:
    channel = store.channel(call)
    if not may_read(channel.roles_of(call.bearer), channel.privacy):
        raise forbidden()
    return channel


def own_or_admins(store: Store, call: Call) -> str:
    """The user a call asks about: the bearer itself, or whom an admin names."""
    arn = call.maybe_text("AppInstanceUserArn") or call.bearer
    own = store.owner_of(call.bearer)
    if arn != call.bearer and (arn not in own.users or call.bearer not in own.admins):
        raise forbidden()
    return arn


def _membership(channel: Channel, *, arn: str) -> Membership:
    membership = channel.members.get(arn)
    if membership is None:
        raise not_found("The membership does not exist")
    return membership


def _for_user(store: Store, call: Call, channel: Channel, *, arn: str) -> Answer:
    membership = _membership(channel, arn=arn)
    return {
        "ChannelSummary": summary(store, call, channel),
        "AppInstanceUserMembershipSummary": {"Type": membership.type},
    }


def _type_of(call: Call) -> str:
    return call.maybe_text("Type") or "DEFAULT"


SERVED = {
    "CreateChannelMembership": create_channel_membership,
    "BatchCreateChannelMembership": batch_create_channel_membership,
    "DeleteChannelMembership": delete_channel_membership,
    "DescribeChannelMembership": describe_channel_membership,
    "ListChannelMemberships": list_channel_memberships,
    "DescribeChannelMembershipForAppInstanceUser": describe_channel_membership_for_app_instance_user,
    "ListChannelMembershipsForAppInstanceUser": list_channel_memberships_for_app_instance_user,
}
