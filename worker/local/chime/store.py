"""What this Chime holds: app instances, users, channels, flows, tags. It looks things up and never judges."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import cast
from uuid import UUID

from worker.local.chime.call import Call, app_instance_of
from worker.local.chime.clock import from_ms
from worker.local.chime.errors import conflict, forbidden, not_found
from worker.local.chime.processes import Processes
from worker.local.chime.records import (
    AppInstance,
    Appointment,
    Channel,
    ChannelFlow,
    Face,
    Membership,
    User,
)
from worker.local.chime.roles import Mode, Privacy
from worker.local.chime.switches import Switches
from worker.local.chime.tokens import Tokens


class Store:
    """Everything by ARN: how it gets in, and how it is found."""

    def __init__(self, switches: Switches, rng: Random) -> None:
        self.switches = switches
        self.rng = rng
        self.tokens = Tokens()
        self.processes = Processes()
        self.tags: dict[str, dict[str, str]] = {}
        self.app_instances: dict[str, AppInstance] = {}
        self.channels: dict[str, Channel] = {}

    def new_id(self) -> str:
        """A fresh id in the form Chime gives messages and channels: 64 hexadecimal digits."""
        return f"{self.rng.getrandbits(256):064x}"

    def new_uuid(self) -> UUID:
        """A fresh id in the form Chime gives everything else."""
        return UUID(int=self.rng.getrandbits(128), version=4)

    def add_app_instance(self, arn: str, *, name: str, metadata: str | None, now_ms: int) -> AppInstance:
        """Put an app instance in; one that exists is a conflict."""
        if arn in self.app_instances:
            raise conflict("The app instance exists")
        return self.app_instances.setdefault(arn, AppInstance(arn, name, metadata, now_ms, now_ms))

    def add_user(self, arn: str, *, name: str, metadata: str | None, now_ms: int) -> User:
        """Put a user or bot into the app instance its ARN names; one that exists is a conflict."""
        users = self.owner_of(arn).users
        if arn in users:
            raise conflict("The app instance user exists")
        return users.setdefault(arn, User(arn, name, metadata, now_ms, now_ms))

    def add_admin(self, arn: str, *, now_ms: int) -> User:
        """Promote a user of its own app instance; one who is promoted is a conflict."""
        app_instance = self.owner_of(arn)
        if arn in app_instance.admins:
            raise conflict("The app instance user is an admin")
        user = app_instance.user(arn)
        app_instance.admins[arn] = Appointment(user, None, now_ms)
        return user

    def add_channel(
        self,
        arn: str,
        *,
        name: str,
        privacy: Privacy,
        mode: Mode,
        metadata: str | None,
        by: User | None,
        now_ms: int,
    ) -> Channel:
        """Put an empty channel in, without members; an ARN that exists is a conflict."""
        if arn in self.channels:
            raise conflict("The channel exists")
        app_instance = self.owner_of(arn)
        faces = [Face(name, mode, metadata, now_ms)]
        return self.channels.setdefault(arn, Channel(arn, app_instance, privacy, by, now_ms, faces))

    def add_flow(self, flow: ChannelFlow) -> None:
        """Put a channel flow into the app instance its ARN names; one that exists is a conflict."""
        flows = self.owner_of(flow.arn).flows
        if flow.arn in flows:
            raise conflict("The channel flow exists")
        flows[flow.arn] = flow

    def add_member(
        self, channel: Channel, arn: str, *, membership: str, by: User | None, now_ms: int
    ) -> User:
        """Make a user a member; one who is a member is a conflict, one who is banned is refused."""
        user = channel.app_instance.user(arn)
        if arn in channel.bans:
            raise forbidden()
        if arn in channel.members:
            raise conflict("The app instance user is a member of the channel")
        channel.members[arn] = Membership(user, membership, by, now_ms)
        return user

    def remove_app_instance(self, app_instance: AppInstance) -> None:
        """Take an app instance out with all that belongs to it."""
        for channel in list(self.channels_of(app_instance)):
            self.remove_channel(channel)
        for arn in (*app_instance.users, *app_instance.flows, app_instance.arn):
            self.tags.pop(arn, None)
        del self.app_instances[app_instance.arn]

    def remove_user(self, user: User) -> None:
        """Take a user or bot out of everything it belongs to; its messages stay."""
        app_instance = self.owner_of(user.arn)
        app_instance.admins.pop(user.arn, None)
        for channel in self.channels_of(app_instance):
            for belonging in (channel.members, channel.moderators, channel.bans):
                belonging.pop(user.arn, None)
        self.tags.pop(user.arn, None)
        del app_instance.users[user.arn]

    def remove_channel(self, channel: Channel) -> None:
        """Take a channel out with all its messages."""
        self.processes.forget(channel.messages)
        self.tags.pop(channel.arn, None)
        del self.channels[channel.arn]

    def remove_flow(self, flow: ChannelFlow) -> None:
        """Take a channel flow out."""
        self.tags.pop(flow.arn, None)
        del self.owner_of(flow.arn).flows[flow.arn]

    def tag(self, arn: str, call: Call) -> None:
        """Keep the tags that a call names for a resource, if it names any."""
        for tag in cast("Sequence[Mapping[str, str]] | None", call.params.get("Tags")) or ():
            self.tags.setdefault(arn, {})[tag["Key"]] = tag["Value"]

    def known(self, arn: str) -> str:
        """The ARN, if there is anything of that name."""
        owner = self.owner_of(arn)
        if arn == owner.arn or arn in self.channels or arn in owner.users or arn in owner.flows:
            return arn
        raise not_found("The resource does not exist")

    def users(self) -> Iterator[User]:
        """All users and bots there are."""
        return (user for each in self.app_instances.values() for user in each.users.values())

    def channels_of(self, app_instance: AppInstance) -> Iterator[Channel]:
        """The channels of one app instance, oldest first."""
        return (channel for channel in self.channels.values() if channel.app_instance is app_instance)

    def is_user(self, arn: str) -> bool:
        """Whether there is such a user or bot."""
        app_instance = self.app_instances.get(app_instance_of(arn))
        return app_instance is not None and arn in app_instance.users

    def owner_of(self, arn: str) -> AppInstance:
        """The app instance that a user's or channel's ARN begins with."""
        app_instance = self.app_instances.get(app_instance_of(arn))
        if app_instance is None:
            raise not_found("The app instance does not exist")
        return app_instance

    def channel(self, call: Call) -> Channel:
        """The channel the call names, in the bearer's own app instance."""
        channel = self.channel_at(call.text("ChannelArn"))
        if call.bearer not in channel.app_instance.users:
            raise forbidden()
        return channel

    def channel_at(self, arn: str) -> Channel:
        """The channel of that ARN, whoever asks."""
        channel = self.channels.get(arn)
        if channel is None:
            raise not_found("The channel does not exist")
        return channel

    def flow_at(self, arn: str) -> ChannelFlow:
        """The channel flow of that ARN, whoever asks."""
        flow = self.owner_of(arn).flows.get(arn)
        if flow is None:
            raise not_found("The channel flow does not exist")
        return flow

    def app_instance(self, call: Call) -> AppInstance:
        """The app instance the call names."""
        found = self.app_instances.get(call.text("AppInstanceArn"))
        if found is None:
            raise not_found("The app instance does not exist")
        return found


def as_identity(user: User | None) -> dict[str, object] | None:
    """How Chime names a person in answers."""
    return None if user is None else {"Arn": user.arn, "Name": user.name}


def timestamp(ms: int | None) -> object:
    """A stored instant as answers carry it; None stays None."""
    return None if ms is None else from_ms(ms)
