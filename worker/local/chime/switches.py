"""What AWS does not document, and what a test wants to vary: one frozen value, read at every call."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from worker.local.chime.roles import AdminSends, MemberDeletes, MemberDescribes, Mode, SelfJoin

RatePreset = Literal["us-east-1", "eu-central-1", "off"]
MissingCode = Literal["ForbiddenException", "BadRequestException", "NotFoundException"]
BearerCode = Literal["BadRequestException", "ForbiddenException", "UnauthorizedClientException"]
Readers = Literal["sender", "nobody"]

PAGE_MAX = 50


@dataclass(frozen=True, slots=True)
class Switches:
    """How this Chime behaves where Amazon's documentation is silent, or says two things."""

    tokens: Literal["honoured", "ignored"] = "honoured"
    """A repeated ClientRequestToken gets the first answer, or makes a second message"""
    token_window_s: float = 600.0
    """How long a token is remembered"""
    token_conflict: Literal["refused", "first_answer"] = "refused"
    """A token that comes again with another payload is a 409, or gets the first answer"""
    list_lag_s: float = 0.0
    """A message that is stored, or let through by a flow, is missing from lists this long"""
    describe_lag_s: float = 0.0
    """A new channel, or a change to one, is missing from DescribeChannel and lists of channels this long"""
    membership_lag_s: float = 0.0
    """A new member is missing from lists of memberships this long"""
    page_size: int = PAGE_MAX
    """Of a list that names no MaxResults, and the most any list returns at once"""
    time_bounds: Literal["inclusive", "exclusive"] = "inclusive"
    """Whether NotBefore and NotAfter show a message of that very instant"""
    timestamps: Literal["strict", "tied"] = "strict"
    """CreatedTimestamps of a channel strictly increase, or messages of one millisecond share one"""
    text_limits: Literal["bytes", "characters"] = "bytes"
    """Content and Metadata are measured in UTF-8 bytes, or in characters"""
    rates: RatePreset = "us-east-1"
    """The quotas of that region, or none"""
    burst_s: float = 1.0
    """A quota may be spent at once for this many seconds, but always for one call"""
    retry_after_s: int | None = None
    """A 429 carries this Retry-After, or none"""
    validation: Literal["on", "off"] = "on"
    """The service model's rules checked at every call, or Python callers trusted (HTTP never is)"""
    error_header: Literal["sent", "omitted"] = "sent"
    """Errors carry x-amzn-ErrorType, or only the short code in the body"""
    signatures: Literal["checked", "ignored"] = "checked"
    """A request must look signed (SigV4 for Chime; the signature is not verified), or need not"""
    missing: MissingCode = "ForbiddenException"
    """What is answered for what is not there, by operations that model no NotFoundException"""
    missing_status: MissingCode = "ForbiddenException"
    """The same for GetChannelMessageStatus: a message that was denied, was deleted or never was"""
    invalid_bearer: BearerCode = "BadRequestException"
    """A bearer that is no ARN of a user or bot, or is missing"""
    unknown_bearer: BearerCode = "ForbiddenException"
    """A bearer that no app instance has"""
    pending_listed: Readers = "sender"
    """Who sees a message in lists while a channel flow has it"""
    failed_listed: Readers = "sender"
    """Who sees a message in lists that its channel flow failed"""
    default_mode: Mode = "UNRESTRICTED"
    """The mode of a channel that was created without one"""
    admin_sends: AdminSends = "as_member"
    """An app instance admin sends only where it is a member, or everywhere"""
    self_join: SelfJoin = "refused"
    """Who is no member adds itself to no channel, or to public unrestricted ones"""
    member_deletes: MemberDeletes = "nothing"
    """A member deletes no message, or its own"""
    member_describes: MemberDescribes = "all"
    """A member or moderator describes every channel it belongs to, or only public ones"""
    sub_channel: Literal["ignored", "refused"] = "ignored"
    """A SubChannelId, which no channel here has, is passed over or a 400"""

    def __post_init__(self) -> None:
        """Refuse, with ValueError, figures that no Chime could have."""
        spans = ("token_window_s", "list_lag_s", "describe_lag_s", "membership_lag_s", "burst_s")
        for name in spans:
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must be a number of seconds, 0 or more")
        if not 1 <= self.page_size <= PAGE_MAX:
            raise ValueError(f"page_size must be between 1 and {PAGE_MAX}")
        if self.retry_after_s is not None and self.retry_after_s < 0:
            raise ValueError("retry_after_s must be a number of seconds, 0 or more")
