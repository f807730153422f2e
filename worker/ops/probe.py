"""
Asks a real Chime what Amazon does not document, in a channel named for it, and writes the answers down.

It sends a few messages of its own there, makes one private channel, and removes both in the end. It keeps
nothing of what others wrote, and looks at no more than ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from worker.contract.rejected import printable
from worker.ops.probe_report import Burst, Refusal, Repeated, Report, TimeBounds, TokenAnswers
from worker.ports import Clock

CONTENT = "backend-worker doctor --probe: please ignore"
WAIT_S = 20.0
"""How long a message or a channel is looked for."""
LOOKED_FOR = 3
"""Messages whose lag is measured."""
BURST = 40
MESSAGE_LIMIT = 200
"""Characters of an error's text that are kept."""

Answer = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Probe:
    """
    One probe. *calls_per_s* is what the bearer may spend, but for the burst, whose point is to overspend.

    *deadline_s* bounds each call. It never raises: what goes wrong is a Refusal in the report.
    """

    client: Any
    app_instance_arn: str
    channel_arn: str
    bearer_arn: str
    calls_per_s: float
    deadline_s: float
    clock: Clock
    rest_s: float = 5.0
    """Before the burst, so that the quota is whole."""
    sent: list[str] = field(default_factory=list)
    """MessageIds of what lies in the channel because of us."""

    async def run(self, *, made_by: str) -> Report:
        """Ask everything, clean up, and return what was answered."""
        began_at = self.clock.now().isoformat(timespec="seconds")
        second_arn, describe_lag_s = await self._second_channel()
        try:
            token = await self._token(second_arn)
            refusals = await self._refusals()
            long_text = await self._send("é" * 2049)
            list_lag_s = [await self._list_lag() for _ in range(LOOKED_FOR)]
            time_bounds = await self._time_bounds()
            page_size = await self._page_size()
        finally:
            if second_arn:
                await self._call("DeleteChannel", ChannelArn=second_arn)
        if second_arn:
            refusals["send_to_deleted_channel"] = _refusal(await self._send(CONTENT, channel_arn=second_arn))
        burst = await self._burst()
        return Report(
            made_by=made_by,
            region=self.app_instance_arn.split(":")[3],
            began_at=began_at,
            token=token,
            list_lag_s=tuple(list_lag_s),
            describe_lag_s=describe_lag_s,
            text_limits="bytes" if isinstance(long_text, Refusal) else "characters",
            time_bounds=time_bounds,
            default_page_size=page_size,
            burst=burst,
            refusals=refusals,
            left_behind=await self._clean_up(),
        )

    async def _token(self, second_arn: str | None) -> TokenAnswers:
        token = uuid4().hex
        first = await self._send(CONTENT, token=token)
        same = await self._send(CONTENT, token=token)
        other = await self._send(f"{CONTENT} (2)", token=token)
        elsewhere = await self._send(CONTENT, token=token, channel_arn=second_arn) if second_arn else None
        return TokenAnswers(
            same_payload=_repeated(first, same),
            other_payload=_repeated(first, other),
            other_channel=_repeated(first, elsewhere) if elsewhere else None,
        )

    async def _refusals(self) -> dict[str, Refusal | None]:
        """Ask for what cannot be had, and keep how it is refused."""
        missing_channel = f"{self.app_instance_arn}/channel/{uuid4()}"
        missing_user = f"{self.app_instance_arn}/user/{uuid4()}"
        message = {"ChannelArn": self.channel_arn, "MessageId": uuid4().hex}
        return {
            "send_to_missing_channel": _refusal(await self._send(CONTENT, channel_arn=missing_channel)),
            "list_missing_channel": _refusal(await self._list(missing_channel)),
            "describe_missing_channel": _refusal(
                await self._call("DescribeChannel", ChannelArn=missing_channel)
            ),
            "send_as_unknown_bearer": _refusal(await self._send(CONTENT, bearer_arn=missing_user)),
            "send_too_long": _refusal(await self._send("x" * 4097)),
            "get_missing_message": _refusal(await self._call("GetChannelMessage", **message)),
            "status_of_missing_message": _refusal(await self._call("GetChannelMessageStatus", **message)),
        }

    async def _second_channel(self) -> tuple[str | None, float | None]:
        """Make a private channel, and measure how long it cannot be described."""
        made = await self._call(
            "CreateChannel",
            AppInstanceArn=self.app_instance_arn,
            Name="backend-worker probe",
            Privacy="PRIVATE",
        )
        if isinstance(made, Refusal):
            return None, None
        arn = str(made["ChannelArn"])
        began_at = _now()
        while isinstance(await self._call("DescribeChannel", ChannelArn=arn), Refusal):
            if _now() - began_at > WAIT_S:
                break
        return arn, round(_now() - began_at, 3)

    async def _list_lag(self) -> float:
        message_id = await self._send(CONTENT)
        began_at = _now()
        while _now() - began_at <= WAIT_S:
            if message_id in _ids(await self._list(self.channel_arn)):
                break
        return round(_now() - began_at, 3)

    async def _time_bounds(self) -> TimeBounds:
        """List from the very instant of a message of ours, and up to it."""
        ours = [
            each for each in _messages(await self._list(self.channel_arn)) if each["MessageId"] in self.sent
        ]
        if not ours:
            return "mixed"
        at, message_id = ours[-1]["CreatedTimestamp"], ours[-1]["MessageId"]
        since = await self._list(self.channel_arn, NotBefore=at, SortOrder="ASCENDING")
        until = await self._list(self.channel_arn, NotAfter=at, SortOrder="DESCENDING")
        match message_id in _ids(since), message_id in _ids(until):
            case True, True:
                return "inclusive"
            case False, False:
                return "exclusive"
            case _:
                return "mixed"

    async def _page_size(self) -> int | None:
        listed = await self._list(self.channel_arn)
        has_more = not isinstance(listed, Refusal) and listed.get("NextToken")
        return len(_messages(listed)) if has_more else None

    async def _burst(self) -> Burst:
        """Overspend the quota with messages that nobody stores, nor most clients show."""
        await asyncio.sleep(self.rest_s)
        began_at = _now()
        async with asyncio.TaskGroup() as group:
            calls = [
                group.create_task(self._once("SendChannelMessage", **self._fleeting())) for _ in range(BURST)
            ]
        refused = [answer for answer in (call.result() for call in calls) if isinstance(answer, Refusal)]
        return Burst(
            admitted_count=BURST - len(refused),
            refused_count=len(refused),
            took_s=round(_now() - began_at, 3),
            retry_after=next((each.retry_after for each in refused if each.retry_after), None),
        )

    async def _clean_up(self) -> int:
        """Delete what was sent, as far as the bearer may; return how many messages stay."""
        await asyncio.sleep(1)  # the burst has used up this second
        gone = [
            await self._call("DeleteChannelMessage", ChannelArn=self.channel_arn, MessageId=each)
            for each in self.sent
        ]
        return sum(isinstance(each, Refusal) for each in gone)

    async def _send(
        self,
        content: str,
        *,
        token: str | None = None,
        channel_arn: str | None = None,
        bearer_arn: str | None = None,
    ) -> str | Refusal:
        """Send a message, and return its MessageId."""
        request = {
            "ChannelArn": channel_arn or self.channel_arn,
            "Content": content,
            "Type": "STANDARD",
            "Persistence": "PERSISTENT",
            "ClientRequestToken": token or uuid4().hex,
            "ChimeBearer": bearer_arn or self.bearer_arn,
        }
        answer = await self._call("SendChannelMessage", **request)
        if isinstance(answer, Refusal):
            return answer
        message_id = str(answer["MessageId"])
        if channel_arn is None and message_id not in self.sent:
            self.sent.append(message_id)
        return message_id

    def _fleeting(self) -> Mapping[str, str]:
        return {
            "ChannelArn": self.channel_arn,
            "Content": "probe",
            "Type": "CONTROL",
            "Persistence": "NON_PERSISTENT",
            "ClientRequestToken": uuid4().hex,
        }

    async def _list(self, channel_arn: str, **more: Any) -> Answer | Refusal:
        return await self._call("ListChannelMessages", ChannelArn=channel_arn, **more)

    async def _call(self, operation: str, **request: Any) -> Answer | Refusal:
        """Call within the pace; what is throttled all the same is asked again."""
        await asyncio.sleep(1 / self.calls_per_s)
        answer = await self._once(operation, **request)
        for wait_s in (1, 2, 4):
            if not (isinstance(answer, Refusal) and answer.status == 429):
                break
            await asyncio.sleep(wait_s)
            answer = await self._once(operation, **request)
        return answer

    async def _once(self, operation: str, **request: Any) -> Answer | Refusal:
        try:
            async with asyncio.timeout(self.deadline_s):
                call = getattr(self.client, xform_name(operation))
                answer: Answer = await call(**{"ChimeBearer": self.bearer_arn, **request})
        except ClientError as error:
            return _told(error)
        except (BotoCoreError, TimeoutError) as error:
            return Refusal(code=type(error).__name__, status=0, message="")
        return answer


def _told(error: ClientError) -> Refusal:
    told, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {})
    return Refusal(
        code=printable(str(told.get("Code", ""))),
        status=int(metadata.get("HTTPStatusCode", 0)),
        message=printable(str(told.get("Message", "")))[:MESSAGE_LIMIT],
        error_type=headers.get("x-amzn-errortype"),
        retry_after=headers.get("retry-after"),
    )


def _repeated(first: str | Refusal, again: str | Refusal) -> Repeated:
    if isinstance(again, Refusal):
        return "refused"
    return "first_answer" if again == first else "new_message"


def _refusal(answer: object) -> Refusal | None:
    return answer if isinstance(answer, Refusal) else None


def _messages(answer: Answer | Refusal) -> Sequence[Any]:
    return () if isinstance(answer, Refusal) else answer.get("ChannelMessages", ())


def _ids(answer: Answer | Refusal) -> frozenset[str]:
    return frozenset(each["MessageId"] for each in _messages(answer))


def _now() -> float:
    return asyncio.get_running_loop().time()
