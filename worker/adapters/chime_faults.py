"""
What Chime's refusals mean: a table from error codes to verdicts, and a verdict's sense for each call. Pure.

The code comes in two forms, `ForbiddenException` (from the header) and `Forbidden` (from the body); the table
holds the short one. A code counts only with an HTTP status it is known to come with: a proxy on the way
answers 403 as well, and what a proxy says proves nothing about the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.contract.reasons import Reason
from worker.contract.rejected import printable
from worker.core.replies import (
    Cause,
    Joined,
    JoinReply,
    NoReply,
    NotNow,
    Refused,
    Resolved,
    ResolveReply,
    SendReply,
)

TEXT_LIMIT = 200
SHARED_RUN = 8
"""A text of the service that has so many characters in a row in common with the message is not shown."""

NOTHING_STORED = frozenset(
    {
        Cause.THROTTLED,
        Cause.NO_CONNECTION,
        Cause.UNAUTHORIZED,
        Cause.ACCESS_DENIED,
        Cause.CREDENTIALS,
        Cause.CLOCK,
    }
)
"""After these a send needs no look: the request was turned away at the door, or never arrived."""


@dataclass(frozen=True, slots=True)
class Row:
    """One meaning, the codes that have it, and the HTTP statuses they count with; no statuses: any."""

    means: Reason | Cause
    codes: frozenset[str]
    statuses: frozenset[int] = frozenset()
    hint: str = ""


ANY_4XX = frozenset(range(400, 500))

TABLE = (
    Row(Reason.BAD_REQUEST, frozenset({"BadRequest"}), frozenset({400})),
    Row(Reason.FORBIDDEN_OR_MISSING_CHANNEL, frozenset({"Forbidden"}), frozenset({403})),
    Row(Reason.CHANNEL_NOT_FOUND, frozenset({"NotFound"}), frozenset({404})),
    Row(
        Reason.FORBIDDEN_OR_MISSING_CHANNEL,
        frozenset({"ResourceLimitExceeded"}),
        frozenset({400}),
        "A quota is used up: members of a channel (10,000), channels that the bearer is a member of (20,000) "
        "or channels of the app instance (10,000,000): raise it, or remove some. ",
    ),
    Row(Cause.CONFLICT, frozenset({"Conflict"}), frozenset({409})),
    Row(Cause.UNAUTHORIZED, frozenset({"UnauthorizedClient", "Unauthorized"}), frozenset({401})),
    Row(Cause.UNAVAILABLE, frozenset({"ServiceFailure"}), frozenset({500})),
    Row(Cause.UNAVAILABLE, frozenset({"ServiceUnavailable"}), frozenset({503})),
    Row(
        Cause.THROTTLED,
        frozenset(
            {
                "ThrottledClient",
                "Throttled",
                "Throttling",
                "RequestThrottled",
                "RequestLimitExceeded",
                "TooManyRequests",
                "BandwidthLimitExceeded",
                "SlowDown",
            }
        ),
    ),
    Row(
        Cause.ACCESS_DENIED,
        frozenset({"AccessDenied", "NotAuthorized", "OptInRequired", "SubscriptionRequired"}),
        frozenset({400, 401, 403}),
    ),
    Row(
        Cause.CREDENTIALS,
        frozenset(
            {
                "ExpiredToken",
                "UnrecognizedClient",
                "InvalidClientTokenId",
                "InvalidAccessKeyId",
                "MissingAuthenticationToken",
                "IncompleteSignature",
                "TokenRefreshRequired",
            }
        ),
        ANY_4XX,
    ),
    Row(
        Cause.CLOCK,
        frozenset({"InvalidSignature", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired"}),
        ANY_4XX,
    ),
)
BY_CODE = {code: row for row in TABLE for code in row.codes}

BY_TEXT = (
    (Reason.BEARER_INVALID, "invalid app instance user arn"),
    (Reason.CONTENT_TOO_LARGE, "messages size limit exceeded"),
    (Cause.ACCESS_DENIED, "aws authorization failed"),
)
"""Where BadRequest and Forbidden have more than one meaning, words that were seen in the field tell it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a failed call means: a reason to refuse the job, or a cause that is not the job's fault."""

    means: Reason | Cause
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error as Chime answered it."""

    code: str
    status: int
    message: str
    request_id: str | None = None


def verdict_on(refusal: Refusal, *, private: Sequence[str] = ()) -> Verdict:
    """Judge an error answer; *private* are texts of the job that may not come out in the detail."""
    row = _row_of(refusal)
    if row is None:
        return Verdict(_meaning_of_status(refusal.status), _detail(refusal, private))
    means = row.means
    if means in (Reason.BAD_REQUEST, Reason.FORBIDDEN_OR_MISSING_CHANNEL):
        said = refusal.message.lower()
        means = next((meaning for meaning, words in BY_TEXT if words in said), means)
    return Verdict(means, row.hint + _detail(refusal, private))


def send_reply(verdict: Verdict) -> SendReply:
    """Say what a verdict makes of a send: only what surely stored nothing is no doubt."""
    match verdict.means:
        case Reason() as reason:
            return _refused(reason, f"SendChannelMessage: {verdict.detail}")
        case cause if cause in NOTHING_STORED:
            return NotNow(cause, verdict.detail)
        case cause:
            return NoReply(cause, verdict.detail)


def look_reply(verdict: Verdict) -> Refused | NotNow:
    """Say what a verdict makes of a list or a description: they store nothing, so there is never doubt."""
    match verdict.means:
        case Reason() as reason:
            return _refused(reason, verdict.detail)
        case cause:
            return NotNow(cause, verdict.detail)


def join_reply(verdict: Verdict) -> JoinReply:
    """Say what a verdict makes of a join: a conflict means that the bearer is a member already."""
    match verdict.means:
        case Cause.CONFLICT:
            return Joined()
        case Reason() as reason:
            return Refused(reason, f"CreateChannelMembership: {verdict.detail}")
        case cause:
            return NotNow(cause, verdict.detail)


def create_reply(verdict: Verdict, channel_arn: str) -> ResolveReply:
    """Say what a verdict makes of a new channel: a conflict means that it is there, whoever made it."""
    match verdict.means:
        case Cause.CONFLICT:
            return Resolved(channel_arn)
        case Reason() as reason:
            return Refused(reason, f"channel: Chime does not let the bearer make it: {verdict.detail}")
        case cause:
            return NotNow(cause, verdict.detail)


def _refused(reason: Reason, detail: str) -> Refused:
    return Refused(reason, detail, repairable=reason is Reason.FORBIDDEN_OR_MISSING_CHANNEL)


def _row_of(refusal: Refusal) -> Row | None:
    row = BY_CODE.get(refusal.code.removesuffix("Exception"))
    return row if row and (not row.statuses or refusal.status in row.statuses) else None


def _meaning_of_status(status: int) -> Cause:
    """Say what an answer without a known code means; a 4xx is somebody's on the way, not Chime's."""
    match status:
        case 429:
            return Cause.THROTTLED
        case _ if 300 <= status < 400:
            return Cause.REDIRECT
        case _ if status >= 500:
            return Cause.UNAVAILABLE
        case _:
            return Cause.BROKEN_REPLY


def _detail(refusal: Refusal, private: Sequence[str]) -> str:
    request = f", request {printable(refusal.request_id[:64])}" if refusal.request_id else ""
    said = refusal.message.strip()
    shown = "" if not said or _shares(said, private) else f": {printable(said[:TEXT_LIMIT])[:TEXT_LIMIT]}"
    return f"{printable(refusal.code[:64])} (HTTP {refusal.status}{request}){shown}"


def _shares(said: str, private: Sequence[str]) -> bool:
    """Whether what would be shown of *said* holds a part of the job's own texts, or a whole short one."""
    seen = said[: TEXT_LIMIT + SHARED_RUN].casefold()
    runs = {seen[start : start + SHARED_RUN] for start in range(max(1, len(seen) - SHARED_RUN + 1))}
    for text in map(str.casefold, filter(None, private)):
        if len(text) < SHARED_RUN and text in seen:
            return True
        if any(run in text for run in runs if len(run) == SHARED_RUN):
            return True
    return False
