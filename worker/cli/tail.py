"""Follows a channel: what its newest page shows as new, edited or redacted. It cannot see deletions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from worker.cli.chime_reading import sentence_on
from worker.core.replies import Refused
from worker.terminal import escape, talk

if TYPE_CHECKING:
    from worker.adapters.chime_reader import ChimeReader, Posted

FOLLOW_EVERY_S = 2.0
SHARE = 0.1
"""Of the bearer's rate, at most: what is followed for hours may not slow a worker down."""
MOST_REMEMBERED = 10_000
"""Messages that were shown; one that comes back after so many others is taken for new."""

Version = tuple[datetime | None, bool, str]


class Shown:
    """Which messages were shown, and in which version."""

    def __init__(self, messages: Sequence[Posted] = ()) -> None:
        self._versions: dict[str, Version] = {}
        self.fresh(messages)

    def knows_one_of(self, page: Sequence[Posted]) -> bool:
        """Whether the list from here on was seen before."""
        return any(message.message_id in self._versions for message in page)

    def fresh(self, newest_first: Sequence[Posted]) -> list[Posted]:
        """Return, oldest first, what was not shown like this yet, and take it as shown."""
        fresh = []
        for message in reversed(newest_first):
            version = (message.edited_at, message.is_redacted, message.status)
            if self._versions.pop(message.message_id, None) != version:
                fresh.append(message)
            self._versions[message.message_id] = version  # at the end: the oldest are forgotten first
        while len(self._versions) > MOST_REMEMBERED:
            del self._versions[next(iter(self._versions))]
        return fresh


def follow_every_s(bearer_rate_per_s: float) -> float:
    """Seconds between two calls."""
    return max(FOLLOW_EVERY_S, 1 / (SHARE * bearer_rate_per_s))


async def follow(
    reader: ChimeReader, channel_arn: str, *, since: datetime | None, shown: Shown, every_s: float
) -> AsyncIterator[Sequence[Posted]]:
    """
    Tell every *every_s* which messages since *since* are new or have changed, if any do; for ever.

    Outages are waited out, and told at their edges. Raise CannotList if Chime refuses.
    """
    from worker.adapters.chime_reader import CannotList  # noqa: PLC0415 (the SDK is slow)

    slow_reader = replace(reader, pause_s=every_s)
    out = False
    while True:
        await asyncio.sleep(every_s)
        try:
            newest = await _unseen(slow_reader, channel_arn, since=since, shown=shown)
        except CannotList as fault:
            if isinstance(fault.reply, Refused):
                raise
            if not out:
                talk(f"{escape(sentence_on(fault))} Following goes on every {every_s:g} s.")
            out = True
            yield ()
            continue
        if out:
            talk("Chime answers again")
            out = False
        yield shown.fresh(newest)


async def _unseen(
    reader: ChimeReader, channel_arn: str, *, since: datetime | None, shown: Shown
) -> list[Posted]:
    """List the newest messages, as far back as to a page that shows a known one."""
    newest: list[Posted] = []
    async with aclosing(reader.messages(channel_arn, since=since)) as pages:
        async for page in pages:
            newest += page
            if shown.knows_one_of(page):
                break
    return newest
