"""Instants as producers write them: RFC 3339 with offset. It never reads a clock and never guesses a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_RFC_3339 = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<offset_h>[01][0-9]|2[0-3]):(?P<offset_min>[0-5][0-9]))"
)

PATTERN = f"^{re.sub('[?]P<[a-z_]+>', '?:', _RFC_3339.pattern)}$"
"""The same for readers of JSON Schema, whose regular expressions name groups in another way."""


def parse_instant(text: str) -> datetime:
    """
    Read an RFC 3339 instant as aware UTC, or raise ValueError with a sentence that does not repeat it.

    Any number of fraction digits is read; what is finer than a microsecond is cut off.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("must be an RFC 3339 instant with offset, such as 2030-01-31T09:30:00+01:00")
    if match["second"] == "60":
        raise ValueError("is a leap second (:60), which cannot be kept: write :59 or the next minute")
    if match["hour"] == "24":
        raise ValueError("says 24 o'clock: write 00:00 of the next day")
    microsecond = (match["fraction"] or "")[:6].ljust(6, "0")
    local = f"{match['date']}T{match['hour']}:{match['minute']}:{match['second']}.{microsecond}"
    try:
        return datetime.fromisoformat(local).replace(tzinfo=UTC) - _offset(match)
    except (ValueError, OverflowError):
        raise ValueError("is no instant of the calendar (years 0001 to 9999, UTC)") from None


def _offset(match: re.Match[str]) -> timedelta:
    """How far the written time is ahead of UTC."""
    if match["sign"] is None:
        return timedelta(0)
    ahead = timedelta(hours=int(match["offset_h"]), minutes=int(match["offset_min"]))
    return -ahead if match["sign"] == "-" else ahead
