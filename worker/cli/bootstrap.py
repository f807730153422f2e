"""`bootstrap`: makes what the worker needs and is not there; a second run finds that nothing is missing."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from worker.cli.asking import add_asking_flags, check_can_ask, confirmed
from worker.cli.exit_codes import DONE, FAILED, Failed
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.settings import Settings
from worker.terminal import escape, say

if TYPE_CHECKING:
    from worker.ops.bootstrap.thing import Line, Mode

SETTINGS = (
    "WORKER_APP_INSTANCE_ARN",
    "WORKER_QUEUE_URL",
    "WORKER_DEAD_LETTER_QUEUE_URL",
    "WORKER_BEARER",
    "WORKER_LEDGER",
    "WORKER_VISIBILITY_TIMEOUT_S",
    "AWS_REGION",
    "AWS_ENDPOINT_URL_SQS",
    "AWS_ENDPOINT_URL_DYNAMODB",
    "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Take what is asked before, and the form."""
    add_asking_flags(parser)
    parser.add_argument("--json", action="store_true", help="as JSON: what, state, detail")
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """Look, ask, make; 1 if something failed."""
    check_can_ask(args)
    settings = settings_from(args, SETTINGS)
    show: Callable[[Line], None] = _keep if args.json else _say
    with in_words(settings):
        lines = asyncio.run(_gone_through(settings, "make" if args.yes else "look", show))
        missing = [line.what for line in lines if line.state == "would create"]
        if missing and not args.dry_run and lines[-1].state != "failed":
            if not confirmed(escape(f"Create {', '.join(missing)}?")):
                raise Failed("nothing was created.")
            lines = asyncio.run(_gone_through(settings, "make", show))
    if args.json:
        say(json.dumps([asdict(line) for line in lines], indent=2))
    return FAILED if any(line.state == "failed" for line in lines) else DONE


async def _gone_through(settings: Settings, mode: Mode, show: Callable[[Line], None]) -> Sequence[Line]:
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (for `--help`, the SDK is too slow)
    from worker.ops.bootstrap.plan import bootstrapped  # noqa: PLC0415

    lines = []
    async for line in bootstrapped(settings, SystemClock(), mode=mode):
        show(line)
        lines.append(line)
    return lines


def _say(line: Line) -> None:
    detail = f": {line.detail}" if line.detail else ""
    say(escape(f"{line.state:<12}  {line.what}{detail}"))


def _keep(_: Line) -> None:
    """Leave it for the end."""
