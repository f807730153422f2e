"""How producers name a channel: by ARN, id, name or members. Nothing is resolved here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic.config import JsonDict

from worker.contract.fields import (
    ChannelArn,
    ChannelId,
    ChannelName,
    ChannelText,
    CreatedWith,
    ExpirationDays,
    Metadata,
)
from worker.contract.wire_object import Wire


class ChannelByArn(Wire):
    """A channel named by its ARN."""

    model_config = ConfigDict(title="Channel by ARN")

    arn: ChannelArn = Field(description="The channel's ARN.")


class CreationWire(Wire):
    """How the channel is made if it is not there yet."""

    model_config = ConfigDict(title="Creation")

    privacy: Literal["PUBLIC", "PRIVATE"] | None = Field(
        None, description="Who sees the channel: by default PUBLIC for a name, PRIVATE for members."
    )
    mode: Literal["UNRESTRICTED", "RESTRICTED"] | None = Field(
        None,
        description="Whether members add others: by default UNRESTRICTED for a name, RESTRICTED for members.",
    )
    name: ChannelName | None = Field(
        None, description="What the channel is called; by default the name, or the ids of its members."
    )
    metadata: Metadata | None = Field(
        None,
        repr=False,
        description="A string, or an object for compact JSON; at most 1024 bytes of UTF-8, no line break.",
    )
    moderators: CreatedWith | None = Field(
        None, description="Moderators beside the bearer, at most 10: app instance user ids, or ARNs."
    )
    expiration_days: ExpirationDays | None = Field(
        None, description="Chime deletes the channel so many days after its last message."
    )


def _create_form(value: object) -> str | None:
    """Tell an object from the plain wish; null is absent."""
    match value:
        case True:
            return "(true)"
        case dict() | CreationWire():
            return "(object)"
        case _:
            return None


Create = Annotated[
    Annotated[Literal[True], Tag("(true)")] | Annotated[CreationWire, Tag("(object)")],
    Discriminator(
        _create_form,
        custom_error_type="create_form",
        custom_error_message="must be true, or an object that says how the channel is made",
    ),
]


class ChannelById(Wire):
    """A channel of our app instance, named by its id."""

    model_config = ConfigDict(title="Channel by id")

    id: ChannelId = Field(description="The channel's id.")
    create: Create | None = Field(
        None,
        description="How the channel is made; for `create_channel` alone. By default it is called as its id.",
    )


class ChannelByName(Wire):
    """The channel made for a name; without `create` also the only one that is called so."""

    model_config = ConfigDict(title="Channel by name")

    name: ChannelName = Field(
        description="The channel's name, exactly: looked for among the first 1,000 channels that Chime lists."
    )
    create: Create | None = Field(None, description="Make the channel if it is not there yet.")


class ChannelOfMembers(Wire):
    """The channel made for exactly these people and the bearer."""

    model_config = ConfigDict(title="Channel of members")

    members: CreatedWith = Field(
        description="Its members beside the bearer, at most 10: app instance user ids, or ARNs."
    )
    create: Create | None = Field(None, description="Make the channel if it is not there yet.")


_CHANNEL_NAMES = ("arn", "id", "name", "members")
_CHANNEL_FIELDS = (*_CHANNEL_NAMES, "create")


def _channel_names(value: object) -> object:
    """Drop nulls from the ways to name a channel before they are told apart."""
    if not isinstance(value, dict):
        return value
    return {name: given for name, given in value.items() if given is not None or name not in _CHANNEL_FIELDS}


def _channel_form(value: object) -> str | None:
    """Tell the forms of a channel apart; tags stand in brackets to be told from field names."""
    match value:
        case str():
            return "(text)"
        case dict():
            forms = [name for name in _CHANNEL_NAMES if name in value]
            is_one = len(forms) == 1 and not {"arn", "create"} <= value.keys()
            return f"({forms[0]})" if is_one else None
        case _:
            return None


def _named_if_made(channel: AnyChannel) -> AnyChannel:
    if isinstance(channel, ChannelById) and channel.create is not None:
        raise ValueError("create goes with a name or with members: under an id only create_channel makes one")
    return channel


def _not_made(channel: AnyChannel) -> AnyChannel:
    if not isinstance(channel, str | ChannelByArn) and channel.create is not None:
        raise ValueError("create is not for jobs of this type, which make no channel")
    return channel


AnyChannel = ChannelText | ChannelByArn | ChannelById | ChannelByName | ChannelOfMembers

ChannelToMake = Annotated[
    Annotated[ChannelText, Tag("(text)")]
    | Annotated[ChannelByArn, Tag("(arn)")]
    | Annotated[ChannelById, Tag("(id)")]
    | Annotated[ChannelByName, Tag("(name)")]
    | Annotated[ChannelOfMembers, Tag("(members)")],
    Discriminator(
        _channel_form,
        custom_error_type="channel_form",
        custom_error_message='must be a channel ARN, a channel id, or one of {"arn"}, {"id"}, '
        '{"name", "create"?} and {"members", "create"?}',
    ),
    BeforeValidator(_channel_names),
]
"""The channel of a job that makes it."""

_NO_CREATE: JsonDict = {"properties": {"create": {"type": "null"}}}

Channel = Annotated[
    ChannelToMake,
    AfterValidator(_named_if_made),
    Field(json_schema_extra={"if": {"required": ["id"]}, "then": _NO_CREATE}),
]
"""The channel of a job that makes it only if it is named, and is to be made on the way."""

ChannelThere = Annotated[ChannelToMake, AfterValidator(_not_made), Field(json_schema_extra=_NO_CREATE)]
"""The channel of a job that never makes one."""


CHANNEL_FIELDS: Mapping[str, Iterable[str]] = {
    "channel": _CHANNEL_FIELDS,
    "channel.create": CreationWire.model_fields.keys(),
}
"""The names of all fields, by the path of the object they stand in."""
