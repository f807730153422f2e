"""
Looks for what a job did, by reading only.

A message: in its channel's list, newest first, until it is seen or absent. A change: at what was to change.
"""

from __future__ import annotations

from worker.core.evidence import Page, found_in, list_from
from worker.core.identity import possible_markers
from worker.core.replies import Absent, ChangeReply, LookReply, NotNow, Refused, Seen, Unchanged
from worker.core.row import Row
from worker.core.steps import Look
from worker.loop.gear import Gear
from worker.loop.pages import pages
from worker.ports import Change

MAX_PAGES = 200
"""A look that has read so many pages gives up: it has proved nothing."""


async def look_at(gear: Gear, row: Row, change: Change) -> ChangeReply | LookReply | None:
    """Look whether a part of a change was made, by one call; None if the service was asked to stop."""
    asked_at = gear.clock.now()
    if not await gear.turns.for_call(row.bearer_arn):
        return None
    async with gear.slots:
        reply = await gear.channels.look_at(change)
    return Absent(asked_at, whole=True) if isinstance(reply, Unchanged) else reply


async def look_for(gear: Gear, row: Row, step: Look) -> LookReply | None:
    """
    List the row's channel back to the beginning of the attempt, one turn of the bearer a page.

    None if the service was asked to stop meanwhile. A list that does not come to an end proves nothing.
    """
    asked_at = gear.clock.now()
    markers = possible_markers(gear.identity.app_instance_arn, row.job_id)

    async def fetch(token: str | None) -> Page | Refused | NotNow | None:
        if not await gear.turns.for_call(row.bearer_arn):
            return None
        async with gear.slots:
            return await gear.channels.list_messages(
                row.channel_arn,
                bearer_arn=row.bearer_arn,
                not_before=list_from(step.since),
                sub_channel_id=row.sub_channel_id,
                next_token=token,
            )

    async for page in pages(fetch, most=MAX_PAGES):
        if not isinstance(page, Page):
            return page
        if (found := found_in(page, None, markers=markers, sender_arn=row.bearer_arn)) is not None:
            return Seen(found.message_id, found.status)
        if page.next_token is None or not step.whole:
            return Absent(asked_at, whole=page.next_token is None)
    return None
