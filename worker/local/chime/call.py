"""One call of one operation, as the operation sees it. Its parameters have been checked before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

Params = Mapping[str, object]
Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what, and when; *bearer* is empty where the operation takes none."""

    operation: str
    params: Params
    bearer: str
    now_ms: int

    def text(self, name: str) -> str:
        """A required string."""
        return cast(str, self.params[name])

    def maybe_text(self, name: str) -> str | None:
        """An optional string; None where it is absent."""
        return cast("str | None", self.params.get(name))

    def texts(self, name: str) -> Sequence[str]:
        """A list of strings; empty where it is absent."""
        return cast("Sequence[str] | None", self.params.get(name)) or ()

    def number(self, name: str) -> int | None:
        """An optional integer."""
        return cast("int | None", self.params.get(name))

    def instant(self, name: str) -> datetime | None:
        """An optional timestamp, aware."""
        return cast("datetime | None", self.params.get(name))


def app_instance_of(arn: str) -> str:
    """The app instance's ARN that a user's, bot's or channel's ARN begins with."""
    return "/".join(arn.split("/", 2)[:2])


def present(**members: object) -> Answer:
    """An answer without the members that are None: Chime leaves out what it has not got."""
    return {name: value for name, value in members.items() if value is not None}
