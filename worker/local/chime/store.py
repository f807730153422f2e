"""What this Chime holds: app instances, users, channels, memberships. It looks things up and never judges."""

from random import Random

from worker.local.chime.call import Call, app_instance_of
from worker.local.chime.clock import from_ms
from worker.local.chime.errors import conflict, forbidden, not_found
from worker.local.chime.records import AppInstance, Appointment, Channel, Membership, User
from worker.local.chime.roles import Mode, Privacy
from worker.local.chime.switches import Switches
from worker.local.chime.tokens import Tokens


class Store:
    """Everything by ARN: how it gets in, and how it is found."""

    def __init__(self, switches: Switches, rng: Random) -> None:
        self.switches = switches
        self.rng = rng
        self.tokens = Tokens()
        self.app_instances: dict[str, AppInstance] = {}
        self.channels: dict[str, Channel] = {}

    def new_id(self) -> str:
        """A fresh id in the form Chime gives messages and channels: 64 hexadecimal digits."""
        return f"{self.rng.getrandbits(256):064x}"

    def add_app_instance(self, arn: str, *, name: str, metadata: str | None, now_ms: int) -> AppInstance:
        """Put an app instance in; one that exists is a conflict."""
        if arn in self.app_instances:
            raise conflict("The app instance exists")
        return self.app_instances.setdefault(arn, AppInstance(arn, name, metadata, now_ms))

    def add_user(self, arn: str, *, name: str, metadata: str | None, now_ms: int) -> User:
        """Put a user or bot into the app instance its ARN names; one that exists is a conflict."""
        users = self.owner_of(arn).users
        if arn in users:
            raise conflict("The app instance user exists")
        return users.setdefault(arn, User(arn, name, metadata, now_ms))

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
        channel = Channel(arn, app_instance, name, privacy, mode, metadata, by, now_ms, now_ms)
        return self.channels.setdefault(arn, channel)

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
