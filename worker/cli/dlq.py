"""`dlq`: dead letters by reason. Here its words are read; `dlq_reading` and `dlq_acting` do them."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import timedelta

from worker.cli.asking import add_asking_flags
from worker.cli.setting_flags import add_setting_flags
from worker.cli.words import a_count, age_in
from worker.contract.reasons import MOVED_BY_SQS, Reason

SETTINGS = ("WORKER_QUEUE_URL", "WORKER_DEAD_LETTER_QUEUE_URL", "AWS_REGION", "AWS_ENDPOINT_URL_SQS")
REDRIVE_SETTINGS = (
    *SETTINGS,
    "WORKER_APP_INSTANCE_ARN",
    "WORKER_BEARER",
    "WORKER_ALLOWED_BEARERS",
    "WORKER_LEDGER",
    "AWS_ENDPOINT_URL_DYNAMODB",
)
REASONS = (*Reason, MOVED_BY_SQS)
"""What is known here: a newer worker's letters may have others."""

LS = "list dead letters, counted by reason"
SHOW = "show all that a dead letter says beside the job's text"
REDRIVE = "send jobs back to their queue, but for those that would be rejected again"
PURGE = "delete dead letters for good, one by one"


def add_arguments(parser: ArgumentParser) -> None:
    """Take a verb, and which letters it is for."""
    verbs = parser.add_subparsers(dest="verb", metavar="ls|show|redrive|purge", required=True)
    ls = verbs.add_parser("ls", help=LS, description=LS)
    show = verbs.add_parser("show", help=SHOW, description=SHOW)
    show.add_argument("message_id", metavar="MESSAGE_ID", nargs="?", help="the letter's SQS MessageId")
    show.add_argument("--body", action="store_true", help="the body too: it is the job, with its text")
    for reading in (ls, show):
        reading.add_argument("--json", action="store_true", help="as JSON")
    redrive = verbs.add_parser("redrive", help=REDRIVE, description=REDRIVE)
    redrive.add_argument("--force", action="store_true", help="also what would be rejected again")
    purge = verbs.add_parser("purge", help=PURGE, description=PURGE)
    for destroying in (redrive, purge):
        add_asking_flags(destroying)
    for verb in (ls, show, redrive, purge):
        _add_selection(verb)
        add_setting_flags(verb, REDRIVE_SETTINGS if verb is redrive else SETTINGS)


def _add_selection(verb: ArgumentParser) -> None:
    reasons = f"{', '.join(REASONS)} (by the queue's own redrive policy), or a newer version's"
    verb.add_argument("--reason", metavar="REASON", type=_reason, help=f"only of this reason: {reasons}")
    verb.add_argument("--job", metavar="ID", help="only of this job")
    verb.add_argument(
        "--older-than", metavar="AGE", type=_age, help="longer in the queue, such as 90s, 2h, 3d"
    )
    verb.add_argument("--newer-than", metavar="AGE", type=_age, help="for less time in the queue")
    verb.add_argument("--limit", metavar="N", type=a_count, help="no more than so many (default: all)")


def run(args: Namespace) -> int:
    """Do what the verb says."""
    from worker.cli import dlq_acting, dlq_reading  # noqa: PLC0415 (for `--help`, the SDK is too slow)

    match args.verb:
        case "ls":
            return dlq_reading.ls(args)
        case "show":
            return dlq_reading.show(args)
        case "redrive":
            return dlq_acting.redrive(args)
        case _:
            return dlq_acting.purge(args)


def _reason(text: str) -> str:
    if re.fullmatch(r"[a-z][a-z0-9_]*", text) is None:
        raise ArgumentTypeError(f"{text} is no reason: a code such as {Reason.INVALID_JOB} is one")
    return text


def _age(text: str) -> timedelta:
    if (age := age_in(text)) is None:
        raise ArgumentTypeError("must be a number and s, m, h or d, such as 2h")
    return age
