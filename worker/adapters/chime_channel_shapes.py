"""
Requests about channels and their answers: create, describe, list. It never calls anything.

As with messages, an answer is untrusted: only one that names the right channel proves anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from worker.adapters.chime_shapes import PAGE_LIMIT
from worker.core.directory import ChannelPage, NamedChannel
from worker.core.replies import Cause, NotNow, Resolved
from worker.ports import NewChannel

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging.type_defs import (
        CreateChannelRequestTypeDef,
        ListChannelsRequestTypeDef,
    )

    from worker.contract.targets import Privacy


def create_request(new: NewChannel) -> CreateChannelRequestTypeDef:
    """Build the parameters of CreateChannel; its creator, the bearer, becomes member and moderator anyway."""
    app_instance_arn, _, channel_id = new.channel_arn.partition("/channel/")
    creation = new.creation
    request: CreateChannelRequestTypeDef = {
        "AppInstanceArn": app_instance_arn,
        "ChannelId": channel_id,
        "ChimeBearer": new.bearer_arn,
        "ClientRequestToken": new.client_request_token,
        "Name": new.name,
        "Privacy": creation.privacy,
        "Mode": creation.mode,
    }
    if creation.metadata is not None:
        request["Metadata"] = creation.metadata
    if member_arns := [arn for arn in new.member_arns if arn != new.bearer_arn]:
        request["MemberArns"] = member_arns
    if moderator_arns := [arn for arn in creation.moderator_arns if arn != new.bearer_arn]:
        request["ModeratorArns"] = moderator_arns
    if creation.expiration_days is not None:
        # Counted from the last message: a channel in use does not vanish.
        request["ExpirationSettings"] = {
            "ExpirationDays": creation.expiration_days,
            "ExpirationCriterion": "LAST_MESSAGE_TIMESTAMP",
        }
    return request


def private_texts_of(new: NewChannel) -> tuple[str, ...]:
    """Collect what may stand in no log and no error."""
    return tuple(text for text in (new.creation.metadata, new.client_request_token) if text)


def channels_request(
    app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None
) -> ListChannelsRequestTypeDef:
    """Build the parameters of ListChannels: a full page. Which privacy is listed by default is not told."""
    request: ListChannelsRequestTypeDef = {
        "AppInstanceArn": app_instance_arn,
        "ChimeBearer": bearer_arn,
        "Privacy": privacy,
        "MaxResults": PAGE_LIMIT,
    }
    if next_token is not None:
        request["NextToken"] = next_token
    return request


def created_by(answer: Mapping[str, object], channel_arn: str) -> Resolved | NotNow:
    """Read CreateChannel's answer; what it does not prove, the conflict of the next try will."""
    return _resolved(answer.get("ChannelArn"), channel_arn)


def described_by(answer: Mapping[str, object], channel_arn: str) -> Resolved | NotNow:
    """Read DescribeChannel's answer."""
    match answer.get("Channel"):
        case {"ChannelArn": told}:
            return _resolved(told, channel_arn)
        case _:
            return _resolved(None, channel_arn)


def channel_page_of(answer: Mapping[str, object]) -> ChannelPage | NotNow:
    """Read ListChannels' answer. A missing name is evidence, so every channel must be whole."""
    channels, next_token = answer.get("Channels"), answer.get("NextToken")
    if not isinstance(channels, list) or not isinstance(next_token, str | None):
        return NotNow(Cause.BROKEN_REPLY, "a 2xx reply without a list of channels")
    listed = [one for one in map(_listed, channels) if one is not None]
    if len(listed) != len(channels):
        return NotNow(Cause.BROKEN_REPLY, "a list with a channel that lacks its ARN or its name")
    return ChannelPage(tuple(listed), next_token or None)


def _resolved(told: object, channel_arn: str) -> Resolved | NotNow:
    if told == channel_arn:
        return Resolved(channel_arn)
    return NotNow(Cause.BROKEN_REPLY, "a 2xx reply that does not name the channel")


def _listed(item: object) -> NamedChannel | None:
    match item:
        case {"ChannelArn": str(arn), "Name": str(name)} if arn:
            return NamedChannel(arn, name)
        case _:
            return None
