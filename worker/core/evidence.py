"""
What a page of a channel's list proves about a job. It never lists anything.

A message is the job's if it carries the job's marker *and* was sent by the bearer of that attempt:
a marker forged by another member counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.replies import SendStatus

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far our clock and Chime's may be apart: AWS refuses signatures beyond this."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One message of a list: who sent it, and whose marker it carries."""

    message_id: str
    sender_arn: str
    created_at: datetime
    markers: tuple[str, ...] = ()
    is_redacted: bool = False
    is_edited: bool = False
    status: SendStatus = "SENT"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of ListChannelMessages, newest first; *next_token* leads to older ones."""

    messages: tuple[Listed, ...]
    next_token: str | None = None


def list_from(since: datetime) -> datetime:
    """Say from when on to list so that a message of an attempt begun at *since* cannot be missed."""
    return since - CLOCK_TOLERANCE


def found_in(
    page: Page, message_id: str | None, *, markers: frozenset[str], sender_arn: str
) -> Listed | None:
    """
    Find a job's message on a page; the oldest one if the page shows several.

    A MessageId goes before the marker: a channel flow may have rewritten the attributes.
    """
    by_id = [one for one in page.messages if message_id is not None and one.message_id == message_id]
    marked = [
        one for one in page.messages if one.sender_arn == sender_arn and not markers.isdisjoint(one.markers)
    ]
    return min(by_id or marked, key=lambda one: one.created_at, default=None)
