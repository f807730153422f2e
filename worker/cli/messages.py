"""`messages`: lists a channel as the worker's bearer sees it, the newest last, and follows it."""

from __future__ import annotations

import asyncio
import json
import select
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING

from worker.cli.chime_reading import SETTINGS, chime_reader, with_channel
from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.standing import stamp
from worker.cli.tail import Shown, follow, follow_every_s
from worker.cli.words import a_count, age_in
from worker.contract.instants import parse_instant
from worker.settings import Settings
from worker.terminal import OutputLost, escape, say, talk

if TYPE_CHECKING:
    from worker.adapters.chime_reader import ChimeReader, Posted

LIMIT = 50


def add_arguments(parser: ArgumentParser) -> None:
    """Take the channel, how far back to list, and whether to go on."""
    parser.add_argument("channel", metavar="CHANNEL", help="channel id, ARN or name")
    parser.add_argument(
        "--since", metavar="T", type=_since, help="nothing older: RFC 3339, or an age such as 10m, 2h or 1d"
    )
    parser.add_argument(
        "--limit", metavar="N", type=a_count, default=LIMIT, help=f"the newest so many (default: {LIMIT})"
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on with what is new, and with edits and redactions of the newest 50, until Ctrl-C",
    )
    parser.add_argument(
        "--json", action="store_true", help="as JSON, with ARNs and all; with --follow one object a line"
    )
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """List the channel, and follow it if asked to: until Ctrl-C, which is no failure then."""
    settings = settings_from(args, SETTINGS)
    try:
        with in_words(settings):
            asyncio.run(_list_and_follow(args, settings))
    except KeyboardInterrupt:
        if not args.follow:
            raise
    return DONE


async def _list_and_follow(args: Namespace, settings: Settings) -> None:
    async with chime_reader(settings) as reader:

        async def read(channel_arn: str) -> list[Posted]:
            return await _newest(reader, channel_arn, since=args.since, count=args.limit + 1)

        channel_arn, newest = await with_channel(args.channel, settings.app_instance, reader, read=read)
        listed = newest[: args.limit]
        _show(listed[::-1], args)
        if not listed and not args.json:
            talk("no messages")
        if len(newest) > args.limit:
            talk(f"older messages are left out: --limit {2 * args.limit} lists more of them")
        if args.follow:
            since = listed[-1].created_at if len(newest) > args.limit else args.since
            every_s = follow_every_s(settings.bearer_rate)
            shown = Shown(listed)
            async for news in follow(reader, channel_arn, since=since, shown=shown, every_s=every_s):
                _stop_if_nobody_reads()
                _show(news, args)


async def _newest(
    reader: ChimeReader, channel_arn: str, *, since: datetime | None, count: int
) -> list[Posted]:
    newest: list[Posted] = []
    async with aclosing(reader.messages(channel_arn, since=since)) as pages:
        async for page in pages:
            newest += page
            if len(newest) >= count:
                break
    return newest[:count]


def _stop_if_nobody_reads() -> None:
    """Raise OutputLost if stdout is a pipe whose reader has left: a quiet channel would not tell."""
    if sys.stdout is None:
        return
    poll = select.poll()
    poll.register(sys.stdout, 0)
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0)):
        raise OutputLost


def _show(oldest_first: Sequence[Posted], args: Namespace) -> None:
    if args.json and args.follow:
        for message in oldest_first:
            say(json.dumps(_json(message)))
    elif args.json:
        say(json.dumps([_json(message) for message in oldest_first], indent=2))
    elif oldest_first:
        say("\n".join(map(_line, oldest_first)))


def _line(message: Posted) -> str:
    sender = message.sender_name or message.sender_arn or "?"
    notes = [
        *([message.type] if message.type != "STANDARD" else []),
        *([message.status] if message.status != "SENT" else []),
        *(["edited"] if message.edited_at and not message.is_redacted else []),
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
        "edited": message.edited_at is not None,
        "status": message.status,
    }


def _since(text: str) -> datetime:
    """Read an instant, or how long ago it was."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (its package)

    try:
        age = age_in(text)
        return parse_instant(text) if age is None else SystemClock().now() - age
    except OverflowError:
        raise ArgumentTypeError("is longer ago than the calendar goes") from None
    except ValueError as error:
        raise ArgumentTypeError(f"{error}, or an age such as 10m, 2h or 1d") from None
