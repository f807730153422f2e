"""`resume`: ends what `pause` began, for one channel or for all."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace

from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_switches
from worker.cli.pause import SETTINGS, channel_named
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.settings import Settings
from worker.terminal import say


def add_arguments(parser: ArgumentParser) -> None:
    """Take the channel."""
    parser.add_argument(
        "--channel", metavar="CHANNEL", help="id or ARN of the channel; by default all of them"
    )
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """Write it into the ledger. Jobs that were given back meanwhile come again within half a minute."""
    settings = settings_from(args, SETTINGS)
    with in_words(settings):
        asyncio.run(_resume(channel_named(args.channel, settings), settings))
    say(f"resumed {args.channel or 'all channels'}: their jobs go on within half a minute.")
    return DONE


async def _resume(channel_arn: str | None, settings: Settings) -> None:
    async with ledger_switches(settings) as switches:
        await switches.resume(channel_arn)
