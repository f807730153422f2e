"""`status`: how it all stands, or how one job does by the ledger, whether or not a worker is running."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Mapping

from worker.cli.exit_codes import DONE, FAILED, Failed
from worker.cli.failures import in_words
from worker.cli.ledger_reader import LedgerReader, ledger_reader
from worker.cli.setting_flags import add_setting_flags, settings_from, texts_from
from worker.cli.standing import NOBODY, as_json, as_lines
from worker.core.fleet import Roll
from worker.core.row import Ended, Row
from worker.settings import Settings
from worker.terminal import escape, say, talk

WATCH_EVERY_S = 5.0
HOME = "WORKER_APP_INSTANCE_ARN"
JOB_SETTINGS = (
    "WORKER_LEDGER",
    "WORKER_MAX_ATTEMPTS",
    "WORKER_RECONCILE_GRACE_S",
    "AWS_REGION",
    "AWS_ENDPOINT_URL_DYNAMODB",
)
SETTINGS = (
    *JOB_SETTINGS,
    HOME,
    "WORKER_QUEUE_URL",
    "WORKER_DEAD_LETTER_QUEUE_URL",
    "WORKER_BEARER_RATE",
    "AWS_ENDPOINT_URL_SQS",
)
REDRAW = "\x1b[H\x1b[J"
"""To the upper left corner, and all below it wiped."""


def add_arguments(parser: ArgumentParser) -> None:
    """Take the job's id, if it is about one, and whether to go on."""
    parser.add_argument(
        "job_id", metavar="JOB_ID", nargs="?", help="the job's id; without it, how all stands"
    )
    parser.add_argument("--json", action="store_true", help="as JSON; with --watch one object a line")
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        nargs="?",
        type=_seconds,
        const=WATCH_EVERY_S,
        help=f"look again every so often (default: {WATCH_EVERY_S:g}), until Ctrl-C or the job's final end",
    )
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """Tell how it stands; 1 if something cannot be read, or the ledger does not know the job."""
    settings = _settings(args)
    try:
        with in_words(settings):
            return asyncio.run(_tell(args, settings) if args.job_id is None else _tell_of_job(args, settings))
    except KeyboardInterrupt:
        if args.watch is None:
            raise
        return DONE


async def _tell(args: Namespace, settings: Settings) -> int:
    from worker.cli import overview  # noqa: PLC0415 (for `--help`, the SDK is too slow)

    while True:
        seen = await overview.look(settings)
        _show(overview.as_json(seen), overview.as_lines(seen), args)
        if args.watch is None:
            return FAILED if seen.unreadable else DONE
        await asyncio.sleep(args.watch)


async def _tell_of_job(args: Namespace, settings: Settings) -> int:
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (see above)
    from worker.plans import policy_of  # noqa: PLC0415

    clock, policy = SystemClock(), policy_of(settings)
    shown: Row | str | None = None
    async with ledger_reader(settings) as reader:
        while True:
            row = await reader.read(args.job_id)
            if row is None and args.watch is None:
                raise Failed(_unknown(args.job_id))
            if row is None and shown is None:
                shown = _unknown(args.job_id)
                talk(f"{escape(shown)} It is waited for.")
            elif row is not None and row != shown:
                roll = NOBODY if isinstance(row.state, Ended) else await _roll(reader)
                now, shown = clock.now(), row
                _show(as_json(row, now, policy, roll=roll), as_lines(row, now, policy, roll=roll), args)
            if args.watch is None or _is_over(row):
                return DONE
            await asyncio.sleep(args.watch)


async def _roll(reader: LedgerReader) -> Roll:
    """Read who is there, if that can be read: a job's row is worth telling without."""
    from worker.adapters.ledger.refused import LedgerRefused  # noqa: PLC0415 (see above)
    from worker.ports import LedgerUnavailable  # noqa: PLC0415

    try:
        return await reader.roll()
    except (LedgerRefused, LedgerUnavailable):
        return NOBODY


def _is_over(row: Row | None) -> bool:
    return row is not None and isinstance(row.state, Ended) and row.state.outcome.is_final


def _show(as_json: Mapping[str, object], as_lines: Iterable[str], args: Namespace) -> None:
    """Show it once, or anew: in the place of the last one where that is a terminal's business."""
    if args.json:
        say(json.dumps(as_json, indent=2 if args.watch is None else None))
        return
    is_screen = sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    say((REDRAW if args.watch is not None and is_screen else "") + "\n".join(as_lines))


def _unknown(job_id: str) -> str:
    return (
        f"the ledger does not know job {job_id}: no worker has begun it yet, or it ended longer ago "
        "than WORKER_LEDGER_RETENTION_S."
    )


def _settings(args: Namespace) -> Settings:
    """Read what is used. A table may be in the app instance's region, where that is named."""
    if args.job_id is None:
        return settings_from(args, SETTINGS)
    texts = texts_from(args)
    is_named = HOME in texts.environment or HOME in texts.flags
    return settings_from(args, (*JOB_SETTINGS, HOME) if is_named else JOB_SETTINGS)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise ArgumentTypeError("is how many seconds (0.1 to 86400), and comes after JOB_ID")
    return seconds
