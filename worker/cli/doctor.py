"""`doctor`: checks everything the worker needs; one line each, and under it the command that mends it."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path

from worker import __version__
from worker.cli.asking import add_asking_flags, check_can_ask, confirmed
from worker.cli.exit_codes import DONE, FAILED, Failed
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.words import UsageError
from worker.contract.arns import resolve_channel
from worker.contract.rejected import Rejected
from worker.ops.doctor.finding import Finding
from worker.settings import Settings
from worker.settings.ledger_url import InMemory
from worker.terminal import escape, say, talk


def add_arguments(parser: ArgumentParser) -> None:
    """Take a channel to look at, and where the report of a probe goes."""
    parser.add_argument(
        "--channel", metavar="CHANNEL", help="also look whether the bearer may send here: id or ARN"
    )
    parser.add_argument("--json", action="store_true", help="as JSON: check, level, found, mend")
    parser.add_argument(
        "--probe",
        metavar="FILE",
        help="instead try out, with messages of its own in --channel, what Amazon does not document, "
        "and write a report that `python -m worker.local.chime --like FILE` replays",
    )
    add_asking_flags(parser)
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """Examine; 0 if nothing is a problem. Or probe; 0 if there is a report."""
    if args.probe is not None:
        return _probe(args)
    if args.yes or args.dry_run:
        raise UsageError("--yes and --dry-run go with --probe: doctor itself changes nothing.")
    settings = settings_from(args)
    channel_arn = None if args.channel is None else _channel_arn(args, settings)
    with in_words(settings):
        findings = asyncio.run(_examined(settings, channel_arn))
    if args.json:
        say(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        say("\n".join(_lines(findings)))
    return FAILED if any(finding.level == "problem" for finding in findings) else DONE


async def _examined(settings: Settings, channel_arn: str | None) -> list[Finding]:
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (for `--help`, the SDK is too slow)
    from worker.ops.doctor.examination import examined  # noqa: PLC0415

    async with AsyncExitStack() as opened:
        ask_roll = None
        if not isinstance(settings.ledger, InMemory):  # which no other process can ask
            ask_roll = (await opened.enter_async_context(ledger_reader(settings))).roll
        return await examined(settings, SystemClock(), channel_arn=channel_arn, ask_roll=ask_roll)


def _probe(args: Namespace) -> int:
    if args.channel is None:
        raise UsageError("--probe sends messages: name a --channel where they disturb nobody.")
    check_can_ask(args)
    settings = settings_from(args)
    channel_arn = _channel_arn(args, settings)
    would = f"about 60 messages to {args.channel} as {settings.bearer_arns[0]}, and make and delete a channel"
    if args.dry_run:
        talk(escape(f"would send {would}"))
        return DONE
    if not args.yes and not confirmed(escape(f"Send {would}?")):
        raise Failed("nothing was sent.")
    with in_words(settings):
        report = asyncio.run(_probed(settings, channel_arn))
    try:
        Path(args.probe).write_text(f"{report}\n", encoding="utf-8")
    except OSError as error:
        raise Failed(f"{args.probe} cannot be written: {error.strerror}.") from error
    talk(escape(f"the report is in {args.probe}"))
    return DONE


async def _probed(settings: Settings, channel_arn: str) -> str:
    import botocore  # noqa: PLC0415 (see above)

    from worker.adapters.clock import SystemClock  # noqa: PLC0415
    from worker.app import clients_of  # noqa: PLC0415
    from worker.ops.probe import Probe  # noqa: PLC0415
    from worker.ops.probe_report import json_of  # noqa: PLC0415

    async with clients_of(settings) as clients:
        probe = Probe(
            client=clients.chime,
            app_instance_arn=settings.app_instance.arn,
            channel_arn=channel_arn,
            bearer_arn=settings.bearer_arns[0],
            calls_per_s=settings.bearer_rate,
            deadline_s=settings.call_deadline_s,
            clock=SystemClock(),
        )
        return json_of(
            await probe.run(made_by=f"backend-worker {__version__}, botocore {botocore.__version__}")
        )


def _channel_arn(args: Namespace, settings: Settings) -> str:
    try:
        return resolve_channel(args.channel, settings.app_instance)
    except Rejected as rejected:
        raise UsageError(rejected.detail) from None


def _lines(findings: Sequence[Finding]) -> list[str]:
    width = max(len(finding.check) for finding in findings)
    lines = []
    for each in findings:
        lines.append(escape(f"{each.level:<8} {each.check:<{width}}  {each.found}"))
        if each.mend is not None:
            lines.append(escape(f"{'':<{9 + width}}  $ {each.mend}"))
    return lines
