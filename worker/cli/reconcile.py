"""`reconcile`: explains by hand what no delivery in a worker's hand will explain."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections import Counter

from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.core.fleet import SHARDS
from worker.settings import Settings
from worker.terminal import say


def add_arguments(parser: ArgumentParser) -> None:
    """Take the way to run."""
    parser.add_argument(
        "--once", action="store_true", help="one pass; without it, pass after pass until Ctrl-C"
    )
    parser.add_argument("--json", action="store_true", help="the counts of each pass as a line of JSON")
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """Go over every row that is due, of all shards; print what came of them."""
    settings = settings_from(args)
    with in_words(settings):
        asyncio.run(_passes(settings, once=args.once, as_json=args.json))
    return DONE


async def _passes(settings: Settings, *, once: bool, as_json: bool) -> None:
    from worker.app import reconciler  # noqa: PLC0415 (for `--help`, the SDK is too slow)

    async with reconciler(settings) as opened:
        while True:
            counts = await opened.once(range(SHARDS))
            say(json.dumps(dict(sorted(counts.items()))) if as_json else _sentence(counts))
            if once:
                return
            await asyncio.sleep(settings.reconcile_interval_s or 30.0)


def _sentence(counts: Counter[str]) -> str:
    return "reconciled: " + (
        ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "nothing due"
    )
