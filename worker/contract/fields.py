"""The values a job's fields take: types with their limits. None of them knows its neighbours."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from worker.contract import arns, instants, limits

_NOT_PLAIN = re.compile(f"[{limits.NOT_IN_NAMES}]")


def _size(text: str) -> int:
    return len(text.encode())


def compact(value: object) -> str:
    """Serialise as compact JSON in which only what must be escaped is: the form whose bytes are counted."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _one_line(text: str) -> str:
    if not limits.LINE_BREAKS.isdisjoint(text):
        raise ValueError("must not hold a line break")
    return text


def _plain(text: str) -> str:
    if _NOT_PLAIN.search(text):
        raise ValueError("must not hold control characters or line breaks")
    return text


def within_bytes(content: str, limit_bytes: int) -> str:
    """Return the content if it has no more bytes of UTF-8 than that."""
    if (size_bytes := _size(content)) > limit_bytes:
        raise PydanticCustomError(
            "content_too_large",
            "has {size} bytes of UTF-8; Chime takes at most {limit}",
            {"size": size_bytes, "limit": limit_bytes},
        )
    return content


def _metadata_text(value: object) -> object:
    """Serialise metadata that was given as an object; a string is taken as it is."""
    return compact(value) if isinstance(value, dict) else value


def _metadata(text: str) -> str:
    if (size_bytes := _size(text)) > limits.METADATA_BYTES:
        raise PydanticCustomError(
            "metadata_too_large",
            "has {size} bytes of UTF-8 as compact JSON; Chime takes at most {limit}",
            {"size": size_bytes, "limit": limits.METADATA_BYTES},
        )
    return _one_line(text)


def _context(value: object) -> str:
    text = compact(value)
    if (size_bytes := _size(text)) > limits.CONTEXT_BYTES:
        raise ValueError(
            f"has {size_bytes} bytes of UTF-8 as compact JSON; at most {limits.CONTEXT_BYTES} are kept"
        )
    return text


def _instant(value: object) -> datetime:
    match value:
        case str():
            return instants.parse_instant(value)
        case _:
            raise ValueError("must be an RFC 3339 string with offset, never a number")


def _few_attributes(value: object) -> object:
    """Bound the number of names and values before each is looked at: every one has at least a byte."""
    if isinstance(value, dict):
        parts = len(value) + sum(len(values) for values in value.values() if isinstance(values, list))
        if parts > limits.ATTRIBUTES_BYTES:
            raise ValueError(
                f"has {parts} names and values, more than {limits.ATTRIBUTES_BYTES} bytes can hold"
            )
    return value


def _attributes(attributes: dict[str, list[str]]) -> dict[str, list[str]]:
    if limits.MARKER_KEY in attributes:
        raise ValueError(f'the name "{limits.MARKER_KEY}" is kept for the worker\'s marker')
    size_bytes = sum(_size(name) + sum(map(_size, values)) for name, values in attributes.items())
    if size_bytes > limits.ATTRIBUTES_BYTES:
        raise ValueError(
            f"has {size_bytes} bytes of names and values in all; at most {limits.ATTRIBUTES_BYTES} are taken"
            f" (Chime's 1 KB less {limits.MARKER_BYTES} for the worker's marker)"
        )
    return attributes


_PLAIN = {"pattern": rf"^[^{limits.NOT_IN_NAMES}]*$"}
_ONE_LINE = {"pattern": r"^[^\n\r\v\f\u0085\u2028\u2029]*$"}  # `limits.LINE_BREAKS`, as JSON Schema writes it

JobId = Annotated[str, Field(pattern=limits.JOB_ID_PATTERN, examples=["order-8812-shipped"])]
MessageId = Annotated[str, Field(pattern=limits.MESSAGE_ID_PATTERN)]
SubChannelId = Annotated[str, Field(pattern=limits.SUB_CHANNEL_ID_PATTERN)]
ChannelName = Annotated[
    str,
    Field(min_length=1, max_length=limits.CHANNEL_NAME_CHARS, json_schema_extra=_PLAIN),
    AfterValidator(_plain),
]
ExpirationDays = Annotated[int, Field(ge=1, le=limits.EXPIRATION_DAYS)]
ContentType = Annotated[str, Field(max_length=limits.CONTENT_TYPE_CHARS)]
PushTitle = Annotated[
    str,
    Field(min_length=1, max_length=limits.PUSH_TITLE_CHARS, json_schema_extra=_ONE_LINE),
    AfterValidator(_one_line),
]
PushBody = Annotated[
    str,
    Field(min_length=1, max_length=limits.PUSH_BODY_CHARS, json_schema_extra=_ONE_LINE),
    AfterValidator(_one_line),
]
AttributeName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.ATTRIBUTE_NAME_CHARS,
        json_schema_extra={"not": {"const": limits.MARKER_KEY}},
    ),
]
AttributeValue = Annotated[str, Field(min_length=1, max_length=limits.ATTRIBUTE_VALUE_CHARS)]
Attributes = Annotated[
    dict[AttributeName, list[AttributeValue]], BeforeValidator(_few_attributes), AfterValidator(_attributes)
]
Content = Annotated[str, Field(min_length=1, json_schema_extra={"maxLength": limits.CONTENT_BYTES})]
MetadataText = Annotated[str, Field(json_schema_extra={"maxLength": limits.METADATA_BYTES} | _ONE_LINE)]
Metadata = Annotated[
    str,
    BeforeValidator(_metadata_text, json_schema_input_type=MetadataText | dict[str, Any]),
    AfterValidator(_metadata),
]
Context = Annotated[str, BeforeValidator(_context, json_schema_input_type=Any)]
InstantText = Annotated[str, Field(json_schema_extra={"format": "date-time", "pattern": instants.PATTERN})]
Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=InstantText)]

# Names, which are resolved later: their patterns are for readers of the schema.
ChannelText = Annotated[str, Field(json_schema_extra={"pattern": arns.CHANNEL_PATTERN})]
ChannelArn = Annotated[str, Field(json_schema_extra={"pattern": arns.CHANNEL_ARN_PATTERN})]
ChannelId = Annotated[str, Field(json_schema_extra={"pattern": arns.CHANNEL_ID_PATTERN})]
MemberName = Annotated[str, Field(json_schema_extra={"pattern": arns.MEMBER_PATTERN})]
CreatedWith = Annotated[list[MemberName], Field(min_length=1, max_length=limits.CREATED_WITH)]
Members = Annotated[list[MemberName], Field(min_length=1, max_length=limits.MEMBERS)]
MembershipType = Literal["DEFAULT", "HIDDEN"]
