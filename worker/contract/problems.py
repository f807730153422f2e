"""What is wrong with a job's fields, in words a producer can act on. It never shows a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected
from worker.contract.wire import FIELDS, fields_of, job_of
from worker.contract.wire_object import MAX_PROBLEMS

# A key that looks like a field name may be told; any other may be text that slipped into the wrong place.
_TELLABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_SHOULD = re.compile(r"^[A-Z][a-z]+ should")
_SIZES = (Reason.CONTENT_TOO_LARGE, Reason.METADATA_TOO_LARGE)


def refusal(error: ValidationError, kind: str) -> Rejected:
    """
    Turn pydantic's errors into one refusal: under a size's own reason if nothing but sizes is wrong.

    *kind* is the job's type.
    """
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    sentences = list(dict.fromkeys(_sentence(each, kind) for each in errors))
    more = "; and more" if len(sentences) > MAX_PROBLEMS else ""
    reasons = [Reason(each["type"]) if each["type"] in _SIZES else Reason.INVALID_JOB for each in errors]
    reason = Reason.INVALID_JOB if Reason.INVALID_JOB in reasons else reasons[0]
    return Rejected(reason, f"{'; '.join(sentences[:MAX_PROBLEMS])}{more}.")


def _sentence(error: ErrorDetails, kind: str) -> str:
    *parents, last = error["loc"]
    path = _path(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return _unknown(str(last), _path(parents), kind)
        case "missing":
            return f"{'.'.join(path)}: is required"
        case _:
            said = _SHOULD.sub("must", error["msg"].removeprefix("Value error, "))
            return f"{'.'.join(path) or 'the job'}: {said}"


def _path(loc: Sequence[int | str]) -> list[str]:
    """Name the field: without pydantic's tags, and no deeper than attributes: their names are data."""
    path: list[str] = []
    for part in map(str, loc):
        if not part.startswith("("):
            path.append(part)
        if part == "attributes":
            break
    return path


def _unknown(name: str, parents: list[str], kind: str) -> str:
    """Name an unknown field, if its name looks like one, and what it may have been meant for."""
    parent, path = ".".join(parents), ".".join([*parents, name])
    if name in FIELDS.get(parent, ()):
        return f"{path}: {job_of(kind)} has none"
    if _TELLABLE.fullmatch(name) is None:
        return f"{parent or 'the job'}: holds an unknown field"
    hint = _nearest(name, parent, fields_of(kind))
    return f"{path}: unknown field" + (f" (did you mean {hint}?)" if hint else "")


def _nearest(name: str, parent: str, fields: Mapping[str, Iterable[str]]) -> str | None:
    """Find the field a name was meant for: the same name elsewhere, else a close one, neighbours first."""
    places = (parent, *(place for place in fields if place != parent))
    for cutoff in (1.0, 0.6):
        for place in places:
            if close := get_close_matches(name.lower(), fields.get(place, ()), n=1, cutoff=cutoff):
                return f"{place}.{close[0]}".removeprefix(".")
    return None
