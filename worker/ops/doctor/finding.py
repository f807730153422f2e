"""What a check has found, in words for people, and the commands that mend it. It looks at nothing itself."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence of what was found and why it matters; *mend* is a line for a shell. Nothing is escaped."""

    check: str
    level: Level
    found: str
    mend: str | None = None


def ok(check: str, found: str) -> Finding:
    """It is as it should be."""
    return Finding(check, "ok", found)


def warning(check: str, found: str, mend: str | None = None) -> Finding:
    """The worker can work, but something will surprise its operator one day; or nobody could tell."""
    return Finding(check, "warning", found, mend)


def problem(check: str, found: str, mend: str | None = None) -> Finding:
    """Jobs will not be sent, or a promise does not hold."""
    return Finding(check, "problem", found, mend)


def aws(command: str, *, region: str, **options: str | Mapping[str, object] | Sequence[object]) -> str:
    """Write a line for the AWS CLI, as `aws("sqs create-queue", region=..., queue_name="jobs")`."""
    words = ["aws", *command.split(), "--region", region]
    for name, value in options.items():
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)


def export(name: str, value: object) -> str:
    """Write the line that gives a setting another value."""
    return f"export {name}={shlex.quote(str(value))}"


def span(seconds: float) -> str:
    """Say how long that is, in the largest unit that tells it without a remainder."""
    for unit, unit_s in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= unit_s and seconds % unit_s == 0:
            return f"{seconds / unit_s:g} {unit}"
    return f"{seconds:g} s"
