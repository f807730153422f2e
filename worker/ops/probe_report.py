"""What a probe of Chime has seen, as JSON that the emulator can replay. It holds no text of any message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

Repeated = Literal["first_answer", "new_message", "refused"]
"""What became of a send whose client request token had been used before."""

TimeBounds = Literal["inclusive", "exclusive", "mixed"]
"""Whether NotBefore and NotAfter show a message of that very instant; mixed: one does, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error answer; *status* 0 if there was no answer at all, and *code* is what the SDK made of that."""

    code: str
    status: int
    message: str
    error_type: str | None = None
    """The header x-amzn-ErrorType."""
    retry_after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenAnswers:
    """How Chime takes a client request token that comes a second time, soon after the first."""

    same_payload: Repeated
    other_payload: Repeated
    other_channel: Repeated | None
    """None if there was no second channel to try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """Sends begun all at once."""

    admitted_count: int
    refused_count: int
    took_s: float
    retry_after: str | None
    """Of the first refusal; None also if nothing was refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a probe has seen. A Refusal of None: Chime took it."""

    version: Literal[1] = 1
    made_by: str
    region: str
    began_at: str
    token: TokenAnswers
    list_lag_s: tuple[float, ...]
    """From the answer to a send to the first list that showed the message; or as long as a probe waits."""
    describe_lag_s: float | None
    """The same from CreateChannel to DescribeChannel; None if no channel could be made."""
    text_limits: Literal["bytes", "characters"]
    time_bounds: TimeBounds
    default_page_size: int | None
    """None if the channel holds too few messages to tell."""
    burst: Burst
    refusals: Mapping[str, Refusal | None]
    left_behind: int
    """Messages of the probe that it could not delete."""


# A list, because a TypeAdapter takes a config only around dataclasses, not for one.
_REPORTS = TypeAdapter(list[Report], config=ConfigDict(extra="forbid"))


def report_of(text: bytes) -> Report:
    """Read a report; raise ValueError if it is none."""
    [report] = _REPORTS.validate_json(b"[" + text + b"]")
    return report


def json_of(report: Report) -> str:
    """Write a report."""
    return _REPORTS.dump_json([report], indent=2).decode()[1:-1].strip()
