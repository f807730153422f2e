"""How commands read Chime: as the worker's bearer, at half its rate at most, every refusal in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar, assert_never

from worker.cli.exit_codes import Failed
from worker.cli.words import UsageError
from worker.contract.arns import AppInstance, resolve_channel
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.targets import Privacy
from worker.core.directory import MOST_CHANNELS, Directory, NamedChannel
from worker.core.replies import Cause, NotNow, Refused, Resolved
from worker.settings import Settings
from worker.terminal import escape, talk

if TYPE_CHECKING:
    from worker.adapters.chime_reader import CannotList, Channel, ChimeReader

SETTINGS = (
    "WORKER_APP_INSTANCE_ARN",
    "WORKER_BEARER",
    "WORKER_BEARER_RATE",
    "AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING",
)
SHARE = 0.5
"""Of the bearer's rate; a running worker needs the rest."""
BOTH: tuple[Privacy, ...] = ("PUBLIC", "PRIVATE")
T = TypeVar("T")

WHAT_TO_DO = {
    Cause.THROTTLED: "the bearer's calls are used up for now: try again in a few seconds.",
    Cause.NO_CONNECTION: "Chime cannot be reached: check the network, and the endpoint's URL if one is set.",
    Cause.UNAUTHORIZED: "Chime does not accept WORKER_BEARER for these credentials: check both.",
    Cause.ACCESS_DENIED: "IAM must allow chime:{operation}: `backend-worker iam-policy` prints the policy.",
    Cause.CREDENTIALS: "AWS credentials are missing or have expired: renew them.",
    Cause.CLOCK: "the signature was refused: check this machine's clock, and the secret key.",
    Cause.REDIRECT: "something on the way redirects: check proxies and the endpoint's URL.",
    Cause.BEARER: "Chime does not know WORKER_BEARER: `backend-worker bootstrap` makes it, or name another.",
    Cause.UNAVAILABLE: "Chime is out of order for now: try again.",
    Cause.BROKEN_REPLY: "the answer was not Chime's: check proxies and the endpoint's URL.",
    Cause.TIMEOUT: "Chime did not answer in time: try again.",
    Cause.CONFLICT: "Chime says that something else is being done with the channel: try again.",
}
NOT_SEEN = "no such channel (`backend-worker channels` lists them), or"
FORBIDDEN = {
    "ListChannels": "private ones are listed to admins: `backend-worker bootstrap` makes the bearer one.",
    "ListChannelMemberships": f"{NOT_SEEN} the bearer is not in it and no admin; hidden members are "
    "listed to moderators and admins alone.",
    "ListChannelMessages": f"{NOT_SEEN} a private one, and the bearer is not in it and no admin.",
}


@asynccontextmanager
async def chime_reader(settings: Settings) -> AsyncIterator[ChimeReader]:
    """Read as the first of WORKER_BEARER. What Chime refuses within the block is Failed."""
    from worker.adapters.chime_reader import CannotList, ChimeReader  # noqa: PLC0415 (the SDK is slow)
    from worker.app import clients_of  # noqa: PLC0415

    async with clients_of(settings) as clients:
        try:
            yield ChimeReader(
                client=clients.chime,
                bearer_arn=settings.bearer_arns[0],
                deadline_s=settings.call_deadline_s,
                pause_s=1 / (SHARE * settings.bearer_rate),
            )
        except CannotList as fault:
            raise Failed(sentence_on(fault)) from None


def sentence_on(fault: CannotList) -> str:
    """Say which call failed, for which bearer and channel, and what to do."""
    match fault.reply:
        case Refused(Reason.BEARER_INVALID):
            return f"{fault}: {WHAT_TO_DO[Cause.BEARER]}"
        case Refused(Reason.FORBIDDEN_OR_MISSING_CHANNEL):
            return f"{fault}: {FORBIDDEN[fault.operation]}"
        case Refused(reason):
            return f"{fault}: {reason.sentence}"
        case NotNow(cause):
            return f"{fault}: {WHAT_TO_DO[cause].format(operation=fault.operation)}"
        case _:
            assert_never(fault.reply)


async def channels_of(
    reader: ChimeReader, home: AppInstance, wanted: Sequence[Privacy]
) -> AsyncIterator[Sequence[Channel]]:
    """List channels page by page; say so if there are public ones only, since the bearer is no admin."""
    from worker.adapters.chime_reader import CannotList  # noqa: PLC0415 (the SDK is slow)

    for privacy in wanted:
        try:
            async for page in reader.channels(home.arn, privacy):
                yield page
        except CannotList as fault:
            refused = isinstance(fault.reply, Refused) and fault.reply.reason is not Reason.BEARER_INVALID
            if not refused or privacy == wanted[0]:
                raise
            talk(f"private channels are left out: {FORBIDDEN['ListChannels']}")


async def with_channel(
    text: str, home: AppInstance, reader: ChimeReader, *, read: Callable[[str], Awaitable[T]]
) -> tuple[str, T]:
    """
    Read the channel with this ARN or id; if there is none with the id, the only one with that name.

    Return its ARN with what was read. Raise UsageError, Failed or CannotList.
    """
    from worker.adapters.chime_reader import CannotList  # noqa: PLC0415 (the SDK is slow)

    no_such_id: CannotList | None = None
    try:
        channel_arn = resolve_channel(text, home)
        return channel_arn, await read(channel_arn)
    except Rejected as rejected:
        if text.startswith("arn:"):
            raise UsageError(rejected.detail) from None
    except CannotList as fault:
        if text.startswith("arn:") or not _may_be_missing(fault.reply):
            raise
        no_such_id = fault
    match await _named(text, home, reader):
        case Resolved(channel_arn):
            talk(f"reading {escape(channel_arn)}, the channel of that name")
            return channel_arn, await read(channel_arn)
        case Refused(Reason.CHANNEL_NOT_FOUND) if no_such_id:
            raise no_such_id
        case Refused(_, detail):
            raise Failed(detail)


def _may_be_missing(reply: Refused | NotNow) -> bool:
    missing = (Reason.FORBIDDEN_OR_MISSING_CHANNEL, Reason.CHANNEL_NOT_FOUND)
    return isinstance(reply, Refused) and reply.reason in missing


async def _named(name: str, home: AppInstance, reader: ChimeReader) -> Resolved | Refused:
    """Look a name up as the worker does: among the first channels listed."""
    listed: list[NamedChannel] = []
    async for page in channels_of(reader, home, BOTH):
        listed += [NamedChannel(channel.arn, channel.name) for channel in page]
        if len(listed) >= MOST_CHANNELS:
            break
    return Directory(listed[:MOST_CHANNELS], began_at=asyncio.get_running_loop().time()).find(name)
