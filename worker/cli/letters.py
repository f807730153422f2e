"""Dead letters in words and as JSON: all that they say beside their bodies, which are the jobs' texts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import timedelta

from worker.adapters.sqs_dead_letters import StoredLetter
from worker.cli.standing import stamp
from worker.contract.arns import AppInstance
from worker.ops.dead_letters import age_of, job_id_of
from worker.ports import Attribute
from worker.terminal import escape

UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def as_json(letter: StoredLetter, home: AppInstance) -> dict[str, object]:
    """Tell it for programs."""
    return {
        "sqs_message_id": letter.id,
        "job_id": job_id_of(letter, home),
        "reason": letter.reason,
        "detail": letter.said("detail"),
        "attempts": _number(letter.said("attempts")),
        "first_failed_at": letter.said("first_failed_at"),
        "worker_version": letter.said("worker_version"),
        "sent_at": stamp(letter.delivery.sent_at),
        "age_s": int(age_of(letter).total_seconds()),
        "group_id": letter.delivery.group_id,
        "moved_from": letter.moved_from,
    }


def attributes_as_json(attributes: Mapping[str, Attribute]) -> dict[str, object]:
    """Tell all attributes for programs; binary ones as Base64."""
    return {name: {"type": each.data_type, "value": _shown(each)} for name, each in attributes.items()}


def as_line(letter: StoredLetter, home: AppInstance) -> str:
    """Tell it for people, in one escaped line."""
    attempts = letter.said("attempts")
    counted = f"  {attempts} attempt{'' if attempts == '1' else 's'}" if attempts else ""
    age = short(age_of(letter))
    return escape(f"{name_of(letter, home)}  {letter.reason}  {age} old{counted}  ({letter.id})")


def as_lines(letter: StoredLetter, home: AppInstance) -> Iterator[str]:
    """Tell it for people: one escaped line a fact, then all attributes as they are."""
    for name, fact in as_json(letter, home).items():
        if fact is not None:
            yield f"{name:<16}{escape(str(fact))}"
    yield "attributes"
    for name, each in sorted(letter.delivery.attributes.items()):
        yield escape(f"  {name} ({each.data_type}): {_shown(each)}")


def name_of(letter: StoredLetter, home: AppInstance) -> str:
    """Name it by its job, if that is known."""
    return job_id_of(letter, home) or "no job id"


def short(age: timedelta) -> str:
    """Write an age in its largest unit."""
    seconds = max(0, int(age.total_seconds()))
    return next((f"{seconds // size}{unit}" for size, unit in UNITS if seconds >= size), "0s")


def _shown(attribute: Attribute) -> str:
    value = attribute.value
    return value if isinstance(value, str) else b64encode(value).decode()


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
