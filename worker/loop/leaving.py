"""How a job leaves the head of its lane without an end. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from worker.core.settlement import Release


@dataclass(frozen=True, slots=True)
class Park:
    """The job cannot go on now, nor its lane without it: both go back to the queue for *after_s*."""

    after_s: float


@dataclass(frozen=True, slots=True)
class Move:
    """The job turned out to be for a channel with a lane of its own: it goes on there, in its place."""

    lane: str


Leave = Release | Park | Move
"""How a job leaves the head of its lane without an end."""
