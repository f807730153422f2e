"""What the operator decided about trying again and about trusting lists. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of trying and of trusting lists."""

    max_attempts: int = 8
    max_crashes: int = 5
    retry_base_s: float = 0.5
    retry_cap_s: float = 300.0
    grace_s: float = 10.0
    may_join: bool = True
    own_bearer_arns: frozenset[str] = frozenset()
    """The worker's: if Chime does not know one of these, no job is at fault."""
    reconciles: bool = True
    """Whether delivered messages are judged once more."""
    publishes: bool = False
    """Whether anybody waits for outcomes."""
