"""`iam-policy`: prints what AWS must allow, for the present settings. It asks AWS nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from worker.cli.exit_codes import DONE
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.words import UsageError, did_you_mean
from worker.contract.arns import resolve_channel
from worker.contract.rejected import Rejected
from worker.ops.arns import dead_letter_queue_of
from worker.settings import Settings
from worker.terminal import say, talk

if TYPE_CHECKING:
    from worker.contract.wire import JobType
    from worker.ops.iam_policy import Granted

SETTINGS = (
    "WORKER_APP_INSTANCE_ARN",
    "WORKER_QUEUE_URL",
    "WORKER_DEAD_LETTER_QUEUE_URL",
    "WORKER_BEARER",
    "WORKER_ALLOWED_BEARERS",
    "WORKER_JOIN_CHANNELS",
    "WORKER_LEDGER",
    "WORKER_OUTCOMES",
    "AWS_REGION",
)
FOR_WHOM = {
    "task role": "for the worker's role (the default)",
    "producer": "for who enqueues jobs",
    "bootstrap": "for who runs `bootstrap`",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Take whose policy it is, and what it may leave out."""
    whose = parser.add_mutually_exclusive_group()
    for name, what in FOR_WHOM.items():
        flag = f"--{name.replace(' ', '-')}"
        whose.add_argument(
            flag, dest="whose", action="store_const", const=name, default="task role", help=what
        )
    parser.add_argument(
        "--channel",
        metavar="CHANNEL",
        nargs="+",
        action="extend",
        default=[],
        help="only these, by id or ARN (default: every channel of the app instance)",
    )
    parser.add_argument(
        "--jobs", metavar="TYPES", help="only these types of jobs, with commas (default: all)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the policy document (the default)")
    form.add_argument(
        "--explain", action="store_true", help="instead, a line an action: what breaks without it"
    )
    add_setting_flags(parser, SETTINGS)


def run(args: Namespace) -> int:
    """Print the policy, or its reasons."""
    from worker.ops.iam_policy import document, granted  # noqa: PLC0415 (`--help` has no time for it)

    settings = settings_from(args, SETTINGS)
    channels = [_channel_arn(each, settings) for each in args.channel]
    grants = list(granted(args.whose, settings, channels=channels, jobs=_types(args.jobs)))
    say("\n".join(_reasons(grants)) if args.explain else json.dumps(document(grants), indent=2))
    if args.whose != "producer" and settings.dead_letter_queue_url is None:
        talk(
            f"WORKER_DEAD_LETTER_QUEUE_URL is not set: taken for {dead_letter_queue_of(settings).name}, as "
            "`bootstrap` would name it. If the queue's redrive policy names another, set it."
        )
    return DONE


def _reasons(grants: Iterable[Granted]) -> Iterator[str]:
    for grant in grants:
        for right in grant.rights:
            types = "" if right.jobs == _types(None) else f" ({', '.join(sorted(right.jobs))})"
            yield f"{right.action:<36}  without it: {right.without}{types}"
        yield from (f"    on {arn}" for arn in grant.resources)


def _channel_arn(text: str, settings: Settings) -> str:
    try:
        return resolve_channel(text, settings.app_instance)
    except Rejected as rejected:
        raise UsageError(rejected.detail) from None


def _types(text: str | None) -> frozenset[JobType]:
    """Read a list of types of jobs; None means all of them."""
    from worker.ops.rights import ALL  # noqa: PLC0415 (see above)

    names = ALL if text is None else frozenset(text.split(","))
    for name in sorted(names - ALL):
        raise UsageError(f"--jobs: {name} is no type of job{did_you_mean(name, ALL)}")
    return frozenset(each for each in ALL if each in names)
