"""
Logs: one JSON or console line an event, through a pipe that never blocks. Set up once a process, at the edge.

The text of exceptions and the arguments of libraries' lines stay out: they may quote a message or a secret.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import FrameSummary, StackSummary, walk_tb
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from worker.log_pipe import LogPipe
from worker.terminal import escape

Level = Literal["debug", "info", "warning", "error"]
Form = Literal["auto", "json", "console"]

CLOSE_WITHIN_S = 1.0
MAX_FRAMES = 12
MAX_DEPTH = 4

_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)


@contextmanager
def logs_to(stream: TextIO | None, level: Level, *, form: Form) -> Iterator[LogPipe]:
    """
    Send all logs of the process to *stream* until the block ends; the lines left then get a second to leave.

    *stream* is stderr, for stdout carries data; None, as Python has it for a closed one, takes nothing.
    """
    fd = stream.fileno() if stream else os.open(os.devnull, os.O_WRONLY)
    is_terminal = os.isatty(fd)
    render = _console(is_terminal) if form == "console" or (form == "auto" and is_terminal) else _json
    finish = _finishing(render)
    pipe = LogPipe(fd, lambda count: _line(finish, "warning", event="log_lines.dropped", count=count))
    handler = _LibraryHandler(pipe, finish)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(pipe),
        cache_logger_on_first_use=True,
    )
    try:
        yield pipe
    finally:
        root.removeHandler(handler)
        pipe.close(within_s=CLOSE_WITHIN_S)


class _Lines:
    """What structlog hands finished lines to."""

    def __init__(self, pipe: LogPipe) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = pipe.put


class _LibraryHandler(logging.Handler):
    """Log what botocore, aiobotocore, aiohttp and asyncio say: the sentence without its arguments."""

    def __init__(self, pipe: LogPipe, finish: list[Processor]) -> None:
        super().__init__()
        self._pipe = pipe
        self._processors = [structlog.contextvars.merge_contextvars, *finish]

    def emit(self, record: logging.LogRecord) -> None:
        sentence, *_ = str(record.msg).splitlines() or [""]
        self._pipe.put(
            _line(
                self._processors,
                record.levelname.lower(),
                event="library.logged",
                logger=record.name,
                sentence=sentence,
                exc_info=record.exc_info,
            )
        )


def _finishing(render: Processor) -> list[Processor]:
    return [structlog.processors.add_log_level, _stamp, _without_exception_text, _escaped, render]


def _line(processors: list[Processor], level: str, **event: object) -> str:
    finished: object = event
    for processor in processors:
        finished = processor(None, level, finished)  # type: ignore[arg-type]
    return str(finished)


def _console(is_terminal: bool) -> Processor:
    return structlog.dev.ConsoleRenderer(colors=is_terminal and not os.environ.get("NO_COLOR"))


def _json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return json.dumps({key: event[key] for key in ("timestamp", "level", "event")} | dict(event))


def _escaped(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _plain(value) for key, value in event.items()}


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case BaseException():
            return type(value).__qualname__
        case _:
            return escape(str(value))


def _without_exception_text(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    exc_info = event.pop("exc_info", None)
    match exc_info:
        case BaseException():
            error: BaseException | None = exc_info
        case (_, BaseException() as error, _):
            pass
        case _:
            error = sys.exception() if exc_info else None
    if error is not None:
        event["exception"] = _whereabouts(error)
    return event


def _whereabouts(error: BaseException, depth: int = 0) -> str:
    """Say which exception came from where, newest call first, down through groups and causes."""
    frames = StackSummary.extract(walk_tb(error.__traceback__), limit=-MAX_FRAMES, lookup_lines=False)
    text = f"{type(error).__qualname__} at {' < '.join(map(_call, reversed(frames)))}"
    if depth < MAX_DEPTH:
        if isinstance(error, BaseExceptionGroup):
            text += f" [{'; '.join(_whereabouts(inner, depth + 1) for inner in error.exceptions)}]"
        if cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
            text += f", from {_whereabouts(cause, depth + 1)}"
    return text


def _call(frame: FrameSummary) -> str:
    return f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}"
