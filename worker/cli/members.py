"""`members`: lists who is in a channel."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from worker.cli.chime_reading import SETTINGS, chime_reader, with_channel
from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.settings import Settings
from worker.terminal import escape, say, talk

if TYPE_CHECKING:
    from worker.adapters.chime_reader import Member


def add_arguments(parser: ArgumentParser) -> None:
    """Take the channel and the type of membership."""
    parser.add_argument("channel", metavar="CHANNEL", help="channel id, ARN or name")
    parser.add_argument(
        "--type",
        choices=("default", "hidden"),
        default="default",
        help="hidden ones read without being seen; only moderators and admins may list them",
    )
    parser.add_argument("--json", action="store_true", help="as JSON, one object a line")
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """List the members by name."""
    settings = settings_from(args, SETTINGS)
    with in_words(settings):
        members = asyncio.run(_members(args, settings))
    for member in sorted(members, key=lambda member: (member.name, member.arn)):
        told = {"member_arn": member.arn, "name": member.name, "type": args.type.upper()}
        say(json.dumps(told) if args.json else escape(f"{member.name}  ({member.arn})"))
    if not members:
        talk("no members" if args.type == "default" else "no hidden members")
    return DONE


async def _members(args: Namespace, settings: Settings) -> Sequence[Member]:
    async with chime_reader(settings) as reader:

        async def read(channel_arn: str) -> list[Member]:
            pages = reader.members(channel_arn, args.type.upper())
            return [member async for page in pages for member in page]

        _, members = await with_channel(args.channel, settings.app_instance, reader, read=read)
        return members
