"""`pause`: stops sending to one channel, or to all, for every worker of the ledger, until `resume`."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace

from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.words import UsageError
from worker.contract.arns import resolve_channel
from worker.contract.rejected import Rejected
from worker.core.fleet import BEAT_S, Pause
from worker.settings import Settings
from worker.terminal import escape, say

SETTINGS = ("WORKER_LEDGER", "WORKER_APP_INSTANCE_ARN", "AWS_REGION", "AWS_ENDPOINT_URL_DYNAMODB")


def add_arguments(parser: ArgumentParser) -> None:
    """Take the channel."""
    parser.add_argument(
        "--channel", metavar="CHANNEL", help="id or ARN of the channel; by default all of them"
    )
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """Write it into the ledger, where every worker sees it within seconds."""
    settings = settings_from(args, SETTINGS)
    channel_arn = channel_named(args.channel, settings)
    with in_words(settings):
        asyncio.run(_pause(channel_arn, settings))
    paused = escape(args.channel or "all channels")
    say(f"paused {paused}: workers see it within {BEAT_S:g} s; `resume` ends it.")
    return DONE


def channel_named(channel: str | None, settings: Settings) -> str | None:
    """Return the ARN of the channel that a flag names. Raise UsageError."""
    try:
        return None if channel is None else resolve_channel(channel, settings.app_instance)
    except Rejected as rejected:
        raise UsageError(rejected.detail) from None


async def _pause(channel_arn: str | None, settings: Settings) -> None:
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (for `--help`, the SDK is too slow)

    async with ledger_reader(settings) as switches:
        await switches.pause(Pause(channel_arn, SystemClock().now()))
