"""`channels`: lists the channels of the app instance, or those of one name."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from worker.cli.chime_reading import BOTH, SETTINGS, channels_of, chime_reader
from worker.cli.exit_codes import DONE, Failed
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.standing import stamp
from worker.contract.rejected import quoted
from worker.contract.targets import Privacy
from worker.settings import Settings
from worker.terminal import escape, say, talk

if TYPE_CHECKING:
    from worker.adapters.chime_reader import Channel

PRIVACIES: Mapping[str, Sequence[Privacy]] = {"public": ("PUBLIC",), "private": ("PRIVATE",), "both": BOTH}


def add_arguments(parser: ArgumentParser) -> None:
    """Take which channels are wanted."""
    parser.add_argument("--name", metavar="N", help="only those with exactly this name; 1 if there is none")
    parser.add_argument(
        "--privacy", choices=tuple(PRIVACIES), default="both", help="private ones need an app instance admin"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, one object a line")
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """List the channels, each as its page comes."""
    settings = settings_from(args, SETTINGS)
    with in_words(settings):
        count = asyncio.run(_list(args, settings))
    if args.name is None and not count:
        talk("no channels")
    elif not count:
        raise Failed(f"channels: none that the bearer may list is named {quoted(args.name)}.")
    elif args.name is not None and count > 1:
        talk(f"{count} channels have that name: name one of them by its id or ARN")
    return DONE


async def _list(args: Namespace, settings: Settings) -> int:
    """Show page after page, and return how many channels were shown."""
    count = 0
    async with chime_reader(settings) as reader:
        async for page in channels_of(reader, settings.app_instance, PRIVACIES[args.privacy]):
            for channel in page:
                if args.name in (None, channel.name):
                    count += 1
                    say(json.dumps(_json(channel)) if args.json else _line(channel))
    return count


def _line(channel: Channel) -> str:
    last = f"last message {stamp(channel.last_message_at)}" if channel.last_message_at else "no message"
    return escape(
        f"{_id(channel)}  {channel.name}  {channel.privacy} {channel.mode}, {last}  ({channel.arn})"
    )


def _json(channel: Channel) -> dict[str, object]:
    return {
        "channel_id": _id(channel),
        "channel_arn": channel.arn,
        "name": channel.name,
        "privacy": channel.privacy,
        "mode": channel.mode,
        "last_message_at": channel.last_message_at and stamp(channel.last_message_at),
    }


def _id(channel: Channel) -> str:
    return channel.arn.rpartition("/")[2]
