"""
The in-memory twin of ChimeChannels: calls Chime's state without HTTP. It adds no meaning of its own.

Requests, answers and refusals go through the same tables as the real adapter; faults come from the
Chime's own plan. It waits by the event loop's timers only, so it runs in virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import assert_never, cast

from worker.adapters.chime_calls import ChimeCalls
from worker.adapters.chime_faults import (
    Refusal,
    Verdict,
    verdict_on,
)
from worker.core.replies import (
    Cause,
)
from worker.local.chime.call import Answer
from worker.local.chime.errors import ChimeError
from worker.local.chime.faults import Broken, Drip, Drop, Fault, Redirect, Refuse, Slow, takes_effect
from worker.local.chime.state import Chime


class DirectChannels(ChimeCalls):
    """
    Channels over a Chime in the same process.

    *latency_s* passes on the way there and again on the way back; even 0 lets other tasks run, so that
    a crash can hit a call before it took effect and after. No call takes longer than *deadline_s*.
    """

    def __init__(self, chime: Chime, *, deadline_s: float = 10.0, latency_s: float = 0.0) -> None:
        self._chime = chime
        self._deadline_s = deadline_s
        self._latency_s = latency_s

    async def _answer(
        self, operation: str, request: Mapping[str, object], *, private: Sequence[str] = ()
    ) -> Answer | Verdict:
        call = _Call(self._chime, operation, request)
        try:
            async with asyncio.timeout(self._deadline_s):
                await asyncio.sleep(self._latency_s)
                seen = await call.made()
                await asyncio.sleep(self._latency_s)
        except TimeoutError:
            return Verdict(Cause.TIMEOUT, "TimeoutError")
        if isinstance(seen, ChimeError):
            return verdict_on(
                Refusal(code=seen.code, status=seen.status, message=seen.message), private=private
            )
        return seen


class _Call:
    """One call on its way through the fault plan."""

    def __init__(self, chime: Chime, operation: str, request: Mapping[str, object]) -> None:
        self._chime = chime
        self._operation = operation
        self._bearer = cast(str, request["ChimeBearer"])
        self._params = {name: value for name, value in request.items() if name != "ChimeBearer"}

    async def made(self) -> Answer | ChimeError | Verdict:
        """Let the call take effect if its fault lets it, and give what the caller gets to see."""
        channel = cast(str, self._params.get("ChannelArn", ""))
        fault = self._chime.faults.fault_for(self._operation, channel=channel, bearer=self._bearer)
        if isinstance(fault, Slow) and fault.when == "before":
            return await self._late(fault)
        if takes_effect(fault):
            return await _seen(fault, self._performed(fault))
        kind = fault.kind if fault else ""
        self._chime.miss(self._operation, self._params, bearer=self._bearer, fault=kind)
        return await _seen(fault, {})

    async def _late(self, slow: Slow) -> Answer | ChimeError:
        """Take effect after the delay, also if the caller has given up by then."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Answer | ChimeError] = loop.create_future()

        def arrive() -> None:
            performed = self._performed(slow)
            if not done.done():
                done.set_result(performed)

        loop.call_later(slow.delay_s, arrive)
        return await done

    def _performed(self, fault: Fault | None) -> Answer | ChimeError:
        try:
            kind = fault.kind if fault else ""
            return self._chime.call(self._operation, self._params, bearer=self._bearer, fault=kind)
        except ChimeError as error:
            return error


async def _seen(fault: Fault | None, answer: Answer | ChimeError) -> Answer | ChimeError | Verdict:
    """Turn Chime's answer into what the fault leaves of it."""
    match fault:
        case Refuse(code=code, status=status, message=message):
            return ChimeError(code, status, message)
        case Redirect(status=status):
            return ChimeError(str(status), status, "")
        case Drop():
            return Verdict(Cause.UNAVAILABLE, "ConnectionClosedError")
        case Drip():
            return await asyncio.Future()  # slower than any deadline
        case Slow(delay_s=delay_s):
            await asyncio.sleep(delay_s)
            return answer
        case Broken():
            return answer if isinstance(answer, ChimeError) else {}
        case None:
            return answer
        case _:
            assert_never(fault)
