"""What an app instance consists of: users, channels, and how they belong together. Plain values, no rules."""

from dataclasses import dataclass, field

from worker.local.chime.errors import not_found
from worker.local.chime.message_log import MessageLog
from worker.local.chime.roles import Mode, Privacy, Role, Roles


@dataclass(frozen=True, slots=True)
class User:
    """An app instance user, or a bot: Chime lets both be bearers and members."""

    arn: str
    name: str
    metadata: str | None
    created_ms: int


@dataclass(frozen=True, slots=True)
class Membership:
    """One member of one channel; *type* is DEFAULT or HIDDEN."""

    member: User
    type: str
    invited_by: User | None
    created_ms: int


@dataclass(frozen=True, slots=True)
class Appointment:
    """An admin, a moderator or a ban: who it is about, by whom, since when."""

    who: User
    by: User | None
    created_ms: int


@dataclass(slots=True)
class AppInstance:
    """An app instance with its users and admins, by ARN."""

    arn: str
    name: str
    metadata: str | None
    created_ms: int
    users: dict[str, User] = field(default_factory=dict)
    admins: dict[str, Appointment] = field(default_factory=dict)

    def user(self, arn: str) -> User:
        """The user or bot of that ARN; refused as not found if there is none."""
        user = self.users.get(arn)
        if user is None:
            raise not_found("The app instance user does not exist")
        return user


@dataclass(slots=True)
class Channel:
    """A channel with its people and its messages."""

    arn: str
    app_instance: AppInstance
    name: str
    privacy: Privacy
    mode: Mode
    metadata: str | None
    created_by: User | None
    created_ms: int
    updated_ms: int
    members: dict[str, Membership] = field(default_factory=dict)
    moderators: dict[str, Appointment] = field(default_factory=dict)
    bans: dict[str, Appointment] = field(default_factory=dict)
    messages: MessageLog = field(default_factory=MessageLog)

    def roles_of(self, arn: str) -> Roles:
        """Everything *arn* is in this channel; nothing at all for a stranger."""
        roles: list[Role] = []
        if (membership := self.members.get(arn)) is not None:
            roles.append("member" if membership.type == "DEFAULT" else "hidden")
        if arn in self.app_instance.admins:
            roles.append("admin")
        if arn in self.moderators:
            roles.append("moderator")
        if arn in self.bans:
            roles.append("banned")
        return frozenset(roles)
