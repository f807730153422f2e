"""
Finds the channel that a job names, or makes it: one look-up a target, whoever waits for it. It ends no job.

With `create` the channel has a derived id, and to make it again is a conflict, which is as good: workers that
race meet in one channel. Without, it is the channel with the derived id, else, for a name, the only channel
listed that is called so. Channels that were found are remembered; a refusal counts only for jobs that were in
hand when its look-up began, because it proves nothing against a channel that was made since.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import assert_never

from worker.contract.reasons import Reason
from worker.contract.targets import ByArn, Creation, Named, OfMembers, Sought, Target
from worker.core.directory import Directory, name_of, no_such_channel
from worker.core.identity import derived_channel_id
from worker.core.recent import Recent
from worker.core.replies import Cause, NotNow, Refused, Resolved, ResolveReply
from worker.loop.calls import Calls
from worker.loop.shared import Shared
from worker.loop.stopping import Stopping
from worker.loop.sweep import Sweep
from worker.ports import Channels, NewChannel

KEPT = 1024
"""Targets that are remembered."""
KEEP_S = 600.0
LAG_S = 5.0
"""A new channel may be missing from descriptions and lists so long; about 2 s have been seen."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up came to; *began_at* is loop time."""

    reply: ResolveReply
    began_at: float


class Resolver:
    """
    The channels that jobs name.

    A job's own bearer makes its channel, and moderates it then; *bearer_arn*, the worker's, finds channels.
    """

    def __init__(
        self,
        channels: Channels,
        calls: Calls,
        *,
        stopping: Stopping,
        rng: Random,
        app_instance_arn: str,
        bearer_arn: str,
    ) -> None:
        self._channels = channels
        self._calls = calls
        self._stopping = stopping
        self._rng = rng
        self._app_instance_arn = app_instance_arn
        self._bearer_arn = bearer_arn
        self._sweep = Sweep(channels, calls, app_instance_arn=app_instance_arn, bearer_arn=bearer_arn)
        self._directory: Directory | None = None
        self._found: Recent[str] = Recent(size=KEPT, keep_s=KEEP_S)
        self._refused: Recent[Answer] = Recent(size=KEPT, keep_s=KEEP_S)
        self._look_ups: Shared[Answer] = Shared()

    def known(self, target: Target) -> str | None:
        """Return the channel's ARN if no call is needed for it."""
        match target:
            case ByArn(arn):
                return arn
            case Named() | OfMembers():
                derived_arn = self._derived_arn(target)
                found = self._found.get(derived_arn, _now())
                return found if target.creation is None or found == derived_arn else None
            case _:
                assert_never(target)

    def lane_of(self, target: Target) -> str:
        """Name the lane of a target's jobs: its channel or, while that is not known, the one made for it."""
        return target.arn if isinstance(target, ByArn) else self.known(target) or self._derived_arn(target)

    def forget(self, target: Target) -> None:
        """Look the target up again when it is asked for next: the channel it led to is gone."""
        if not isinstance(target, ByArn):
            self._found.forget(self._derived_arn(target))
        if isinstance(target, Named) and self._directory is not None:
            self._directory.forget(target.name)

    async def resolve(
        self, target: Target, *, bearer_arn: str, asked_at: float, enqueued_at: float
    ) -> ResolveReply | None:
        """
        Find the channel, or make it; None if the service was asked to stop meanwhile.

        *asked_at* and *enqueued_at*, both loop time, say from when on a refusal counts: if its look-up began
        after the job came, and late enough to see a channel that was made just before it was enqueued.
        """
        if isinstance(target, ByArn):
            return Resolved(target.arn)
        if (channel_arn := self.known(target)) is not None:
            return Resolved(channel_arn)
        maker_arn = bearer_arn if target.creation else self._bearer_arn
        counts_from = asked_at if target.creation else max(asked_at, enqueued_at + LAG_S)
        key = (target, maker_arn)  # a creation that was refused says nothing of one that is made otherwise
        while not self._stopping.requested:
            answer = self._refused.get(key, _now())
            if answer is None or answer.began_at < counts_from:
                answer = await self._look_ups.once(key, partial(self._look_up, target, maker_arn))
            if answer is None:
                continue
            if not isinstance(answer.reply, Refused) or answer.began_at >= counts_from:
                return answer.reply
            await self._stopping.sleep(counts_from - _now())
        return None

    async def _look_up(self, target: Sought, bearer_arn: str) -> Answer | None:
        began_at = _now()
        if target.creation is not None:
            reply = await self._create(target, target.creation, bearer_arn=bearer_arn)
        else:
            reply = await self._find(target, bearer_arn, asked_at=began_at)
        match reply:
            case None:
                return None
            case Resolved(channel_arn):
                self._found.put(self._derived_arn(target), channel_arn, _now())
            case Refused():
                self._refused.put((target, bearer_arn), Answer(reply, began_at), _now())
            case NotNow():
                pass
            case _:
                assert_never(reply)
        return Answer(reply, began_at)

    async def _create(self, target: Sought, creation: Creation, *, bearer_arn: str) -> ResolveReply | None:
        new = NewChannel(
            channel_arn=self._derived_arn(target),
            bearer_arn=bearer_arn,
            # The id makes it happen once. A token that came again after the channel was deleted would be
            # answered with the channel that is gone.
            client_request_token=f"{self._rng.getrandbits(128):032x}",
            name=name_of(target, creation),
            member_arns=target.member_arns if isinstance(target, OfMembers) else (),
            creation=creation,
        )
        call = partial(self._channels.create_channel, new)
        return await self._calls.make(call, bearer_arn=bearer_arn, scope="CreateChannel")

    async def _find(self, target: Sought, bearer_arn: str, *, asked_at: float) -> ResolveReply | None:
        derived_arn = self._derived_arn(target)
        call = partial(self._channels.describe_channel, derived_arn, bearer_arn=bearer_arn)
        described = await self._calls.make(call, bearer_arn=bearer_arn, scope=derived_arn)
        match described:
            case Refused(Reason.BEARER_INVALID, detail):
                return NotNow(Cause.BEARER, detail)  # the worker's own: no job is at fault
            case Refused():  # not there, or not ours to see: Chime has one word for both
                pass
            case _:
                return described
        return await self._listed(target, asked_at) if isinstance(target, Named) else no_such_channel(target)

    async def _listed(self, target: Named, asked_at: float) -> ResolveReply | None:
        """Find a name in the last sweep if it is a channel's there, else in one begun after *asked_at*."""
        while True:
            if (directory := self._directory) is not None:
                found = directory.find(target.name)
                is_recent = _now() - directory.began_at < KEEP_S and isinstance(found, Resolved)
                if is_recent or directory.began_at >= asked_at:
                    return found
            swept = await self._sweep.directory()
            if not isinstance(swept, Directory):
                return swept
            self._directory = swept

    def _derived_arn(self, target: Sought) -> str:
        channel_id = derived_channel_id(self._app_instance_arn, target)
        return f"{self._app_instance_arn}/channel/{channel_id}"


def _now() -> float:
    return asyncio.get_running_loop().time()
