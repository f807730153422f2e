"""Wrappings: how SNS, EventBridge and CloudEvents carry a job, and how it is taken out. No fetching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, assert_never

from worker.contract import cloud_events, strangers
from worker.contract.reasons import Reason
from worker.contract.rejected import OutcomeCameHome, Rejected, quoted
from worker.contract.strict_json import check_encoded_once, loads
from worker.contract.wire import FIELD_NAMES, FIELDS

MAX_WRAPPINGS = 3

Wrapping = Literal["an SNS notification", "an EventBridge event", "a CloudEvent"]

_TELLING_FIELDS = frozenset(FIELDS[""]) - {"id", "type"}
"""Fields that make a job of an object: ids and types are in almost every event there is."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A value within a body, under the name by which details speak of it."""

    name: str
    value: object = field(repr=False)
    event_job_id: str | None = None
    """The job's id if it has none of its own: derived from the CloudEvent that directly holds it."""


def opened(body: str) -> dict[str, object]:
    """
    Return the job object that a body holds, bare or wrapped, or raise Rejected.

    What lies in a wrapping and has nothing of a job is `not_a_job`; a bare object is left for the job's own
    checks, which know what its fields were meant to be.
    """
    part, depth = _Part("The body", loads(body, tellable=FIELD_NAMES)), 0
    while (wrapping := _wrapping_of(value := _object(part))) is not None:
        if depth == MAX_WRAPPINGS:
            raise _not_a_job(f"{part.name} is {wrapping}, the fourth wrapping: at most three are opened.")
        part, depth = _inside(value, wrapping, name=part.name), depth + 1
    return _taken_out(value, part) if depth else value


def _object(part: _Part) -> dict[str, object]:
    """Return the part's value if it is an object that could be a job or wrap one."""
    value = part.value
    if isinstance(value, str):
        check_encoded_once(value, name=part.name)
    if not isinstance(value, dict):
        raise _not_a_job(f"{part.name} is {strangers.plain_name_of(value)}.")
    if strangers.is_outcome(value):
        raise OutcomeCameHome(f"{part.name} is {strangers.OUTCOME}.")
    if stranger := strangers.name_of(value):
        raise _not_a_job(f"{part.name} is {stranger}.")
    return value


def _wrapping_of(value: Mapping[str, object]) -> Wrapping | None:
    """Tell wrappings by a key that no job and no other wrapping has."""
    match value:
        case {"Type": "Notification"}:
            return "an SNS notification"
        case {"detail-type": str()}:
            return "an EventBridge event"
        case {"specversion": str()}:
            return "a CloudEvent"
        case _:
            return None


def _inside(value: Mapping[str, object], wrapping: Wrapping, *, name: str) -> _Part:
    """Take out what a wrapping holds, if it has all the keys that its sender always sets."""
    match wrapping:
        case "an SNS notification":
            keys = ("MessageId", "TopicArn", "Message", "Timestamp")
            _, topic_arn, message, _ = _texts(value, keys, f"{name} looks like {wrapping}")
            inner = f"The Message of the SNS notification from {quoted(topic_arn)}"
            return _Part(inner, loads(message, name=inner, tellable=FIELD_NAMES))
        case "an EventBridge event":
            _, source = _texts(value, ("id", "source"), f"{name} looks like {wrapping}")
            return _Part(f"The detail of the EventBridge event from {quoted(source)}", value.get("detail"))
        case "a CloudEvent":
            event_id, source, _ = _texts(value, ("id", "source", "type"), f"{name} looks like {wrapping}")
            inner = f"the CloudEvent from {quoted(source)}"
            data = cloud_events.data_of(value, name=inner)
            return _Part(f"The data of {inner}", data, cloud_events.job_id_of(source, event_id))
        case _:
            assert_never(wrapping)


def _texts(value: Mapping[str, object], keys: tuple[str, ...], looks: str) -> list[str]:
    """Return the texts under *keys*; without all of them the value only looks like a wrapping."""
    texts = [text for key in keys if isinstance(text := value.get(key), str) and text]
    if len(texts) < len(keys):
        missing = ", ".join(key for key in keys if not isinstance(value.get(key), str) or not value[key])
        raise _not_a_job(f"{looks}, but these keys are missing, empty or no text: {missing}.")
    return texts


def _taken_out(value: dict[str, object], part: _Part) -> dict[str, object]:
    """Return the job that a wrapping held, under its own id or the event's."""
    if all(value.get(name) is None for name in _TELLING_FIELDS):
        raise _not_a_job(f"{part.name} is no job: it has none of {', '.join(sorted(_TELLING_FIELDS))}.")
    if value.get("id") is None and part.event_job_id is not None:
        return value | {"id": part.event_job_id}
    return value


def _not_a_job(detail: str) -> Rejected:
    return Rejected(Reason.NOT_A_JOB, detail)
