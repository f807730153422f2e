"""
Dead letters: a job as it stands in the dead letter queue, fitted into SQS's limits. It never sends anything.

The body stays byte for byte and the producer's attributes stay; six of ours say why (contract, section 5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from worker.contract.limits import REDRIVE_COUNT
from worker.contract.rejected import printable
from worker.core.settlement import Letter
from worker.ports import Attribute, Delivery, LetterDoesNotFit

ATTRIBUTE_LIMIT = 10
MESSAGE_LIMIT_BYTES = 1_048_576
DETAIL_LIMIT_BYTES = 1024
OWN_ATTRIBUTES = ("reason", "detail", "job_id", "attempts", "first_failed_at", "worker_version")
"""What we add, the most important first: from the end of it they are left out."""
STABLE_GROUP = "backend-worker"
"""The message group of a dead letter whose job had none, where the dead letter queue is FIFO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedLetter:
    """What the dead letter queue is sent, or the source queue when the job goes back."""

    body: str = field(repr=False)
    attributes: Mapping[str, Attribute] = field(repr=False)
    group_id: str | None
    deduplication_id: str
    """SQS swallows a second copy of the same delivery, and never that of a job which came back."""
    trace_header: str | None


def fit(delivery: Delivery, letter: Letter, *, limit_bytes: int, worker_version: str) -> FittedLetter:
    """Write a dead letter; raise LetterDoesNotFit if its body and reason exceed *limit_bytes*."""
    attributes = _wanted(delivery, letter, worker_version)
    limit_bytes = min(limit_bytes, MESSAGE_LIMIT_BYTES)
    room_bytes = limit_bytes - len(_raw(delivery.body))
    for name in _in_order_of_leaving_out(attributes):
        if len(attributes) <= ATTRIBUTE_LIMIT and size_bytes(attributes) <= room_bytes:
            break
        del attributes[name]
    if size_bytes(attributes) > room_bytes:
        raise LetterDoesNotFit(f"the body and its reason are longer than the queue's {limit_bytes} bytes")
    return FittedLetter(
        body=delivery.body,
        attributes=attributes,
        group_id=delivery.group_id,
        deduplication_id=delivery.message_id,
        trace_header=delivery.trace_header,
    )


def redriven(letter: Delivery, *, limit_bytes: int) -> FittedLetter:
    """
    Write the job of a dead letter as it goes back to its queue: ours taken off, its redrives counted.

    The count is left out where it does not fit. The deduplication id is the letter's own MessageId: after
    a crash between send and delete SQS may swallow the second copy, and a job that comes back has another.
    """
    attributes = {name: each for name, each in letter.attributes.items() if name not in OWN_ATTRIBUTES}
    counted = attributes | _counted_once_more(attributes.get(REDRIVE_COUNT))
    room_bytes = min(limit_bytes, MESSAGE_LIMIT_BYTES) - len(_raw(letter.body))
    fits = len(counted) <= ATTRIBUTE_LIMIT and size_bytes(counted) <= room_bytes
    return FittedLetter(
        body=letter.body,
        attributes=counted if fits else attributes,
        group_id=letter.group_id,
        deduplication_id=letter.message_id,
        trace_header=letter.trace_header,
    )


def _counted_once_more(count: Attribute | None) -> dict[str, Attribute]:
    match count:
        case None:
            return {REDRIVE_COUNT: Attribute("Number", "1")}
        case Attribute("Number", str(text)) if text.isdecimal():
            return {REDRIVE_COUNT: Attribute("Number", str(int(text) + 1))}
        case _:  # a producer's own, by chance under this name: it stays
            return {}


def size_bytes(attributes: Mapping[str, Attribute]) -> int:
    """Count attributes as SQS does: name, type and value, all in UTF-8."""
    return sum(
        len(name.encode()) + len(each.data_type.encode()) + len(_raw(each.value))
        for name, each in attributes.items()
    )


def _wanted(delivery: Delivery, letter: Letter, worker_version: str) -> dict[str, Attribute]:
    """All that a letter should carry. An attribute of ours that came back is replaced."""
    producers = {name: each for name, each in delivery.attributes.items() if name not in OWN_ATTRIBUTES}
    ours = {
        "reason": _text(letter.reason.value),
        "detail": _text(_cut(printable(letter.detail))),
        "job_id": _text(letter.job_id or ""),
        "attempts": Attribute("Number", str(letter.attempts)),
        "first_failed_at": _text(_stamp(letter.first_failed_at)),
        "worker_version": _text(worker_version),
    }
    return producers | {name: each for name, each in ours.items() if each.value}  # SQS takes no empty value


def _in_order_of_leaving_out(attributes: Mapping[str, Attribute]) -> Iterator[str]:
    """Ours from the least important on, then the producer's; the reason stays."""
    yield from [name for name in reversed(OWN_ATTRIBUTES[1:]) if name in attributes]
    yield from sorted((name for name in attributes if name not in OWN_ATTRIBUTES), reverse=True)


def _text(value: str) -> Attribute:
    return Attribute("String", value)


def _raw(value: str | bytes) -> bytes:
    """Encode for counting; half a surrogate pair, which SQS refuses, must not stop us here."""
    return value if isinstance(value, bytes) else value.encode(errors="surrogatepass")


def _cut(text: str) -> str:
    return text.encode()[:DETAIL_LIMIT_BYTES].decode(errors="ignore")


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
