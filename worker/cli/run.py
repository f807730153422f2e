"""`run`: the service, until a signal stops it or, with `--burst`, until its queue is drained."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

import structlog

from worker.cli.exit_codes import DONE, FAILED, Failed
from worker.cli.failures import in_words
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.cli.words import UsageError
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.logs import logs_to
from worker.settings import Settings
from worker.terminal import say

if TYPE_CHECKING:
    from worker.app import Served

log = structlog.get_logger()


def add_arguments(parser: ArgumentParser) -> None:
    """Take the way to run."""
    parser.add_argument(
        "--burst",
        action="store_true",
        help="end once the queue is drained, and say how many jobs ended how and what stays behind",
    )
    parser.add_argument("--json", action="store_true", help="the summary of --burst as JSON")
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """Serve; 0 after a clean drain, 1 if it was cut short."""
    if args.json and not args.burst:
        raise UsageError("--json is the form of the summary that --burst ends with: give both.")
    settings = settings_from(args)
    with logs_to(sys.stderr, settings.log_level, form=settings.log_format), in_words(settings):
        served = _serve(settings, burst=args.burst)
    if args.burst:
        say(json.dumps(_summary(served)) if args.json else _sentences(served))
    return DONE if served.clean else FAILED


def _serve(settings: Settings, *, burst: bool) -> Served:
    from worker import app  # noqa: PLC0415 (`--help` has no time for the SDK)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(app.serve(settings, until="drained" if burst else "stopped"))
    except ExceptionGroup as group:
        raise death_of(group) from group


def death_of(group: ExceptionGroup[Exception]) -> Failed:
    """Word what ended the service from within; what the logs may know of it goes there."""
    from worker.loop.receive import CannotLook  # noqa: PLC0415 (see above)

    cause = _first(group)
    if isinstance(cause, CannotLook):
        return Failed(f"it cannot be told whether the queue is drained: {cause}.")
    # Its text may quote a message: logs and people are told its class and its place.
    log.error("worker.died", exc_info=group)
    return Failed(
        f"a part of the worker died ({type(cause).__name__}): the log line worker.died says where. "
        "What it had in hand comes back to the queue."
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Take uvloop's event loop if the extra `uvloop` is installed."""
    has_uvloop = find_spec("uvloop") is not None
    log.debug("event_loop.chosen", loop="uvloop" if has_uvloop else "asyncio")
    if not has_uvloop:
        return None
    return cast(Callable[[], asyncio.AbstractEventLoop], import_module("uvloop").new_event_loop)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Find what broke, under the groups of the tasks that it broke."""
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _summary(served: Served) -> dict[str, object]:
    left = served.backlog
    return {
        "clean": served.clean,
        "ended": dict(sorted(served.tally.ended.items())),
        "dead_lettered": dict(sorted(served.tally.dead_lettered.items())),
        "left": left
        and {"visible": left.visible_count, "in_flight": left.in_flight_count, "delayed": left.delayed_count},
    }


def _sentences(served: Served) -> str:
    left = served.backlog
    behind = (
        f"about {left.visible_count} visible, {left.in_flight_count} hidden (in other hands, "
        f"or not due yet), {left.delayed_count} delayed by their producer"
        if left
        else "unknown, for the worker was stopped before it began"
    )
    return (
        f"ended: {_counts(served.tally.ended)}\n"
        f"dead-lettered: {_counts(served.tally.dead_lettered)}\n"
        f"left in the queue: {behind}"
    )


def _counts(counter: Counter[Outcome] | Counter[Reason]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counter.items())) or "none"
