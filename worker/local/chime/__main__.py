"""
Runs the Chime emulator on its own.

It prints, as lines for a shell to export, where it listens and what it has put in: one app instance,
its admin "backend_worker", and the channel "general" with that admin as its only member; or what the
seed says.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from worker.local.chime.clock import WallClock
from worker.local.chime.control import changed
from worker.local.chime.errors import ChimeError
from worker.local.chime.like import switches_like
from worker.local.chime.seeds import Seed, SeedChannel, plant, seed_of
from worker.local.chime.server import emulator
from worker.local.chime.state import Chime
from worker.local.chime.switches import RatePreset, Switches
from worker.ops.probe_report import report_of

APP_INSTANCE_ARN = "arn:aws:chime:us-east-1:123456789012:app-instance/00000000-0000-4000-8000-000000000001"
BEARER_ID = "backend_worker"
CHANNEL_ID = "general"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code is 0 then."""
    parser = _parser()
    asked = parser.parse_args(argv)
    try:
        seed = seed_of(asked.seed.read_bytes()) if asked.seed else first_world(asked.app_instance_arn)
        switches = Switches(rates=asked.rates, tokens=asked.tokens)
        if asked.like:
            switches = switches_like(report_of(asked.like.read_bytes()), switches)
        switches = changed(switches, dict(asked.switch))
        chime = Chime(WallClock(), switches=switches)
        plant(chime, seed)
    except (OSError, ValueError, ChimeError) as error:
        parser.error(str(error))
    asyncio.run(_serve(chime, port=asked.port, app_instance_arns=seed.app_instances))
    return 0


def first_world(app_instance_arn: str) -> Seed:
    """An app instance with an admin, and one channel that the admin may send to."""
    bearer = f"{app_instance_arn}/user/{BEARER_ID}"
    general = SeedChannel(arn=f"{app_instance_arn}/channel/{CHANNEL_ID}", members=(bearer,))
    return Seed(app_instances=(app_instance_arn,), users=(bearer,), admins=(bearer,), channels=(general,))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker.local.chime", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="0, the default, takes a free one")
    add("--rates", choices=get_args(RatePreset), default="us-east-1", help="whose quotas hold")
    add("--tokens", choices=("honoured", "ignored"), default="honoured", help="of repeated sends")
    add("--app-instance-arn", default=APP_INSTANCE_ARN, help="the app instance to put in")
    add("--seed", type=Path, help="a JSON file that says what to put in instead")
    add(
        "--like",
        type=Path,
        metavar="REPORT",
        help="behave as `doctor --probe` saw it; --switch goes before it",
    )
    add("--switch", type=_switch, action="append", default=[], metavar="NAME=VALUE", help="see README.md")
    return parser


def _switch(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


async def _serve(chime: Chime, *, port: int, app_instance_arns: Sequence[str]) -> None:
    stopped = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stopped.set)
    async with emulator(chime, port=port) as running:
        sys.stdout.write(f"AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING={running.url}\n")
        sys.stdout.write(f"AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY={running.url}\n")
        for arn in app_instance_arns[:1]:
            sys.stdout.write(f"WORKER_APP_INSTANCE_ARN={arn}\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    raise SystemExit(main())
