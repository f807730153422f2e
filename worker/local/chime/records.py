"""What an app instance consists of: users, channels, flows, and how they belong together. No rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict, cast

from worker.local.chime.errors import not_found
from worker.local.chime.message_log import MessageLog
from worker.local.chime.roles import Mode, Privacy, Role, Roles
from worker.local.chime.treatments import Treatment

Fallback = Literal["CONTINUE", "ABORT"]


class Expiration(TypedDict):
    """When something goes, in Chime's own members."""

    ExpirationDays: int
    ExpirationCriterion: str


@dataclass(slots=True, eq=False)
class User:
    """An app instance user, or a bot, which has a configuration: both may be bearers and members."""

    arn: str
    name: str
    metadata: str | None
    created_ms: int
    updated_ms: int
    configuration: Mapping[str, object] | None = None
    expiration: Expiration | None = None


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


@dataclass(slots=True, eq=False)
class ChannelFlow:
    """
    A channel flow: *processors* are what Chime is told, *treatments* what happens.

    The first message meets the first treatment, the second the second; the last one stays.
    """

    arn: str
    name: str
    processors: Sequence[Mapping[str, object]]
    treatments: Sequence[Treatment]
    created_ms: int
    updated_ms: int
    treated: int = 0

    @property
    def fallback(self) -> Fallback:
        """What is done where the last processor cannot be reached."""
        return cast(Fallback, self.processors[-1]["FallbackAction"])

    def next_treatment(self) -> Treatment:
        """What the next message meets. Asking counts as a message."""
        self.treated += 1
        return self.treatments[min(self.treated, len(self.treatments)) - 1]


def scripted_processors(fallback: Fallback) -> Sequence[Mapping[str, object]]:
    """The processor that a seeded flow is said to have; there is no such function."""
    function = "arn:aws:lambda:us-east-1:123456789012:function:scripted"
    configuration = {"Lambda": {"ResourceArn": function, "InvocationType": "ASYNC"}}
    return [
        {
            "Name": "scripted",
            "Configuration": configuration,
            "ExecutionOrder": 1,
            "FallbackAction": fallback,
        }
    ]


@dataclass(slots=True, eq=False)
class AppInstance:
    """An app instance with its users, admins and channel flows, by ARN."""

    arn: str
    name: str
    metadata: str | None
    created_ms: int
    updated_ms: int
    retention_days: int | None = None
    users: dict[str, User] = field(default_factory=dict)
    admins: dict[str, Appointment] = field(default_factory=dict)
    flows: dict[str, ChannelFlow] = field(default_factory=dict)

    def user(self, arn: str) -> User:
        """The user or bot of that ARN; refused as not found if there is none."""
        user = self.users.get(arn)
        if user is None:
            raise not_found("The app instance user does not exist")
        return user


@dataclass(frozen=True, slots=True)
class Face:
    """What of a channel can change, as it is from *since_ms* on."""

    name: str
    mode: Mode
    metadata: str | None
    since_ms: int


@dataclass(slots=True, eq=False)
class Channel:
    """A channel with its people and its messages. *faces* is what it looked like, since its creation."""

    arn: str
    app_instance: AppInstance
    privacy: Privacy
    created_by: User | None
    created_ms: int
    faces: list[Face]
    expiration: Expiration | None = None
    flow: ChannelFlow | None = None
    members: dict[str, Membership] = field(default_factory=dict)
    moderators: dict[str, Appointment] = field(default_factory=dict)
    bans: dict[str, Appointment] = field(default_factory=dict)
    messages: MessageLog = field(default_factory=MessageLog)

    @property
    def face(self) -> Face:
        """What it looks like now."""
        return self.faces[-1]

    def face_at(self, ms: int) -> Face | None:
        """What it looked like then; None if it was not there yet."""
        return next((face for face in reversed(self.faces) if face.since_ms <= ms), None)

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
