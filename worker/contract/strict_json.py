"""Strict JSON: one way to read a text, or a refusal that says what is wrong and where. It knows no job."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import NoReturn

from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected

MAX_BODY_BYTES = 256 * 1024
"""SQS takes 1 MiB; the largest job, every character of it escaped, stays below 64 KiB."""

MAX_DEPTH = 32
MAX_DIGITS = 308
"""Digits of an integer: like floats, integers must fit a double, which is all that other readers promise."""

_BOM = "\ufeff"
_WHITE_SPACE = " \t\r\n"

# Matched from the start, so that `\\u0000` (a backslash, then text) is told from `\u0000` (NUL).
_SOUND = re.compile(
    r"(?:[^\\]++|\\[^u]|\\u(?!0000|d[89a-f]).{4}|\\ud[89ab]..\\ud[c-f]..)*+", re.IGNORECASE | re.DOTALL
)

# `{` and `[` begin so in Base64, and so does gzip. It is named, never decoded.
_BASE64 = re.compile(r"(?=.{16})(?:[eW][w-z0-9+/]|H4sI)[A-Za-z0-9+/_\r\n-]*={0,2}\s*")


class _Unsound(Exception):
    """What is wrong with a text, as a sentence without its subject."""


def loads(text: str, *, name: str = "The body", tellable: frozenset[str] = frozenset()) -> object:
    """
    Parse a text, or raise Rejected (`unreadable`).

    *name* is how the detail calls the text. *tellable* are the keys that the detail may name if they are
    doubled; any other may be message data. The work is linear and bounded, whatever the text.
    """
    try:
        return _loaded(text, tellable)
    except _Unsound as unsound:
        raise _refusal(name, unsound) from None  # a chained error would hold the whole text


def check_encoded_once(value: str, *, name: str) -> None:
    """Refuse (`unreadable`) a JSON string that holds JSON or Base64: the producer encoded the job twice."""
    try:
        _check_encoded_once(value)
    except _Unsound as unsound:
        raise _refusal(name, unsound) from None


def _loaded(text: str, tellable: frozenset[str]) -> object:
    _check_text(text)
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, tellable),
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise _Unsound(_diagnosis(text, error)) from None
    except RecursionError:
        raise _too_deep() from None
    _check_escapes(text)
    _check_depth(value)
    if isinstance(value, str):
        _check_encoded_once(value)
    return value


def _check_text(text: str) -> None:
    """Refuse what can be told before parsing: surrogates, size, emptiness, a byte order mark."""
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError as error:
        raise _Unsound(f"holds a lone surrogate at {_place(text, error.start)}.") from None
    if size_bytes > MAX_BODY_BYTES:
        raise _Unsound(f"has {size_bytes} bytes of UTF-8; at most {MAX_BODY_BYTES} (256 KiB) are read.")
    if text.startswith(_BOM):
        raise _Unsound("begins with a byte order mark (BOM, U+FEFF): encode it as UTF-8 without one.")
    if not text.strip():
        raise _Unsound("is empty.")


def _object(pairs: list[tuple[str, object]], tellable: frozenset[str]) -> dict[str, object]:
    """Build an object whose keys are all different."""
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            name = f' "{key}"' if key in tellable else ""
            raise _Unsound(f"has a duplicate key{name}: each key may occur once in an object.")
        seen.add(key)
    return made


def _integer(digits: str) -> int:
    """Convert an integer of sane length; Python's own takes quadratic time or raises."""
    if len(digits) > MAX_DIGITS:
        raise _Unsound(f"holds an integer of {len(digits)} characters; at most {MAX_DIGITS} are read.")
    return int(digits)


def _number(digits: str) -> float:
    """Convert a number that a double can hold."""
    number = float(digits)
    if math.isinf(number):
        raise _Unsound("holds a number beyond the range of a double (such as 1e999).")
    return number


def _constant(name: str) -> NoReturn:
    """Refuse NaN, Infinity and -Infinity, which Python's parser would take."""
    raise _Unsound(f"holds {name}, which is not JSON.")


def _check_escapes(text: str) -> None:
    r"""Refuse `\u0000` and halves of surrogate pairs, which neither Chime nor SQS can carry."""
    sound = _SOUND.match(text)
    end = sound.end() if sound else 0
    if end == len(text):
        return
    what = r"NUL (\u0000)" if text.startswith(r"\u0000", end) else "a lone surrogate"
    raise _Unsound(f"holds {what} at {_place(text, end)}.")


def _check_depth(value: object) -> None:
    """Refuse absurd nesting, level by level and without recursion."""
    level: list[object] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        level = [child for item in level for child in _children(item) if isinstance(child, dict | list)]
        if not level:
            return
    raise _too_deep()


def _children(item: object) -> Iterable[object]:
    match item:
        case dict():
            return item.values()
        case list():
            return item
        case _:
            return ()


def _check_encoded_once(value: str) -> None:
    if value.lstrip(_BOM + _WHITE_SPACE)[:1] in ("{", "[", '"'):
        raise _Unsound("is a JSON string that holds JSON, encoded twice: send the object itself.")
    if _BASE64.fullmatch(value):
        raise _Unsound("is a JSON string that looks like Base64: send the object itself.")


def _diagnosis(text: str, error: json.JSONDecodeError) -> str:
    """Say why a text is not JSON, by its known look or by what the parser found."""
    start = text.lstrip()
    if _BASE64.fullmatch(start):
        return "looks like Base64: send the JSON text itself."
    if start.startswith("<"):
        return "is not JSON but looks like XML or HTML."
    place = f"line {error.lineno} column {error.colno}"
    if error.msg == "Extra data":
        return f"goes on after its JSON value, at {place}."
    return f"is not JSON: {error.msg.removesuffix(' at').removesuffix(':')}, at {place}."


def _too_deep() -> _Unsound:
    return _Unsound(f"is nested more than {MAX_DEPTH} levels deep.")


def _refusal(name: str, unsound: _Unsound) -> Rejected:
    return Rejected(Reason.UNREADABLE, f"{name} {unsound}")


def _place(text: str, position: int) -> str:
    """Name a position as editors do: lines and columns count from 1."""
    line = text.count("\n", 0, position) + 1
    return f"line {line} column {position - text.rfind(chr(10), 0, position)}"
