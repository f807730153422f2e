"""`status`: how one job stands by the ledger, whether or not a worker is running."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace

from worker.cli.exit_codes import DONE, Failed
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.standing import as_json, as_lines
from worker.core.row import Row
from worker.settings import Settings
from worker.terminal import say

SETTINGS = ("WORKER_LEDGER", "WORKER_MAX_ATTEMPTS", "WORKER_RECONCILE_GRACE_S")


def add_arguments(parser: ArgumentParser) -> None:
    """Take the job's id."""
    parser.add_argument("job_id", metavar="JOB_ID", help="the job's id")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """Tell how the job stands; 1 if the ledger does not know it."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (for `--help`, the SDK is too slow)
    from worker.app import policy_of  # noqa: PLC0415

    settings = settings_from(args, SETTINGS)
    with in_words(settings):
        row = asyncio.run(_row_of(args.job_id, settings))
    if row is None:
        raise Failed(
            f"the ledger does not know job {args.job_id}: no worker has begun it yet, or it ended longer ago "
            "than WORKER_LEDGER_RETENTION_S."
        )
    now, policy = SystemClock().now(), policy_of(settings)
    say(
        json.dumps(as_json(row, now, policy), indent=2)
        if args.json
        else "\n".join(as_lines(row, now, policy))
    )
    return DONE


async def _row_of(job_id: str, settings: Settings) -> Row | None:
    async with ledger_reader(settings) as reader:
        return await reader.read(job_id)
