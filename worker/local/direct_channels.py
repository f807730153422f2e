"""
The in-memory twin of ChimeChannels: calls Chime's state without HTTP. It adds no meaning of its own.

Requests, answers and refusals go through the same tables as the real adapter; faults come from the
Chime's own plan. It waits by the event loop's timers only, so it runs in virtual time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never, cast

from worker.adapters.chime_changes import Asked, change_call, changed_by, look_call, seen_by
from worker.adapters.chime_channel_shapes import (
    channel_page_of,
    channels_request,
    create_request,
    created_by,
    described_by,
    private_texts_of,
)
from worker.adapters.chime_faults import (
    Refusal,
    Verdict,
    create_reply,
    join_reply,
    look_reply,
    send_reply,
    verdict_on,
)
from worker.adapters.chime_shapes import (
    join_request,
    list_request,
    page_of,
    private_texts,
    send_request,
    sent_by,
    status_request,
    status_told,
)
from worker.contract.targets import Privacy
from worker.core.directory import ChannelPage
from worker.core.evidence import Page
from worker.core.replies import (
    Cause,
    ChangeLook,
    ChangeReply,
    Joined,
    JoinReply,
    NotNow,
    Refused,
    ResolveReply,
    SendReply,
    StatusReply,
)
from worker.local.chime.call import Answer
from worker.local.chime.errors import ChimeError
from worker.local.chime.faults import Broken, Drip, Drop, Fault, Redirect, Refuse, Slow, takes_effect
from worker.local.chime.state import Chime
from worker.ports import Change, NewChannel, Outgoing


class DirectChannels:
    """
    Channels over a Chime in the same process.

    *latency_s* passes on the way there and again on the way back; even 0 lets other tasks run, so that
    a crash can hit a call before it took effect and after. No call takes longer than *deadline_s*.
    """

    def __init__(self, chime: Chime, *, deadline_s: float = 10.0, latency_s: float = 0.0) -> None:
        self._chime = chime
        self._deadline_s = deadline_s
        self._latency_s = latency_s

    async def send(self, outgoing: Outgoing) -> SendReply:
        """Send one message."""
        private = private_texts(outgoing)
        answer = await self._call("SendChannelMessage", send_request(outgoing), private=private)
        return send_reply(answer) if isinstance(answer, Verdict) else sent_by(answer, outgoing.channel_arn)

    async def change(self, change: Change) -> ChangeReply:
        """Make one part of a change; that it was made already is success."""
        return changed_by(change, await self._answer(change_call(change)))

    async def look_at(self, change: Change) -> ChangeLook:
        """Look whether that part of a change has been made."""
        return seen_by(change, await self._answer(look_call(change)))

    async def list_messages(
        self,
        channel_arn: str,
        *,
        bearer_arn: str,
        not_before: datetime | None,
        sub_channel_id: str | None = None,
        next_token: str | None = None,
    ) -> Page | Refused | NotNow:
        """List a page of messages, newest first."""
        request = list_request(
            channel_arn,
            bearer_arn=bearer_arn,
            not_before=not_before,
            sub_channel_id=sub_channel_id,
            next_token=next_token,
        )
        answer = await self._call("ListChannelMessages", request)
        return look_reply(answer) if isinstance(answer, Verdict) else page_of(answer, channel_arn)

    async def message_status(
        self, channel_arn: str, message_id: str, *, bearer_arn: str, sub_channel_id: str | None
    ) -> StatusReply:
        """Ask what a channel flow made of a message of the bearer's own."""
        request = status_request(
            channel_arn, message_id, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id
        )
        answer = await self._call("GetChannelMessageStatus", request)
        return look_reply(answer) if isinstance(answer, Verdict) else status_told(answer)

    async def join(self, channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None) -> JoinReply:
        """Add the bearer to the channel; being a member already is success."""
        request = join_request(channel_arn, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id)
        answer = await self._call("CreateChannelMembership", request)
        return join_reply(answer) if isinstance(answer, Verdict) else Joined()

    async def create_channel(self, new: NewChannel) -> ResolveReply:
        """Make a channel; that there is one with this id already is success."""
        answer = await self._call("CreateChannel", create_request(new), private=private_texts_of(new))
        if isinstance(answer, Verdict):
            return create_reply(answer, new.channel_arn)
        return created_by(answer, new.channel_arn)

    async def describe_channel(self, channel_arn: str, *, bearer_arn: str) -> ResolveReply:
        """Ask whether a channel is there."""
        answer = await self._call("DescribeChannel", {"ChannelArn": channel_arn, "ChimeBearer": bearer_arn})
        return look_reply(answer) if isinstance(answer, Verdict) else described_by(answer, channel_arn)

    async def list_channels(
        self, app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None = None
    ) -> ChannelPage | Refused | NotNow:
        """List a page of an app instance's channels, in no order."""
        request = channels_request(
            app_instance_arn, bearer_arn=bearer_arn, privacy=privacy, next_token=next_token
        )
        answer = await self._call("ListChannels", request)
        return look_reply(answer) if isinstance(answer, Verdict) else channel_page_of(answer)

    async def _answer(self, asked: Asked) -> Answer | Verdict:
        return await self._call(asked.operation, asked.params, private=asked.private)

    async def _call(
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
