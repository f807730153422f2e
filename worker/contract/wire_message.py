"""Messages as producers write them: to be sent, changed or only named. Nothing is resolved here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator
from pydantic.config import JsonDict

from worker.contract import limits
from worker.contract.fields import (
    Attributes,
    Content,
    ContentType,
    JobId,
    MemberName,
    MessageId,
    Metadata,
    PushBody,
    PushTitle,
    SubChannelId,
    within_bytes,
)
from worker.contract.wire_object import Wire


class PushWire(Wire):
    """The push notification that goes with a message."""

    model_config = ConfigDict(title="Push notification")

    title: PushTitle | None = Field(None, repr=False, description="At most 50 characters, no line break.")
    body: PushBody | None = Field(None, repr=False, description="At most 150 characters, no line break.")
    type: Literal["DEFAULT", "VOIP"] = Field("DEFAULT", description="How the devices are to show it.")


_CONTROL_RULE: JsonDict = {
    "if": {"properties": {"type": {"const": "CONTROL"}}, "required": ["type"]},
    "then": {
        "properties": {"content": {"maxLength": limits.CONTROL_CONTENT_BYTES}, "metadata": {"type": "null"}}
    },
}


class MessageWire(Wire):
    """The message to send."""

    model_config = ConfigDict(title="Message", json_schema_extra=_CONTROL_RULE)

    # First, because limits of content and metadata depend on it: pydantic checks in this order.
    type: Literal["STANDARD", "CONTROL"] = Field(
        "STANDARD", description="A CONTROL message is not shown, has at most 30 bytes and no metadata."
    )
    content: Content = Field(repr=False, description="1 to 4096 bytes of UTF-8; of a CONTROL message 30.")
    persistence: Literal["PERSISTENT", "NON_PERSISTENT"] = Field(
        "PERSISTENT",
        description="What is NON_PERSISTENT is in no list: an unclear attempt then ends as `unverifiable`.",
    )
    metadata: Metadata | None = Field(
        None,
        repr=False,
        description="A string, or an object for compact JSON; at most 1024 bytes of UTF-8, no line break.",
        examples=[{"order": 8812}],
    )
    content_type: ContentType | None = Field(None, description="The media type of the content.")
    attributes: Attributes | None = Field(
        None,
        repr=False,
        description="Message attributes, `job` excepted: at most 960 bytes of UTF-8 in all names and values.",
        examples=[{"kind": ["order"]}],
    )
    push: PushWire | None = Field(None, description="The push notification that goes with the message.")
    target: MemberName | None = Field(
        None, description="The one member who gets the message: an app instance user id, or an ARN."
    )
    sub_channel_id: SubChannelId | None = Field(
        None, description="The sub-channel of an elastic channel to send to."
    )

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


class UpdatedMessageWire(Wire):
    """What an earlier message becomes: its content, and what goes with that. Chime changes nothing else."""

    model_config = ConfigDict(title="Updated message")

    content: Content = Field(repr=False, description="1 to 4096 bytes of UTF-8.")
    metadata: Metadata | None = Field(
        None,
        repr=False,
        description="A string, or an object for compact JSON; at most 1024 bytes of UTF-8, no line break.",
    )
    content_type: ContentType | None = Field(None, description="The media type of the content.")

    @field_validator("content")
    @classmethod
    def _content_fits(cls, content: str) -> str:
        return within_bytes(content, limits.CONTENT_BYTES)


class MessageByIdWire(Wire):
    """A message named by Chime's id, whoever sent it."""

    model_config = ConfigDict(title="Message by id")

    message_id: MessageId = Field(description="Chime's MessageId.")
    sub_channel_id: SubChannelId | None = Field(
        None, description="The sub-channel of an elastic channel that it is in."
    )


def _message_form(value: object) -> str | None:
    match value:
        case str():
            return "(text)"
        case dict():
            return "(object)"
        case _:
            return None


MessageOf = Annotated[
    Annotated[JobId, Tag("(text)")] | Annotated[MessageByIdWire, Tag("(object)")],
    Discriminator(
        _message_form,
        custom_error_type="message_form",
        custom_error_message="must be the id of the job that sent the message, or an object with "
        "its message_id",
    ),
]

MESSAGE_FIELDS: Mapping[str, Iterable[str]] = {
    "message": MessageWire.model_fields.keys(),
    "message.push": PushWire.model_fields.keys(),
    "message_of": MessageByIdWire.model_fields.keys(),
}
"""The names of all fields, by the path of the object they stand in."""
