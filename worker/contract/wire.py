"""The job as producers write it: its types, each with its fields. Nothing is resolved here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from worker.contract.fields import Context, Instant, JobId, MemberName, Members, MembershipType
from worker.contract.wire_channel import CHANNEL_FIELDS, Channel, ChannelThere, ChannelToMake
from worker.contract.wire_message import MESSAGE_FIELDS, MessageOf, MessageWire, UpdatedMessageWire
from worker.contract.wire_object import Wire

JobType = Literal[
    "send_message",
    "update_message",
    "redact_message",
    "delete_message",
    "create_channel",
    "delete_channel",
    "add_members",
    "remove_members",
]

_TYPE = Field(description="What the job does.")
_MAY_MAKE = Field(
    description="A channel ARN or a channel id, or an object that says which of them; or a name, or "
    "members, for which a channel is looked up or made. It is of the worker's app instance."
)


class _Job(Wire):
    """What jobs of all types have."""

    id: JobId = Field(
        description="The idempotency key, unique within the app instance: one job id, at most one message. "
        "Begin it with the name of your service."
    )
    type: str = _TYPE
    channel: ChannelThere = Field(
        description="A channel ARN or a channel id, or an object that says which of them; or a name, or "
        "members, for which a channel is looked up. It is of the worker's app instance."
    )
    bearer: MemberName | None = Field(
        None,
        description="Who acts: an app instance user id, or the ARN of a user or bot that "
        "WORKER_ALLOWED_BEARERS matches; by default the worker itself.",
    )
    not_before: Instant | None = Field(
        None, description="Not done before this instant: at most 12 h after the enqueueing."
    )
    not_after: Instant | None = Field(
        None, description="Not done after this instant: the outcome is then `expired`."
    )
    context: Context | None = Field(
        None,
        repr=False,
        description="Any JSON, compact at most 1024 bytes of UTF-8: echoed in outcomes, never sent to Chime.",
    )


class SendMessageWire(_Job):
    """Sends a message. This is what a job does that has no `type`."""

    model_config = ConfigDict(title="Send a message")

    type: Annotated[Literal["send_message"], _TYPE] = "send_message"
    channel: Annotated[Channel, _MAY_MAKE]
    message: MessageWire


class _MessageJob(_Job):
    """What jobs have that change an earlier message."""

    message_of: MessageOf = Field(
        description="Which message: the id of the job that sent it, or Chime's id of it in an object."
    )


class UpdateMessageWire(_MessageJob):
    """Changes the content of an earlier message."""

    model_config = ConfigDict(title="Update a message")

    type: Annotated[Literal["update_message"], _TYPE]
    message: UpdatedMessageWire


class RedactMessageWire(_MessageJob):
    """Takes content and metadata away from an earlier message, which stays in the channel as redacted."""

    model_config = ConfigDict(title="Redact a message")

    type: Annotated[Literal["redact_message"], _TYPE]


class DeleteMessageWire(_MessageJob):
    """Deletes an earlier message. Chime lets only app instance admins do so."""

    model_config = ConfigDict(title="Delete a message")

    type: Annotated[Literal["delete_message"], _TYPE]


_TYPED_MEMBERS: JsonDict = {
    "if": {"properties": {"membership_type": {"type": "string"}}, "required": ["membership_type"]},
    "then": {"properties": {"members": {"type": "array"}}, "required": ["members"]},
}


class CreateChannelWire(_Job):
    """Makes a channel; that it is there already is success."""

    model_config = ConfigDict(title="Create a channel", json_schema_extra=_TYPED_MEMBERS)

    type: Annotated[Literal["create_channel"], _TYPE]
    channel: ChannelToMake = Field(
        description="What is made: the channel with this id or ARN, or that of this name or these members. "
        "`create` says how; it is made without it, too."
    )
    members: Members | None = Field(
        None,
        description="Members to add, at most 1,000: app instance user ids, or ARNs. A channel of members "
        "has its own and no others.",
    )
    membership_type: MembershipType | None = Field(None, description="Of these members; by default DEFAULT.")


class DeleteChannelWire(_Job):
    """Deletes a channel with all of its messages; that it is gone already is success."""

    model_config = ConfigDict(title="Delete a channel")

    type: Annotated[Literal["delete_channel"], _TYPE]


class AddMembersWire(_Job):
    """Adds members to a channel; those that it has already are no mistake."""

    model_config = ConfigDict(title="Add members")

    type: Annotated[Literal["add_members"], _TYPE]
    channel: Annotated[Channel, _MAY_MAKE]
    members: Members = Field(description="Whom to add, at most 1,000: app instance user ids, or ARNs.")
    membership_type: MembershipType = Field(
        "DEFAULT", description="HIDDEN members are seen by moderators alone."
    )


class RemoveMembersWire(_Job):
    """Removes members from a channel; those that it has not are no mistake."""

    model_config = ConfigDict(title="Remove members")

    type: Annotated[Literal["remove_members"], _TYPE]
    members: Members = Field(description="Whom to remove, at most 1,000: app instance user ids, or ARNs.")


ChangingWire = UpdateMessageWire | RedactMessageWire | DeleteMessageWire
JobWire = (
    SendMessageWire
    | ChangingWire
    | CreateChannelWire
    | DeleteChannelWire
    | AddMembersWire
    | RemoveMembersWire
)

WIRES: Mapping[str, type[JobWire]] = {
    "send_message": SendMessageWire,
    "update_message": UpdateMessageWire,
    "redact_message": RedactMessageWire,
    "delete_message": DeleteMessageWire,
    "create_channel": CreateChannelWire,
    "delete_channel": DeleteChannelWire,
    "add_members": AddMembersWire,
    "remove_members": RemoveMembersWire,
}
"""The jobs by their types."""

FIELDS: Mapping[str, Iterable[str]] = {
    "": dict.fromkeys(name for wire in WIRES.values() for name in wire.model_fields).keys(),
    **MESSAGE_FIELDS,
    **CHANNEL_FIELDS,
}
"""The names of all fields, by the path of the object they stand in."""

FIELD_NAMES = frozenset(name for names in FIELDS.values() for name in names)


def job_of(kind: str) -> str:
    """Speak of a job of this type, in a sentence."""
    return f"{'an' if kind[0] in 'au' else 'a'} {kind} job"


def fields_of(kind: str) -> Mapping[str, Iterable[str]]:
    """Leave of FIELDS what jobs of a type have."""
    own = WIRES[kind].model_fields
    return {"": own.keys()} | {path: FIELDS[path] for path in FIELDS if path.partition(".")[0] in own}
