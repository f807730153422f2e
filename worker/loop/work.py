"""
Takes one accepted job from step to step until it ends, or must wait longer than the hand holds it.

What to do is for `decide` to say; this file does it: waits for turns, calls Chime, and keeps the ledger at
least as pessimistic as the truth: before a byte of an attempt leaves, the stored row says that it began.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from worker.contract.job import Job
from worker.contract.requests import Message
from worker.core import decide
from worker.core.backoff import delay_after
from worker.core.reconcile import scheduled
from worker.core.replies import (
    Cause,
    ChangeReply,
    JoinReply,
    Located,
    LocateReply,
    LookReply,
    NoReply,
    NotNow,
)
from worker.core.row import Claim, Ended, Row, Sending, Unclear
from worker.core.settlement import Release
from worker.core.steps import End, Join, Locate, Look, Resolve, Send, Wait
from worker.loop.attempt import AttemptReply, attempt, blamed, change_of, reconsidered, turn_for
from worker.loop.clock_watch import ClockWatch
from worker.loop.gear import CLOCKS_DIFFER, Gear
from worker.loop.hand import Held
from worker.loop.leaving import Leave, Move, Park
from worker.loop.limits import HOLD_S, MAX_HELD_S
from worker.loop.locate import locate
from worker.loop.look import look_at, look_for
from worker.ports import LedgerUnavailable, RowUnreadable

PAUSED_S = 30.0
"""How long the jobs of a paused channel go back to the queue."""


class Overtaken(Exception):
    """Another hand changed the row: *standing* is what the ledger holds now."""

    def __init__(self, standing: Row) -> None:
        super().__init__(standing.job_id)
        self.standing = standing


class Work:
    """One handling of one job: its row as we know it, as it is stored, and our claim on it."""

    def __init__(self, gear: Gear, held: Held, job: Job, row: Row, *, claim_id: str) -> None:
        self._gear = gear
        self._held = held
        self._job = job
        self._row = row
        self._stored: Row | None = None
        self._claim_id = claim_id
        self._clock_watch = ClockWatch(gear.clock)

    async def until_settled(self) -> Row | Leave:
        """
        Do step after step; return the row of the ended job, or how the delivery goes back to the queue.

        Raise Overtaken if somebody else changed the row, LedgerUnavailable if it could not be stored.
        """
        gear = self._gear
        if self._row.version:
            self._row = self._in_our_time(self._row)
            await self._store()  # a job taken over is ours before anything else happens
        while True:
            self._heed_the_clock()
            step = decide.next_step(self._row, gear.clock.now(), gear.policy)
            if isinstance(step, End):
                return await self._end(step.ended)
            if (how := await self._do(step)) is not None:
                return await self._give_back(how)

    async def _do(self, step: Send | Look | Join | Resolve | Locate | Wait) -> Leave | None:
        """Do a step, or say how the job leaves the head of its lane instead."""
        if self._gear.stopping.requested or self._must_go():
            return Release()
        if not isinstance(step, Wait) and self._gear.heart.is_paused(self._row.channel_arn):
            return Park(PAUSED_S)
        match step:
            case Wait(until):
                return await self._wait(until)
            case Resolve():
                await self._resolve()
            case Send() | Look() | Join() | Locate() if self._is_out_of_lane():
                return Move(self._row.channel_arn)
            case Send():
                await self._send()
            case Look():
                await self._look(step)
            case Join():
                await self._join()
            case Locate():
                self._apply(await locate(self._gear, self._row))
            case _:
                assert_never(step)
        return None

    async def _wait(self, until: datetime) -> Release | Park | None:
        """Wait in hand, or say how a job that would have to wait too long goes back."""
        delay_s = (until - self._gear.clock.now()).total_seconds()
        if self._gives_way():
            return Release(delay_s)
        if delay_s > HOLD_S:
            return Park(delay_s)
        await self._gear.stopping.sleep(delay_s)
        return None

    def _in_our_time(self, row: Row) -> Row:
        """Correct when an attempt in doubt ended, if another worker said so: its clock may be behind ours."""
        state, me = row.state, self._gear.identity.worker_id
        if not isinstance(state, Unclear) or state.told_by == me:
            return row
        now = max(state.ended_at, self._gear.clock.now())
        # A file's last worker is gone; meanwhile the clock may have been set: the grace begins anew.
        ended_at = min(state.ended_at + CLOCKS_DIFFER, now) if self._gear.ledger.is_shared else now
        return replace(row, state=replace(state, ended_at=ended_at, told_by=me))

    def _heed_the_clock(self) -> None:
        """If the clock was set forward, the grace is not over the sooner for it: it moves along."""
        jump, state = self._clock_watch.set_forward_by(), self._row.state
        if isinstance(state, Unclear):
            self._row = replace(self._row, state=replace(state, ended_at=state.ended_at + jump))

    def _is_out_of_lane(self) -> bool:
        """On a standard queue a channel's jobs stand in its lane, however they name it."""
        return not self._gear.is_fifo and self._row.channel_arn != self._held.lane

    def _must_go(self) -> bool:
        return self._held.lost or asyncio.get_running_loop().time() - self._held.taken_at > MAX_HELD_S

    def _gives_way(self) -> bool:
        """On a standard queue a job not due, or in front of the send that it changes, lets others pass."""
        row, now = self._row, self._gear.clock.now()
        is_early = row.not_before is not None and row.not_before > now
        return not self._gear.is_fifo and (is_early or row.awaits_message)

    async def _end(self, ended: Ended) -> Row:
        if self._row.state is not ended:
            self._row = decide.end(self._row, ended)
        await self._store()
        return self._row

    async def _give_back(self, how: Leave) -> Leave:
        """Leave the row as the next hand should find it; what was never tried leaves no trace."""
        if self._stored is not None or (self._row.awaits_message and self._row.setbacks):
            self._row = replace(self._row, claim=None)
            await self._put()
        return how

    async def _send(self) -> None:
        gear, row = self._gear, self._row
        if not await turn_for(gear, row, self._job):
            return
        async with gear.slots:
            now = gear.clock.now()
            may_begin = not (gear.stopping.requested or self._must_go())
            if not may_begin or decide.next_step(row, now, gear.policy) != Send():
                gear.turns.unused(row.bearer_arn)
                return
            self._row = decide.begin(row, now)
            try:
                await self._say_that_it_begins()
            except (Overtaken, LedgerUnavailable):
                gear.turns.unused(row.bearer_arn)
                raise
            reply = await attempt(gear, self._row, self._job)
        gear.breaker.note(self._row, reply)
        self._apply(await reconsidered(gear, self._row, self._job, reply))
        if isinstance(self._row.state, Unclear):
            self._row = replace(self._row, state=replace(self._row.state, told_by=gear.identity.worker_id))
            await self._store()

    async def _say_that_it_begins(self) -> None:
        """
        Store that an attempt begins, under a claim that outlasts its call.

        Before every attempt, also one after a 429: whoever took the job over meanwhile stands in the way.
        Nothing is said before the others take us for alive: without a call after it, it would be a crash.
        """
        gear, loop = self._gear, asyncio.get_running_loop()
        deadline_s = gear.limits.call_deadline_s
        while True:
            if not gear.heart.is_known_for(deadline_s):
                await gear.heart.beat()
            asked_at = loop.time()
            self._row = replace(self._row, state=Sending(gear.clock.now()))
            await self._store()
            # a write that took long is dated too early: a crash would seem long ago, so it is said again
            is_new = loop.time() - asked_at <= deadline_s / 2
            if is_new and gear.heart.is_known_for(deadline_s):
                return

    async def _look(self, step: Look) -> None:
        gear, row, request = self._gear, self._row, self._job.request
        reply: LookReply | ChangeReply | None
        if isinstance(request, Message):
            reply = await look_for(gear, row, step)
        else:
            reply = await look_at(gear, row, change_of(gear, row, self._job, request))
        if reply is not None:
            self._apply(await blamed(gear, row, self._job, reply))

    async def _join(self) -> None:
        gear, row = self._gear, self._row
        who, where, part = row.bearer_arn, row.channel_arn, row.sub_channel_id
        call = partial(gear.channels.join, where, bearer_arn=who, sub_channel_id=part)
        make = partial(gear.calls.make, call, bearer_arn=who, scope=where)
        reply = await gear.joins.once((who, where, part), make)
        if reply is not None:
            self._apply(await blamed(gear, row, self._job, reply))

    async def _resolve(self) -> None:
        gear, row, now = self._gear, self._row, asyncio.get_running_loop().time()
        if self._stored is not None and isinstance(self._stored.state, Sending):
            await self._store()  # a refusal brought us here: after a crash nobody need look for that attempt
        age_s = (gear.clock.now() - self._held.delivery.sent_at).total_seconds()
        reply = await gear.resolver.resolve(
            self._job.target,
            bearer_arn=row.bearer_arn,
            asked_at=self._held.taken_at,
            enqueued_at=now - age_s,
        )
        if reply is not None:
            reply = await blamed(gear, row, self._job, reply)
            self._row = decide.after(self._row, reply, now=gear.clock.now(), policy=gear.policy, rng=gear.rng)
        if self._row.channel_arn and self._job.bearer_arn is None and not self._row.sends:
            self._row = replace(self._row, bearer_arn=gear.identity.bearer_for(self._row.channel_arn))

    def _apply(self, reply: AttemptReply | LookReply | JoinReply | LocateReply) -> None:
        gear, row = self._gear, self._row
        match reply:
            case NotNow(Cause.THROTTLED):
                gear.turns.throttled(row.bearer_arn, row.channel_arn)
            case NotNow() | NoReply() | Located():
                pass
            case _:
                gear.turns.answered(row.bearer_arn, row.channel_arn)
        self._row = decide.after(row, reply, now=gear.clock.now(), policy=gear.policy, rng=gear.rng)
        is_deleted = self._row.type == "delete_channel" and isinstance(self._row.state, Ended)
        if not self._row.channel_arn or is_deleted:
            gear.resolver.forget(self._job.target)

    async def _store(self) -> None:
        """Store the row under our claim, or without one if it has ended."""
        if not isinstance(self._row.state, Ended):
            until = self._gear.clock.now() + timedelta(seconds=self._gear.limits.visibility_timeout_s)
            worker_id = self._gear.identity.worker_id
            self._row = replace(self._row, claim=Claim(self._claim_id, until, worker_id))
        await self._put()

    async def _put(self) -> None:
        """Put the row; while the ledger is out, try again as long as that can still be of use."""
        gear, loop = self._gear, asyncio.get_running_loop()
        began_at, tries = loop.time(), 0
        self._row = scheduled(self._row, gear.policy)
        patience_s = MAX_HELD_S if self._row.sends else HOLD_S
        # A row that says Sending is stored before its call: until then there is no reply that could be lost.
        has_reply = bool(self._row.sends) and not isinstance(self._row.state, Sending)
        while True:
            try:
                standing = await gear.ledger.put(self._row)
            except RowUnreadable:
                raise
            except LedgerUnavailable as fault:
                gear.intake.failed("ledger", str(fault))
                tries += 1
                if loop.time() - began_at > patience_s or (gear.stopping.requested and not has_reply):
                    raise
                await asyncio.sleep(delay_after(tries, base_s=0.2, cap_s=5.0, rng=gear.rng))
                continue
            gear.intake.works("ledger")
            stored = replace(self._row, version=self._row.version + 1)
            if standing is not None and standing != stored:  # equal: ours, of a try whose reply was lost
                raise Overtaken(standing)
            self._row = self._stored = stored
            return
