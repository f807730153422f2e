"""What people and pipes get to see: data on stdout, talk on stderr, and control characters on neither."""

import re
import select
import sys
from typing import TextIO

# Control characters, line separators, what turns the direction of writing, and lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def escape(text: str) -> str:
    r"""Show *text* on one line: control characters and the like become `\n`, `\x1b`, `\u202e`."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class OutputLost(Exception):
    """Stdout takes no more data, for the reason given; without a reason its reader has simply seen enough."""


def say(text: str) -> None:
    """Write a line of data to stdout; what came from outside must have been escaped. Raises OutputLost."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        raise OutputLost from None
    except OSError as error:
        raise OutputLost(f"stdout: {error.strerror}") from error


def talk(text: str) -> None:
    """Write a line to stderr for people to read, if anybody still can."""
    try:
        _write(sys.stderr, text)
    except OSError:
        return


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # the process was started with this stream closed
        return
    stream.flush()
    # A poor locale cannot encode every character: better an escaped one than no line.
    rest = memoryview(f"{text}\n".encode(stream.encoding or "ascii", "backslashreplace"))
    raw = getattr(stream.buffer, "raw", stream.buffer)
    while rest:
        written = raw.write(rest)
        if written is None:  # the pipe is full and non-blocking: wait, as a blocking one would
            select.select([], [stream], [])
        rest = rest[written or 0 :]
