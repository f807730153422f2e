"""The table of all settings, for `backend-worker settings` and the README."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic.fields import FieldInfo

from worker.settings.model import Settings
from worker.settings.names import environment_name, flag_name
from worker.settings.sources import Texts

_JUDGED_BY = {"WORKER_APP_INSTANCE_ARN": ("WORKER_BEARER", "WORKER_ALLOWED_BEARERS")}


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: what it is, and where its present value came from."""

    name: str
    flag: str | None
    type: str
    default: str
    meaning: str
    value: str
    source: Literal["default", "environment", "flag"]


def rows_of(texts: Texts, *, mistaken: Collection[str] = ()) -> tuple[Row, ...]:
    """
    List all settings, AWS's last, with their present values.

    The values of the *mistaken* ones, and of what was not judged for their sake, are masked: who knows what
    secret was pasted into the wrong place.
    """
    masked = set(mistaken).union(*(_JUDGED_BY.get(name, ()) for name in mistaken))
    fields = sorted(Settings.model_fields.items(), key=lambda item: item[0].startswith("aws_"))
    return tuple(_row(name, field, texts, masked) for name, field in fields)


def markdown_of(rows: Iterable[Row]) -> str:
    """Give the table of the README."""
    lines = [f"| `{row.name}` | {row.default} | {row.meaning} |" for row in rows]
    return "\n".join(["| name | default | meaning |", "|---|---|---|", *lines])


def _row(field_name: str, field: FieldInfo, texts: Texts, masked: Collection[str]) -> Row:
    name = environment_name(field_name)
    default = _default_of(field)
    text = texts.text_of(name)
    return Row(
        name=name,
        flag=flag_name(field_name),
        type=field.title or "",
        default=default,
        meaning=field.description or "",
        value=default if text is None else "***" if name in masked else text,
        source=texts.source_of(name),
    )


def _default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    extra = field.json_schema_extra
    in_words = extra.get("by_default") if isinstance(extra, dict) else None
    match field.default:
        case _ if in_words:
            return str(in_words)
        case None:
            return "none"
        case bool() as value:
            return str(value).lower()
        case value:
            return str(value)
