"""The job as producers write it: its fields, their types and sizes. Nothing is resolved here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict, JsonValue

from worker.contract import limits
from worker.contract.fields import (
    Attributes,
    Content,
    ContentType,
    Context,
    Instant,
    JobId,
    MemberName,
    Metadata,
    PushBody,
    PushTitle,
    SubChannelId,
    within_bytes,
)
from worker.contract.wire_channel import CHANNEL_FIELDS, Channel
from worker.contract.wire_object import Wire

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


_EXAMPLES: list[JsonValue] = [
    {"id": "order-8812-shipped", "channel": "orders", "message": {"content": "Order 8812 has shipped"}},
    {
        "id": "billing/2030-01/reminder-17",
        "channel": {"id": "customer-17"},
        "message": {
            "content": "Your invoice is due tomorrow.",
            "metadata": {"invoice": 17},
            "attributes": {"kind": ["reminder"]},
            "push": {"title": "Invoice due"},
        },
        "not_after": "2030-01-31T18:00:00+01:00",
        "context": {"campaign": "dunning"},
    },
    {
        "id": "support/ticket-31/answer-2",
        "channel": {"members": ["ana", "support-bot"], "create": {"name": "Ticket 31"}},
        "message": {"content": "Ana, your ticket has been answered."},
    },
]


class JobWire(Wire):
    """A job that sends a message."""

    model_config = ConfigDict(title="Job", json_schema_extra={"examples": _EXAMPLES})

    id: JobId = Field(
        description="The idempotency key, unique within the app instance: one job id, at most one message. "
        "Begin it with the name of your service."
    )
    type: Literal["send_message"] = Field("send_message", description="What the job does.")
    channel: Channel = Field(
        description="A channel ARN or a channel id, or an object that says which of them; or a name, or "
        "members, for which a channel is looked up or made. It is of the worker's app instance."
    )
    message: MessageWire
    bearer: MemberName | None = Field(
        None,
        description="Who sends: an app instance user id, or the ARN of a user or bot that "
        "WORKER_ALLOWED_BEARERS matches; by default the worker itself.",
    )
    not_before: Instant | None = Field(
        None, description="Not sent before this instant: at most 12 h after the enqueueing."
    )
    not_after: Instant | None = Field(
        None, description="Not sent after this instant: the outcome is then `expired`."
    )
    context: Context | None = Field(
        None,
        repr=False,
        description="Any JSON, compact at most 1024 bytes of UTF-8: echoed in outcomes, never sent to Chime.",
    )


FIELDS: Mapping[str, Iterable[str]] = {
    "": JobWire.model_fields.keys(),
    "message": MessageWire.model_fields.keys(),
    "message.push": PushWire.model_fields.keys(),
    **CHANNEL_FIELDS,
}
"""The names of all fields, by the path of the object they stand in."""

FIELD_NAMES = frozenset(name for names in FIELDS.values() for name in names)
