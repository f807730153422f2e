"""`demo`: shows the worker at work, in a world of its own in which much goes wrong."""

import asyncio
import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from random import SystemRandom

from worker.cli.exit_codes import DONE, FAILED, Failed
from worker.cli.interrupts import hang_up_interrupts
from worker.terminal import say, talk

MOST_SEED = 9999


def add_arguments(parser: ArgumentParser) -> None:
    """Take the dice and the form of the summary."""
    parser.add_argument("--seed", type=int, help="places the faults (default: thrown, and printed)")
    parser.add_argument("--json", action="store_true", help="print the summary alone, as JSON")


def run(args: Namespace) -> int:
    """Run the demo; done only if every job came to its right end."""
    from worker.local.demo import run_demo  # noqa: PLC0415 (imports aiobotocore)
    from worker.local.demo_text import OPENING, Progress, closing, report  # noqa: PLC0415
    from worker.local.sqs import LocalExtraMissing  # noqa: PLC0415

    seed = SystemRandom().randint(0, MOST_SEED) if args.seed is None else args.seed
    talk(OPENING)
    hang_up_interrupts()
    try:
        shown = asyncio.run(run_demo(seed=seed, watch=Progress(seed=seed)))
    except LocalExtraMissing as missing:
        raise Failed(str(missing)) from missing
    except KeyboardInterrupt:
        raise Failed("stopped before its end: worker and world are gone, nothing was counted.") from None
    ok = not shown.summary.problems
    say(
        json.dumps({"ok": ok, "seed": seed, **asdict(shown.summary)}, indent=2)
        if args.json
        else report(shown)
    )
    if not ok:
        talk("\n".join(("\nThe worker's last lines:", *shown.log_tail)))
    talk(closing(seed))
    return DONE if ok else FAILED
