"""What a scripted channel flow does with a message: a frozen value each. No function is ever invoked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Attributes = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Pass:
    """Lets the message through after a while, changed where something is given."""

    kind: Literal["pass"] = "pass"
    delay_s: float = 0.0
    content: str | None = None
    metadata: str | None = None
    attributes: Attributes | None = None
    content_type: str | None = None

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a delay that is none."""
        _check_delay(self.delay_s)


@dataclass(frozen=True, slots=True)
class Fail:
    """Is not reached: after a while the flow's fallback action takes over, ABORT or CONTINUE."""

    kind: Literal["fail"] = "fail"
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a delay that is none."""
        _check_delay(self.delay_s)


@dataclass(frozen=True, slots=True)
class Deny:
    """Denies the message after a while; Chime then forgets it."""

    kind: Literal["deny"] = "deny"
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse, with ValueError, a delay that is none."""
        _check_delay(self.delay_s)


@dataclass(frozen=True, slots=True)
class Hold:
    """Waits for ChannelFlowCallback, perhaps for ever."""

    kind: Literal["hold"] = "hold"


Treatment = Pass | Fail | Deny | Hold


def _check_delay(seconds: float) -> None:
    if not 0 <= seconds < float("inf"):
        raise ValueError("delay_s must be a number of seconds, 0 or more; a message is held for ever by Hold")
