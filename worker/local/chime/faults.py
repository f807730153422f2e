"""
Scripted trouble: which call meets which fault. The plan decides, the host plays it.

The HTTP app plays a fault as bytes and silence; a simulation reads only whether the call takes
effect, and what the caller sees. Faults never change what Chime itself would have answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, assert_never

When = Literal["before", "after"]
_MOST_S = 3600.0
BrokenBody = Literal["truncated", "html", "empty", "no_members", "number_for_id", "list"]


def _check_span(name: str, seconds: float) -> None:
    if not 0 <= seconds <= _MOST_S:
        raise ValueError(f"{name} must be between 0 and {_MOST_S:.0f} seconds")


def _check_header(name: str, text: str) -> None:
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{name} must be printable ASCII")


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answers with an error, before the call takes effect or although it did."""

    kind: Literal["refuse"] = "refuse"
    status: int = 500
    code: str = "ServiceFailureException"
    message: str = "Service failure"
    when: When = "before"

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what HTTP cannot carry."""
        if not 200 <= self.status <= 599:
            raise ValueError("status must be between 200 and 599")
        _check_header("code", self.code)


@dataclass(frozen=True, slots=True)
class Slow:
    """Answers right, but late; the call takes effect after the delay if that comes "before" it."""

    kind: Literal["slow"] = "slow"
    delay_s: float = 1.0
    when: When = "after"

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a delay that is none."""
        _check_span("delay_s", self.delay_s)


@dataclass(frozen=True, slots=True)
class Drip:
    """Takes effect and answers right, a few bytes at a time: every read is quick, the answer is not."""

    kind: Literal["drip"] = "drip"
    chunk_bytes: int = 8
    interval_s: float = 0.1

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a drip that never gets anywhere."""
        if self.chunk_bytes < 1:
            raise ValueError("chunk_bytes must be 1 or more")
        _check_span("interval_s", self.interval_s)


@dataclass(frozen=True, slots=True)
class Drop:
    """Cuts the connection without an answer, before the call takes effect or after."""

    kind: Literal["drop"] = "drop"
    when: When = "after"


@dataclass(frozen=True, slots=True)
class Broken:
    """Takes effect and says so (2xx), but with a body that nobody can use. A refusal stays as it is."""

    kind: Literal["broken"] = "broken"
    body: BrokenBody = "truncated"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Sends the caller elsewhere; without effect."""

    kind: Literal["redirect"] = "redirect"
    location: str = "http://127.0.0.1:9/"
    status: int = 307

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what HTTP cannot carry."""
        if not 300 <= self.status <= 399:
            raise ValueError("status must be between 300 and 399")
        _check_header("location", self.location)


Fault = Refuse | Slow | Drip | Drop | Broken | Redirect

THROTTLED = Refuse(status=429, code="ThrottledClientException", message="Rate exceeded")
UNAVAILABLE = Refuse(status=503, code="ServiceUnavailableException", message="Service unavailable")
FAILURE = Refuse()
FAILURE_AFTER_EFFECT = Refuse(when="after")
LOST_REQUEST = Drop(when="before")
LOST_REPLY = Drop(when="after")


def takes_effect(fault: Fault | None) -> bool:
    """Whether the call reaches Chime's state, whatever its caller gets to see."""
    match fault:
        case Refuse(when=when) | Drop(when=when):
            return when == "after"
        case Redirect():
            return False
        case None | Slow() | Drip() | Broken():
            return True
        case _:
            assert_never(fault)


@dataclass(frozen=True, slots=True)
class FaultRule:
    """
    A fault for the calls that match: None matches all.

    Of those, it strikes from the *first* on (counted from 1), *times* in all (None: for ever),
    each with *probability*.
    """

    fault: Fault
    operation: str | None = None
    channel: str | None = None
    bearer: str | None = None
    first: int = 1
    times: int | None = None
    probability: float = 1.0

    def matches(self, operation: str, *, channel: str, bearer: str) -> bool:
        """Whether such a call is one of this rule's."""
        return (
            self.operation in (None, operation)
            and self.channel in (None, channel)
            and self.bearer in (None, bearer)
        )


class FaultPlan:
    """The rules in force, and how often each has matched and struck. The first rule that strikes wins."""

    def __init__(self, rng: Random, *, rules: Sequence[FaultRule] = ()) -> None:
        self._rng = rng
        self._scripts = [_Script(rule) for rule in rules]

    def add(self, *rules: FaultRule) -> None:
        """Put more rules behind those in force."""
        self._scripts += [_Script(rule) for rule in rules]

    def clear(self) -> None:
        """No more trouble."""
        self._scripts.clear()

    def fault_for(self, operation: str, *, channel: str, bearer: str) -> Fault | None:
        """The fault the next such call meets, or None. Asking counts as a call."""
        for script in self._scripts:
            if script.rule.matches(operation, channel=channel, bearer=bearer) and script.strikes(self._rng):
                return script.rule.fault
        return None

    def struck(self) -> list[tuple[FaultRule, int]]:
        """Every rule in force with the number of calls it struck."""
        return [(script.rule, script.struck) for script in self._scripts]


@dataclass(slots=True)
class _Script:
    rule: FaultRule
    matched: int = 0
    struck: int = 0

    def strikes(self, rng: Random) -> bool:
        self.matched += 1
        if self.matched < self.rule.first:
            return False
        if self.rule.times is not None and self.struck >= self.rule.times:
            return False
        if self.rule.probability < 1 and rng.random() >= self.rule.probability:
            return False
        self.struck += 1
        return True
