"""`resume`: ends what `pause` began, for one channel or for all."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.pause import SETTINGS, add_arguments, channel_named
from worker.cli.setting_flags import settings_from
from worker.core.fleet import Pause
from worker.settings import Settings
from worker.terminal import escape, say

__all__ = ["add_arguments", "run"]


def run(args: Namespace) -> int:
    """Write it into the ledger. Jobs that were given back meanwhile come again within half a minute."""
    settings = settings_from(args, SETTINGS)
    channel_arn = channel_named(args.channel, settings)
    with in_words(settings):
        pauses = asyncio.run(_resume(channel_arn, settings))
    resumed = f"resumed {escape(args.channel or 'all channels')}"
    if any(pause.channel_arn is None for pause in pauses):
        say(f"{resumed}, but all channels are paused still: `resume` without --channel ends that.")
    else:
        say(f"{resumed}: jobs that wait go on within half a minute.")
    return DONE


async def _resume(channel_arn: str | None, settings: Settings) -> tuple[Pause, ...]:
    """Resume, and return what is paused still."""
    async with ledger_reader(settings) as switches:
        await switches.resume(channel_arn)
        return () if channel_arn is None else (await switches.roll()).pauses
