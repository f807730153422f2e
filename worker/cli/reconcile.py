"""`reconcile`: explains by hand what no delivery in a worker's hand will explain."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from worker.cli.exit_codes import DONE
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.core.fleet import SHARDS
from worker.logs import logs_to
from worker.settings import Settings
from worker.settings.ledger_url import SqliteFile
from worker.terminal import say


def add_arguments(parser: ArgumentParser) -> None:
    """Take the form of the counts."""
    parser.add_argument("--once", action="store_true", help="one pass, which is what it does in any case")
    parser.add_argument("--json", action="store_true", help="the counts as JSON")
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """Go over every row that is due, of all shards, once; print what came of them."""
    settings = settings_from(args)
    with logs_to(sys.stderr, settings.log_level, form=settings.log_format), in_words(settings):
        counts = asyncio.run(_pass(settings))
    say(json.dumps(dict(sorted(counts.items()))) if args.json else _sentence(counts))
    return DONE


async def _pass(settings: Settings) -> Counter[str]:
    from worker.app import reconciler  # noqa: PLC0415 (for `--help`, the SDK is too slow)

    async with ledger_reader(settings) as reader:
        await reader.roll()  # refused where there is no ledger: to reconcile may not make one
    with _running_worker_named(settings):
        async with reconciler(settings) as opened:
            return await opened.once(range(SHARDS))


@contextmanager
def _running_worker_named(settings: Settings) -> Iterator[None]:
    """Say of a file that a worker has, that it is reconciled all the same."""
    from worker.adapters.ledger.refused import LedgerRefused  # noqa: PLC0415 (see above)

    try:
        yield
    except LedgerRefused as refused:
        if not isinstance(settings.ledger, SqliteFile):
            raise
        raise LedgerRefused(f"{refused} A running worker reconciles its own file by itself.") from refused


def _sentence(counts: Counter[str]) -> str:
    return "reconciled: " + (
        ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "nothing due"
    )
