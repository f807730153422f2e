"""
Reconciles: explains what no delivery in hand will explain, with the calls that sends can spare.

What to do with a row, and what an answer makes of it, is for `worker.core.reconcile` to say. One list a
channel, bearer and pass serves all its rows. Who else changed a row meanwhile is right: writes are
conditional.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import assert_never

import structlog

from worker.core import reconcile
from worker.core.evidence import Page, found_in, list_from
from worker.core.identity import possible_markers
from worker.core.notice import notice_of
from worker.core.reconcile import Ask, Conclude, Publish, Read
from worker.core.replies import Absent, Cause, NotNow, Refused, Status
from worker.core.row import Ended, Row
from worker.loop.calls import Calls
from worker.loop.clock_watch import ClockWatch
from worker.loop.gear import CLOCKS_DIFFER, Gear
from worker.loop.look import MAX_PAGES
from worker.loop.pages import pages
from worker.loop.publish import NotPublished
from worker.ports import LedgerUnavailable

log = structlog.get_logger()

SHARD_LIMIT = 200
"""Rows of a shard that one pass takes up; what is put off makes room for others in the next."""
Lists = dict[tuple[str, str | None, str], list[Row]]
"""Rows by what one list serves: a channel, or a sub-channel of it, as one bearer sees it."""
STOPPING = NotNow(Cause.UNAVAILABLE, "the worker is stopping")


class Reconciler:
    """Goes over the rows that are due in this worker's shards, pass after pass."""

    def __init__(self, gear: Gear) -> None:
        self._gear = gear
        self._calls = Calls(gear.turns, gear.slots, wait=gear.turns.for_spare, stopping=gear.stopping)
        self._clock_watch = ClockWatch(gear.clock)
        self._trusted_from = float("-inf")
        """From this loop time on the wall clock tells again how long a message has been there."""

    async def forever(self, interval_s: float) -> None:
        """Pass after pass, until cancelled; a ledger that is out is told once."""
        is_out = False
        while True:
            await asyncio.sleep(interval_s * self._gear.rng.uniform(0.9, 1.1))
            try:
                await self.once(self._gear.heart.fleet.shards(), within_s=interval_s)
            except LedgerUnavailable as fault:
                if not is_out:
                    log.warning("reconciliation.failed", cause=str(fault))
                is_out = True
            else:
                is_out = False

    async def once(self, shards: Iterable[int], *, within_s: float = inf) -> Counter[str]:
        """
        Go over the due rows of *shards* once; count what came of them. Raise LedgerUnavailable.

        Jobs that are only to be judged come last, the longest overdue first: nobody waits for a verdict, and
        what is left of them after *within_s* is for the next pass.
        """
        ends_at = asyncio.get_running_loop().time() + within_s
        counts: Counter[str] = Counter()
        to_judge: Lists = defaultdict(list)
        for shard in sorted(shards):
            awaited: Lists = defaultdict(list)
            for row in await self._gear.ledger.due(shard, limit=SHARD_LIMIT):
                if row.claim is None or not self._gear.is_live(row.claim):
                    lists = to_judge if reconcile.is_to_be_judged(row) else awaited
                    lists[row.channel_arn, row.sub_channel_id, row.bearer_arn].append(row)
            for rows in awaited.values():
                await self._go_over(rows, counts)
        for rows in sorted(to_judge.values(), key=lambda rows: rows[0].due_at or rows[0].received_at):
            if asyncio.get_running_loop().time() > ends_at:
                break
            await self._go_over(rows, counts)
        return counts

    async def _go_over(self, rows: Sequence[Row], counts: Counter[str]) -> None:
        """Do the errands of one bearer's rows in a channel: one by one, then by one list for all the rest."""
        unread: list[Row] = []
        for row in rows:
            match reconcile.errand(row, self._gear.clock.now()):
                case None:
                    await self._store(reconcile.scheduled(row, self._gear.policy), counts)
                case Publish():
                    await self._publish(row, counts)
                case Conclude(ended):
                    await self._store(reconcile.conclude(row, ended, self._gear.policy), counts)
                case Ask(message_id):
                    if (asked := await self._ask(row, message_id)) is not None:
                        await self._store(asked, counts)
                    else:
                        unread.append(row)
                case Read():
                    unread.append(row)
                case other:
                    assert_never(other)
        if unread:
            await self._read(unread, counts)

    async def _ask(self, row: Row, message_id: str) -> Row | None:
        """Ask for a message's status; None if Chime does not tell it, so that the list has to."""
        gear = self._gear
        call = partial(
            gear.channels.message_status,
            row.channel_arn,
            message_id,
            bearer_arn=row.bearer_arn,
            sub_channel_id=row.sub_channel_id,
        )
        reply = await self._calls.make(call, bearer_arn=row.bearer_arn, scope=row.channel_arn)
        now = gear.clock.now()
        match reply:
            case Status():
                return reconcile.told(row, reply, now, gear.policy)
            case Refused():
                return None
            case NotNow():
                return reconcile.unread(row, reply, now)
            case None:
                return reconcile.unread(row, STOPPING, now)
            case _:
                assert_never(reply)

    async def _read(self, rows: Sequence[Row], counts: Counter[str]) -> None:
        """Read the channel's list until every row's message is found, or the list proves it absent."""
        gear = self._gear
        open_rows = {row.job_id: row for row in rows}
        # What other workers stamped may be later than it seems to our clock.
        asked_at = gear.clock.now() - (CLOCKS_DIFFER if gear.ledger.is_shared else timedelta(0))
        absent = Absent(asked_at, whole=False)
        proves = self._is_clock_trusted()
        hindrance: Refused | NotNow | None = None
        async for page in self._pages(rows):
            if not isinstance(page, Page):
                hindrance = page
                break
            absent = replace(absent, whole=proves and page.next_token is None)
            for row in list(open_rows.values()):
                markers = possible_markers(gear.identity.app_instance_arn, row.job_id)
                found = found_in(page, row.message_id, markers=markers, sender_arn=row.bearer_arn)
                if found is not None:
                    del open_rows[row.job_id]
                    now = gear.clock.now()
                    new = reconcile.read(row, found, absent, now=now, policy=gear.policy, rng=gear.rng)
                    await self._store(new, counts)
            if not open_rows:
                return
        now = gear.clock.now()
        for row in open_rows.values():
            if hindrance is None:
                new = reconcile.read(row, None, absent, now=now, policy=gear.policy, rng=gear.rng)
            else:
                new = reconcile.unread(row, hindrance, now)
            await self._store(new, counts)

    def _is_clock_trusted(self) -> bool:
        """Tell whether absence may count: not for one grace after the clock was set forward."""
        now = asyncio.get_running_loop().time()
        if self._clock_watch.set_forward_by():
            self._trusted_from = now + self._gear.policy.grace_s
        return now >= self._trusted_from

    async def _pages(self, rows: Sequence[Row]) -> AsyncIterator[Page | Refused | NotNow]:
        """
        List back to the oldest of *rows*, as their bearer, or else as the first of ours that Chime lets list.

        If the last item is no page, the list proves nothing absent: it ended early, or does not come to an
        end, or is another bearer's, who sees neither targeted messages nor what a channel flow still has.
        """
        refused: Refused | None = None
        not_before = list_from(min(map(reconcile.since_of, rows)))
        for bearer_arn in dict.fromkeys([rows[0].bearer_arn, *self._gear.identity.pool]):
            fetch = partial(self._page, rows[0], bearer_arn, not_before)
            async for page in pages(fetch, most=MAX_PAGES):
                if isinstance(page, Refused):
                    refused = page
                    break
                yield page or STOPPING
            else:
                break
        if refused is not None:
            yield refused

    async def _page(
        self, row: Row, bearer_arn: str, not_before: datetime, token: str | None
    ) -> Page | Refused | NotNow | None:
        call = partial(
            self._gear.channels.list_messages,
            row.channel_arn,
            bearer_arn=bearer_arn,
            not_before=not_before,
            sub_channel_id=row.sub_channel_id,
            next_token=token,
        )
        return await self._calls.insist(call, bearer_arn=bearer_arn, scope=row.channel_arn)

    async def _store(self, row: Row, counts: Counter[str]) -> None:
        """Store a row unless somebody else changed it meanwhile; then pay what it owes."""
        if await self._gear.ledger.put(row) is not None:
            return
        stored = replace(row, version=row.version + 1)
        what = _came_to(row)
        counts[what] += 1
        if row.owed or row.verdict:
            log.info("job.reconciled", job_id=row.job_id, channel_arn=row.channel_arn, came_to=what)
        if stored.owed:
            await self._publish(stored, counts)

    async def _publish(self, row: Row, counts: Counter[str]) -> None:
        gear = self._gear
        if gear.policy.publishes:
            try:
                await gear.publisher.publish(
                    notice_of(
                        row, context=row.context, traceparent=row.traceparent, delivery="", kind="first"
                    )
                )
            except NotPublished:
                return  # it stays owed, and due
        if await gear.ledger.put(reconcile.paid(row, gear.policy)) is None:
            counts["published"] += 1


def _came_to(row: Row) -> str:
    """Name what a row came to, for the count."""
    if row.verdict is not None:
        return row.verdict
    if row.due_at is not None and not row.owed:
        return "put off"
    return row.state.outcome if isinstance(row.state, Ended) else row.state.kind
