"""The job as producers write it: its fields, their types and sizes. Nothing is resolved here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from worker.contract import limits
from worker.contract.fields import (
    Attributes,
    Content,
    ContentType,
    Context,
    Instant,
    JobId,
    Metadata,
    PushBody,
    PushTitle,
    SubChannelId,
    within_bytes,
)

MAX_PROBLEMS = 5
"""Of one refusal: enough to mend a job, and a bound on the work that a hostile body causes."""

LATER_TYPES = frozenset(
    {
        "update_message",
        "redact_message",
        "delete_message",
        "create_channel",
        "delete_channel",
        "add_members",
        "remove_members",
    }
)
"""Job types of the contract that this version refuses by name."""


class Wire(BaseModel):
    """Rules common to all objects of a job: exact types, known fields only, and null means absent."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """Drop nulls from known fields, and all but a few unknown fields: each costs an error entry."""
        if not isinstance(value, dict):
            return value
        known = {name: value[name] for name in cls.model_fields if value.get(name) is not None}
        unknown = islice((name for name in value if name not in cls.model_fields), MAX_PROBLEMS + 1)
        return known | dict.fromkeys(unknown)


class PushWire(Wire):
    """The push notification that goes with a message."""

    title: PushTitle | None = Field(None, repr=False)
    body: PushBody | None = Field(None, repr=False)
    type: Literal["DEFAULT", "VOIP"] = "DEFAULT"


class MessageWire(Wire):
    """The message to send."""

    # First, because limits of content and metadata depend on it: pydantic checks in this order.
    type: Literal["STANDARD", "CONTROL"] = "STANDARD"
    content: Content = Field(repr=False)
    persistence: Literal["PERSISTENT", "NON_PERSISTENT"] = "PERSISTENT"
    metadata: Metadata | None = Field(None, repr=False)
    content_type: ContentType | None = None
    attributes: Attributes | None = Field(None, repr=False)
    push: PushWire | None = None
    target: str | None = None
    sub_channel_id: SubChannelId | None = None

    @field_validator("content")
    @classmethod
    def _content_fits(cls, content: str, info: ValidationInfo) -> str:
        """Hold the content to the limit of the message's type."""
        is_control = info.data.get("type") == "CONTROL"
        return within_bytes(content, limits.CONTROL_CONTENT_BYTES if is_control else limits.CONTENT_BYTES)

    @field_validator("metadata")
    @classmethod
    def _control_has_none(cls, metadata: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("type") == "CONTROL" and metadata is not None:
            raise ValueError("a CONTROL message has none")
        return metadata


class ChannelByArn(Wire):
    """A channel named by its ARN."""

    arn: str


class ChannelById(Wire):
    """A channel of our app instance, named by its id."""

    id: str


def _channel_names(value: object) -> object:
    """Drop nulls from the ways to name a channel before they are told apart."""
    if not isinstance(value, dict):
        return value
    return {name: given for name, given in value.items() if given is not None or name not in _CHANNEL_NAMES}


_CHANNEL_NAMES = ("arn", "id", "name", "members", "create")


def _channel_form(value: object) -> str | None:
    """Tell the forms of a channel apart; tags stand in brackets to be told from field names."""
    match value:
        case str():
            return "(text)"
        case dict():
            return {("arn",): "(arn)", ("id",): "(id)"}.get(tuple(value))
        case _:
            return None


Channel = Annotated[
    Annotated[str, Tag("(text)")]
    | Annotated[ChannelByArn, Tag("(arn)")]
    | Annotated[ChannelById, Tag("(id)")],
    Discriminator(
        _channel_form,
        custom_error_type="channel_form",
        custom_error_message='must be a channel ARN, a channel id, {"arn"} or {"id"}; '
        '{"name"} and {"members"} are not supported by this version of the worker',
    ),
    BeforeValidator(_channel_names),
]


class JobWire(Wire):
    """A job that sends a message."""

    id: JobId
    type: Literal["send_message"] = "send_message"
    channel: Channel
    message: MessageWire
    bearer: str | None = None
    not_before: Instant | None = None
    not_after: Instant | None = None
    context: Context | None = Field(None, repr=False)


FIELDS: Mapping[str, Iterable[str]] = {
    "": JobWire.model_fields.keys(),
    "message": MessageWire.model_fields.keys(),
    "message.push": PushWire.model_fields.keys(),
}
"""The names of all fields, by the path of the object they stand in."""

FIELD_NAMES = frozenset(name for names in FIELDS.values() for name in names)
