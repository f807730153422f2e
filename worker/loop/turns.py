"""Who may call Chime next: callers wait in line for their bearer's and their channel's pace."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Literal

from worker.core.pace import Bucket, ThrottleJudge

GATES = 1000
"""Idle buckets of channels, or bearers, beyond this number are forgotten: they have nothing to remember."""

BATCH_RATE_PER_S = 1.0
"""Batches of members that a channel takes a second: Chime's quota of BatchCreateChannelMembership."""
SPARE_LOOK_S = 0.25
"""How often a call that waits for the sends to be done looks whether they are."""


class Gate:
    """A line of callers before one token bucket. A lane has at most one caller in it: round robin."""

    def __init__(self, rate_per_s: float) -> None:
        self.bucket = Bucket(rate_per_s)
        self._line: deque[asyncio.Future[bool]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_crowded(self) -> bool:
        """Whether somebody waits."""
        return bool(self._line)

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits, somebody could pass at once, and no 429 is remembered."""
        delay_s = self.bucket.delay(asyncio.get_running_loop().time())
        return not self._line and delay_s <= 0.0 and self.bucket.rate_per_s >= self.bucket.ceiling_per_s

    async def turn(self) -> bool:
        """Wait for a turn, and spend it; False if the line was closed instead."""
        loop = asyncio.get_running_loop()
        if not self._line and self.bucket.delay(loop.time()) <= 0.0:
            self.bucket.take(loop.time())
            return True
        place: asyncio.Future[bool] = loop.create_future()
        self._line.append(place)
        self._arm(loop)
        try:
            return await place
        except asyncio.CancelledError:
            if place in self._line:
                self._line.remove(place)
            elif place.done() and not place.cancelled() and place.result():
                self.bucket.give_back()
            self._arm(loop)
            raise

    def close(self) -> None:
        """Send everybody in the line away."""
        while self._line:
            place = self._line.popleft()
            if not place.done():
                place.set_result(False)

    def give_back(self) -> None:
        """Return a turn that was not used, to whoever waits."""
        self.bucket.give_back()
        self._arm(asyncio.get_running_loop())

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._line:
            self._timer = loop.call_later(self.bucket.delay(loop.time()), self._let_pass, loop)

    def _let_pass(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        while self._line and self.bucket.delay(loop.time()) <= 0.0:
            self.bucket.take(loop.time())
            place = self._line.popleft()
            if place.cancelled():  # its caller was cancelled and has not run yet
                self.bucket.give_back()
            else:
                place.set_result(True)
        self._arm(loop)


class Turns:
    """The gates of all bearers and channels."""

    def __init__(
        self, *, bearer_rate_per_s: float, channel_rate_per_s: float, spare_share: float = 0.1
    ) -> None:
        self._whole_rate_per_s = bearer_rate_per_s
        self._bearer_rate_per_s = bearer_rate_per_s
        self._spare_share = spare_share
        self._spares: dict[str, Bucket] = {}
        self._channel_rate_per_s = channel_rate_per_s
        self._bearers: dict[str, Gate] = {}
        self._channels: dict[str, Gate] = {}
        self._judges: dict[str, ThrottleJudge] = {}
        self._closed = False

    async def for_send(self, bearer_arn: str, channel_arn: str) -> bool:
        """Wait until this bearer may send to this channel; False if the lines were closed."""
        if len(self._channels) > GATES:
            self._channels = _in_use(self._channels)
        gate = self._channels.setdefault(channel_arn, Gate(self._channel_rate_per_s))
        return not self._closed and await gate.turn() and await self.for_call(bearer_arn)

    async def for_batch(self, bearer_arn: str, channel_arn: str) -> bool:
        """Wait until this bearer may add a batch of members to a channel; False if the lines were closed."""
        gate = self._channels.setdefault(f"{channel_arn} members", Gate(BATCH_RATE_PER_S))
        return not self._closed and await gate.turn() and await self.for_call(bearer_arn)

    async def for_call(self, bearer_arn: str) -> bool:
        """Wait until this bearer may make a call that is not a send; False if the lines were closed."""
        return not self._closed and await self._bearer(bearer_arn).turn()

    async def for_spare(self, bearer_arn: str) -> bool:
        """Wait for a call that sends can spare: while they wait, only a share of the bearer's rate."""
        loop = asyncio.get_running_loop()
        gate = self._bearer(bearer_arn)
        while gate.is_crowded and not self._closed:
            if not self._spare_share:
                await asyncio.sleep(SPARE_LOOK_S)
                continue
            spare = self._spares.setdefault(bearer_arn, Bucket(self._bearer_rate_per_s * self._spare_share))
            if (delay_s := spare.delay(loop.time())) <= 0.0:
                spare.take(loop.time())
                break
            await asyncio.sleep(min(delay_s, SPARE_LOOK_S))
        return await self.for_call(bearer_arn)

    def split(self, workers: int) -> None:
        """Split every bearer's rate evenly among so many workers."""
        self._bearer_rate_per_s = self._whole_rate_per_s / workers
        for gate in self._bearers.values():
            gate.bucket.limit(self._bearer_rate_per_s)
        for spare in self._spares.values():
            spare.limit(self._bearer_rate_per_s * self._spare_share)

    def close(self) -> None:
        """Let nobody pass any more: the service is stopping."""
        self._closed = True
        for gate in (*self._bearers.values(), *self._channels.values()):
            gate.close()

    def unused(self, bearer_arn: str) -> None:
        """Give a bearer's turn back: no call was made."""
        self._bearer(bearer_arn).give_back()

    def rate_per_s(self) -> float:
        """Calls a second that may leave at present, all bearers in use together."""
        return sum(gate.bucket.rate_per_s for gate in self._bearers.values()) or self._bearer_rate_per_s

    def answered(self, bearer_arn: str, channel_arn: str) -> None:
        """Note that Chime answered a call."""
        self._judge(bearer_arn).succeeded(channel_arn, asyncio.get_running_loop().time())

    def throttled(self, bearer_arn: str, channel_arn: str) -> Literal["channel", "bearer"]:
        """Note a 429: the bearer gives way, unless the limit was the channel's; return whose it was."""
        now = asyncio.get_running_loop().time()
        whose = self._judge(bearer_arn).throttled(channel_arn, now)
        if whose == "bearer":
            self._bearer(bearer_arn).bucket.give_way(now)
        return whose

    def _bearer(self, bearer_arn: str) -> Gate:
        if len(self._bearers) > GATES and bearer_arn not in self._bearers:
            self._bearers = _in_use(self._bearers)
            self._judges = {arn: judge for arn, judge in self._judges.items() if arn in self._bearers}
        return self._bearers.setdefault(bearer_arn, Gate(self._bearer_rate_per_s))

    def _judge(self, bearer_arn: str) -> ThrottleJudge:
        return self._judges.setdefault(bearer_arn, ThrottleJudge())


def _in_use(gates: dict[str, Gate]) -> dict[str, Gate]:
    return {arn: gate for arn, gate in gates.items() if not gate.is_idle}
