"""`enqueue`: one job made of words, or many from a file. All are checked before the first is sent."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from uuid import uuid4

from worker.cli.exit_codes import DONE, FAILED, Failed
from worker.cli.failures import in_words
from worker.cli.following import Ending, Follower
from worker.cli.job_lines import GoodLine, checked
from worker.cli.job_words import add_job_words, body_of, check_words, given_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.words import UsageError
from worker.settings import Settings
from worker.terminal import escape, say, talk

if TYPE_CHECKING:
    from worker.adapters.sqs_producer import Fate, Parcel

SETTINGS = ("WORKER_QUEUE_URL", "WORKER_APP_INSTANCE_ARN", "AWS_REGION", "AWS_ENDPOINT_URL_SQS")
WAIT_SETTINGS = (*SETTINGS, "WORKER_LEDGER")
WAIT_S = 60.0


def add_arguments(parser: ArgumentParser) -> None:
    """Take one job in words, or a file of jobs."""
    add_job_words(parser)
    add = parser.add_argument
    add(
        "--file", metavar="JOBS.JSONL", help="enqueue the jobs of a file, one a line; - reads them from stdin"
    )
    add("--dry-run", action="store_true", help="check the jobs and print their bodies; nothing is sent")
    add("--wait", action="store_true", help="follow the jobs to their end; needs the worker's sqlite ledger")
    add("--timeout", type=float, metavar="S", help=f"how long to --wait, in seconds (default: {WAIT_S:g})")
    add("--json", action="store_true", help="tell what became of the jobs as JSON, one object a line")
    add_setting_flags(parser, WAIT_SETTINGS)


def run(args: Namespace) -> int:
    """Check, send, and wait if asked to; 0 if every job is in the queue (--wait: and ended well)."""
    _check_words(args)
    settings = settings_from(args, WAIT_SETTINGS if args.wait else SETTINGS)
    jobs = _good_jobs(args, settings)
    if args.dry_run:
        for job in jobs:
            # ASCII throughout: a terminal is shown no raw control character, and it stays a body.
            say(json.dumps(json.loads(job.body)).replace("\x7f", "\\u007f"))
        return DONE
    with in_words(settings):
        return asyncio.run(
            _enqueue_and_follow(args, settings, jobs) if args.wait else _enqueue(args, settings, jobs)
        )


async def _enqueue_and_follow(args: Namespace, settings: Settings, jobs: Sequence[GoodLine]) -> int:
    async with ledger_reader(settings) as reader:
        # Before anything is sent: nothing is, if the ledger cannot be read.
        follower = await Follower.before(reader, [line.job for line in jobs])
        await _enqueue(args, settings, jobs)
        return await _follow(follower, args)


async def _enqueue(args: Namespace, settings: Settings, jobs: Sequence[GoodLine]) -> int:
    if missing_count := await _send(args, settings, jobs):
        raise Failed(
            f"{missing_count} of {len(jobs)} job(s) are not in the queue, or nobody knows: enqueue them "
            "again under the same ids, which keep them from being sent twice."
        )
    return DONE


def _check_words(args: Namespace) -> None:
    """Raise UsageError for words that contradict one another."""
    if args.file is None:
        check_words(args)
    elif words := given_words(args):
        raise UsageError(f"{words[0]} is for one job; with --file each line says it for itself.")
    if args.dry_run and args.wait:
        raise UsageError("--dry-run sends nothing that --wait could follow: give one of them.")
    if args.timeout is not None and not (args.wait and args.timeout > 0):
        raise UsageError("--timeout is how many seconds to --wait: give both, and a number above 0.")


def _good_jobs(args: Namespace, settings: Settings) -> list[GoodLine]:
    """Read all jobs. Raise Failed if one of them would be rejected: then none is sent."""
    from worker.adapters.clock import SystemClock  # noqa: PLC0415 (its package)

    if args.file is None:
        lines = [
            body_of(args, _content(args.text), job_id=args.id or f"cli:{uuid4()}").encode(
                errors="surrogateescape"
            )
        ]
    else:
        lines = _read(args.file).split(b"\n")
    good, bad = checked(lines, settings.app_instance, now=SystemClock().now())
    if bad and args.file is None:
        raise Failed(f"nothing was enqueued, for the worker would reject it: {bad[0].rejected}")
    if bad:
        talk("\n".join(escape(str(each)) for each in bad))
        raise Failed(f"nothing was enqueued: mend the {len(bad)} line(s) named above first.")
    return good


def _content(text: str | None) -> str | None:
    if text != "-":
        return text
    try:
        return _read("-").decode().removesuffix("\n")  # echo adds it, nobody means it
    except UnicodeDecodeError:
        raise Failed("nothing was enqueued: stdin is not UTF-8.") from None


def _read(name: str) -> bytes:
    if name == "-" and sys.stdin is None:  # the process was started with it closed
        raise UsageError("stdin is closed: pipe the text into it, or name a file.")
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}.") from error


async def _send(args: Namespace, settings: Settings, jobs: Sequence[GoodLine]) -> int:
    """Send all jobs, tell what became of each, and return how many the queue does not have."""
    from worker.adapters.sqs_producer import NotTaken, Parcel, SqsProducer  # noqa: PLC0415 (the SDK is slow)
    from worker.app import clients_of  # noqa: PLC0415

    missing_count = 0
    parcels = (Parcel(line.number, line.job.id, line.channel_id, line.body) for line in jobs)
    async with clients_of(settings) as clients:
        producer = SqsProducer(
            clients.sqs, queue_url=settings.queue_url.url, deadline_s=settings.call_deadline_s
        )
        async for parcel, fate in producer.enqueue(parcels):
            missing_count += isinstance(fate, NotTaken)
            _tell_fate(args, parcel, fate)
    return missing_count


def _tell_fate(args: Namespace, parcel: Parcel, fate: Fate) -> None:
    from worker.adapters.sqs_producer import NotTaken, Taken  # noqa: PLC0415 (the SDK is slow)

    told = {"id": parcel.job_id, "line": parcel.line, "enqueued": isinstance(fate, Taken)}
    match fate:
        case Taken() if args.json:
            say(json.dumps({**told, "sqs_message_id": fate.sqs_message_id}))
        case NotTaken() if args.json:
            say(json.dumps({**told, "cause": fate.cause}))
        case Taken(sqs_message_id):
            say(f"enqueued {parcel.job_id} as SQS message {escape(sqs_message_id)}")
        case NotTaken(cause):
            talk(f"line {parcel.line}: {parcel.job_id} is not in the queue: {escape(cause)}")
        case _:
            assert_never(fate)


async def _follow(follower: Follower, args: Namespace) -> int:
    """Tell each job's end; 0 if all are successes."""
    timeout_s, code = WAIT_S if args.timeout is None else args.timeout, DONE
    try:
        async with asyncio.timeout(timeout_s):
            async for ending in follower.endings():
                say(json.dumps(asdict(ending)) if args.json else _sentence(ending))
                code = code if ending.is_success else FAILED
    except TimeoutError:
        raise Failed(
            f"{follower.open_count} job(s) have not ended within {timeout_s:g} s: is a worker running? "
            "`backend-worker status JOB_ID` tells how one stands."
        ) from None
    return code


def _sentence(ending: Ending) -> str:
    message = f" as message {ending.message_id}" if ending.message_id else ""
    reason = f": {ending.reason}" if ending.reason else ""
    detail = f": {ending.detail}" if ending.detail else ""
    return escape(f"{ending.job_id}: {ending.outcome}{message}{reason}{detail}")
