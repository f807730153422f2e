"""What one process saw end. It counts; it never decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one process; duplicates are not counted again."""

    ended: Counter[Outcome] = field(default_factory=Counter)
    """Jobs that left the queue for good, by outcome."""
    dead_lettered: Counter[Reason] = field(default_factory=Counter)
    """Jobs that went to the dead letter queue, by reason; also bodies that are no job, which have no row."""
