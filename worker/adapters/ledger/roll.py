"""The lines of a ledger's roll as text: heartbeats of workers, and what is paused. It makes no call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from worker.core.fleet import Member, Pause, Roll

REMEMBERED = timedelta(minutes=10)
"""An older heartbeat is left out. Clocks differ by less, and the living have seen it stop by then."""

_codec: TypeAdapter[Member | Pause] = TypeAdapter(Member | Pause)


def to_json(line: Member | Pause) -> str:
    """Write a line of the roll."""
    return _codec.dump_json(line).decode()


def roll_from(texts: Iterable[str], now: datetime) -> Roll:
    """Read stored lines. What is not understood is a newer version's, and left out."""
    return roll_of(_readable(texts), now)


def roll_of(lines: Iterable[Member | Pause], now: datetime) -> Roll:
    """Put lines in order, without workers that have not been heard of for long."""
    lines = tuple(lines)
    members = (one for one in lines if isinstance(one, Member) and one.seen_at > now - REMEMBERED)
    pauses = (one for one in lines if isinstance(one, Pause))
    return Roll(
        members=tuple(sorted(members, key=lambda one: one.id)),
        pauses=tuple(sorted(pauses, key=lambda one: one.channel_arn or "")),
    )


def _readable(texts: Iterable[str]) -> Iterator[Member | Pause]:
    for text in texts:
        with suppress(ValueError):
            yield _codec.validate_json(text)
