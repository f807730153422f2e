"""`messages`: lists a channel as the worker's bearer sees it, the newest last."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from worker.cli.exit_codes import DONE, Failed
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.standing import stamp
from worker.cli.words import UsageError
from worker.contract.arns import resolve_channel
from worker.contract.instants import parse_instant
from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.core.replies import Cause, NotNow, Refused
from worker.settings import Settings
from worker.terminal import escape, say, talk

if TYPE_CHECKING:
    from worker.adapters.chime_reader import Posted

SETTINGS = ("WORKER_APP_INSTANCE_ARN", "WORKER_BEARER", "AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING")
LIMIT = 50

WHAT_TO_DO = {
    Cause.THROTTLED: "the bearer's calls are used up for now: try again in a few seconds.",
    Cause.NO_CONNECTION: "Chime cannot be reached: check the network, and the endpoint's URL if one is set.",
    Cause.UNAUTHORIZED: "Chime does not accept WORKER_BEARER for these credentials: check both.",
    Cause.ACCESS_DENIED: "the IAM policy must allow chime:ListChannelMessages on the channel and the bearer.",
    Cause.CREDENTIALS: "AWS credentials are missing or have expired: renew them.",
    Cause.CLOCK: "the signature was refused: check this machine's clock, and the secret key.",
    Cause.REDIRECT: "something on the way redirects: check proxies and the endpoint's URL.",
    Cause.BEARER: "Chime does not know WORKER_BEARER: create that user, or name another.",
    Cause.UNAVAILABLE: "Chime is out of order for now: try again.",
    Cause.BROKEN_REPLY: "the answer was not Chime's: check proxies and the endpoint's URL.",
    Cause.TIMEOUT: "Chime did not answer in time: try again.",
    Cause.CONFLICT: "Chime says that something else is being done with the channel: try again.",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Take the channel and how far back to list."""
    parser.add_argument("channel", metavar="CHANNEL", help="channel id or ARN")
    parser.add_argument("--since", metavar="INSTANT", type=_instant, help="RFC 3339: nothing older")
    parser.add_argument(
        "--limit", metavar="N", type=_count, default=LIMIT, help=f"the newest so many (default: {LIMIT})"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, with ARNs and all")
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """List the channel."""
    settings = settings_from(args, SETTINGS)
    try:
        channel_arn = resolve_channel(args.channel, settings.app_instance)
    except Rejected as rejected:
        raise UsageError(rejected.detail) from None
    with in_words(settings):
        newest, has_more = asyncio.run(_newest(args, settings, channel_arn))
    oldest_first = newest[::-1]
    if args.json:
        say(json.dumps([_json(message) for message in oldest_first], indent=2))
    elif oldest_first:
        say("\n".join(map(_line, oldest_first)))
    else:
        talk("no messages")
    if has_more:
        talk(f"older messages are left out: --limit {2 * args.limit} lists more of them")
    return DONE


async def _newest(args: Namespace, settings: Settings, channel_arn: str) -> tuple[Sequence[Posted], bool]:
    """List the newest messages, and tell whether there are others."""
    from worker.adapters.chime_reader import CannotList, newest_first  # noqa: PLC0415 (the SDK is slow)
    from worker.app import clients_of  # noqa: PLC0415

    newest: list[Posted] = []
    try:
        async with clients_of(settings) as clients:
            async for message in newest_first(
                clients.chime,
                channel_arn,
                bearer_arn=settings.bearer_arns[0],
                since=args.since,
                deadline_s=settings.call_deadline_s,
            ):
                if len(newest) == args.limit:
                    return newest, True
                newest.append(message)
    except CannotList as fault:
        raise Failed(_sentence(fault.reply)) from None
    return newest, False


def _sentence(reply: Refused | NotNow) -> str:
    match reply:
        case Refused(Reason.BEARER_INVALID):
            return f"{reply.detail}: {WHAT_TO_DO[Cause.BEARER]}"
        case Refused(reason):
            return f"{reply.detail}: {reason.sentence}"
        case NotNow(cause):
            return f"{reply.detail}: {WHAT_TO_DO[cause]}"
        case _:
            assert_never(reply)


def _line(message: Posted) -> str:
    sender = message.sender_name or message.sender_arn or "?"
    notes = [
        *([message.type] if message.type != "STANDARD" else []),
        *([message.status] if message.status != "SENT" else []),
        *(["edited"] if message.is_edited and not message.is_redacted else []),
    ]
    content = "[redacted]" if message.is_redacted else message.content or ""
    noted = f" [{', '.join(notes)}]" if notes else ""
    return escape(f"{stamp(message.created_at)}  {sender}: {content}{noted}  ({message.message_id})")


def _json(message: Posted) -> dict[str, object]:
    return {
        "message_id": message.message_id,
        "created_at": stamp(message.created_at),
        "sender_name": message.sender_name,
        "sender_arn": message.sender_arn,
        "type": message.type,
        "content": message.content,
        "redacted": message.is_redacted,
        "edited": message.is_edited,
        "status": message.status,
    }


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ArgumentTypeError("must be a whole number above 0")
    return int(text)
