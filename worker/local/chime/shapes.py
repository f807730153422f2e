"""The service model's shapes compiled to checks that raise BadRequestException and never quote the value."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from worker.local.chime.errors import bad_request

Check = Callable[[object, str], None]
Shape = Mapping[str, Any]
Shapes = Mapping[str, Shape]


def compile_shape(shape: Shape, shapes: Shapes) -> Check:
    """A function of (value, where) that refuses values which do not fit *shape*."""
    return _COMPILERS[shape["type"]](shape, shapes)


def _structure(shape: Shape, shapes: Shapes) -> Check:
    required = tuple(shape.get("required", ()))
    members = {name: compile_shape(shapes[ref["shape"]], shapes) for name, ref in shape["members"].items()}

    def check(value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise bad_request(f"{where or 'The request body'} must be an object")
        for name in required:
            if value.get(name) is None:
                raise bad_request(f"{_inside(where, name)} must not be null")
        for name, item in value.items():
            if item is not None and (of_member := members.get(name)):
                of_member(item, _inside(where, name))

    return check


def _list(shape: Shape, shapes: Shapes) -> Check:
    of_item = compile_shape(shapes[shape["member"]["shape"]], shapes)
    least, most = shape.get("min", 0), shape.get("max")

    def check(value: object, where: str) -> None:
        if not isinstance(value, list | tuple):
            raise bad_request(f"{where} must be a list")
        _within(len(value), where, least=least, most=most, what="members")
        for item in value:
            of_item(item, where)

    return check


def _map(shape: Shape, shapes: Shapes) -> Check:
    of_key, of_value = (compile_shape(shapes[shape[part]["shape"]], shapes) for part in ("key", "value"))

    def check(value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise bad_request(f"{where} must be an object")
        for key, item in value.items():
            of_key(key, f"A key of {where}")
            of_value(item, f"A value of {where}")

    return check


def _string(shape: Shape, _: Shapes) -> Check:
    least, most = shape.get("min", 0), shape.get("max")
    choices = frozenset(shape.get("enum", ()))
    pattern = _pattern(shape["pattern"]) if "pattern" in shape else None

    def check(value: object, where: str) -> None:
        if not isinstance(value, str):
            raise bad_request(f"{where} must be a string")
        if choices and value not in choices:
            raise bad_request(f"{where} must satisfy enum value set: [{', '.join(sorted(choices))}]")
        _within(len(value), where, least=least, most=most, what="characters")
        if pattern and not pattern.fullmatch(value):
            raise bad_request(f"{where} must satisfy regular expression pattern: {shape['pattern']}")

    return check


def _integer(shape: Shape, _: Shapes) -> Check:
    least, most = shape.get("min", 0), shape.get("max")

    def check(value: object, where: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_request(f"{where} must be an integer")
        _within(value, where, least=least, most=most, what="")

    return check


def _timestamp(_shape: Shape, _: Shapes) -> Check:
    def check(value: object, where: str) -> None:
        if not isinstance(value, datetime):
            raise bad_request(f"{where} must be a timestamp")

    return check


def _boolean(_shape: Shape, _: Shapes) -> Check:
    def check(value: object, where: str) -> None:
        if not isinstance(value, bool):
            raise bad_request(f"{where} must be true or false")

    return check


def _within(size: int, where: str, *, least: int, most: int | None, what: str) -> None:
    if size < least:
        raise bad_request(f"{where} must be at least {least} {what}".rstrip())
    if most is not None and size > most:
        raise bad_request(f"{where} must be at most {most} {what}".rstrip())


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _pattern(text: str) -> re.Pattern[str]:
    r"""
    AWS's pattern as Python reads it.

    The patterns are Java's, whose dot stops at every line break, not only at a line feed; and the
    resource name's "\u10000-\u10FFFF" is meant as the astral planes, which four digits cannot say.
    """
    astral = text.replace(r"\u10000-\u10FFFF", r"\U00010000-\U0010FFFF")
    return re.compile(re.sub(r"(?<!\\)\.", r"[^\\n\\r\\x85\\u2028\\u2029]", astral))


_COMPILERS: Mapping[str, Callable[[Shape, Shapes], Check]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "timestamp": _timestamp,
    "boolean": _boolean,
}
