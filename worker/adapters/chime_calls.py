"""
Chime's calls as the worker's Channels: what is asked, and what an answer or a refusal makes of it.

Once for the SDK and for its twin in memory; how a call is made is for them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime

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
    Verdict,
    create_reply,
    join_reply,
    look_reply,
    send_reply,
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
from worker.ports import Change, NewChannel, Outgoing


class ChimeCalls(ABC):
    """
    Channels, but for how a call is made.

    No method raises anything but CancelledError, retries, or takes a call for a success that is none.
    """

    @abstractmethod
    async def _answer(
        self, operation: str, request: Mapping[str, object], *, private: Sequence[str] = ()
    ) -> Mapping[str, object] | Verdict:
        """Make one call; *private* are texts of the job that may not come out in a verdict."""

    async def send(self, outgoing: Outgoing) -> SendReply:
        """Send one message."""
        private = private_texts(outgoing)
        answer = await self._answer("SendChannelMessage", send_request(outgoing), private=private)
        return send_reply(answer) if isinstance(answer, Verdict) else sent_by(answer, outgoing.channel_arn)

    async def change(self, change: Change) -> ChangeReply:
        """Make one part of a change; that it was made already is success."""
        return changed_by(change, await self._asked(change_call(change)))

    async def look_at(self, change: Change) -> ChangeLook:
        """Look whether that part of a change has been made."""
        return seen_by(change, await self._asked(look_call(change)))

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
        answer = await self._answer("ListChannelMessages", request)
        return look_reply(answer) if isinstance(answer, Verdict) else page_of(answer, channel_arn)

    async def message_status(
        self, channel_arn: str, message_id: str, *, bearer_arn: str, sub_channel_id: str | None
    ) -> StatusReply:
        """Ask what a channel flow made of a message of the bearer's own."""
        request = status_request(
            channel_arn, message_id, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id
        )
        answer = await self._answer("GetChannelMessageStatus", request)
        return look_reply(answer) if isinstance(answer, Verdict) else status_told(answer)

    async def join(self, channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None) -> JoinReply:
        """Add the bearer to the channel; being a member already is success."""
        request = join_request(channel_arn, bearer_arn=bearer_arn, sub_channel_id=sub_channel_id)
        answer = await self._answer("CreateChannelMembership", request)
        return join_reply(answer) if isinstance(answer, Verdict) else Joined()

    async def create_channel(self, new: NewChannel) -> ResolveReply:
        """Make a channel; that there is one with this id already is success."""
        answer = await self._answer("CreateChannel", create_request(new), private=private_texts_of(new))
        if isinstance(answer, Verdict):
            return create_reply(answer, new.channel_arn)
        return created_by(answer, new.channel_arn)

    async def describe_channel(self, channel_arn: str, *, bearer_arn: str) -> ResolveReply:
        """Ask whether a channel is there."""
        answer = await self._answer("DescribeChannel", {"ChannelArn": channel_arn, "ChimeBearer": bearer_arn})
        return look_reply(answer) if isinstance(answer, Verdict) else described_by(answer, channel_arn)

    async def list_channels(
        self, app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None = None
    ) -> ChannelPage | Refused | NotNow:
        """List a page of an app instance's channels, in no order."""
        request = channels_request(
            app_instance_arn, bearer_arn=bearer_arn, privacy=privacy, next_token=next_token
        )
        answer = await self._answer("ListChannels", request)
        return look_reply(answer) if isinstance(answer, Verdict) else channel_page_of(answer)

    async def _asked(self, asked: Asked) -> Mapping[str, object] | Verdict:
        return await self._answer(asked.operation, asked.params, private=asked.private)
