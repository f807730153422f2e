"""Reads a list page after page. It knows nothing of what is listed, nor how a page is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

from worker.core.replies import Cause, NotNow, Refused


class Paged(Protocol):
    """A page; *next_token* leads to the next one."""

    @property
    def next_token(self) -> str | None:
        """None: the list ends here."""


P = TypeVar("P", bound=Paged)


async def pages(
    fetch: Callable[[str | None], Awaitable[P | Refused | NotNow | None]], *, most: int
) -> AsyncIterator[P | Refused | NotNow | None]:
    """
    Fetch page after page, and tell each answer.

    The last one is no page if the list was not read to its end: also one that goes in circles, or on for
    more than *most* pages, proves nothing.
    """
    seen: set[str | None] = set()
    token: str | None = None
    while token not in seen and len(seen) < most:
        seen.add(token)
        page = await fetch(token)
        yield page
        if page is None or isinstance(page, Refused | NotNow) or page.next_token is None:
            return
        token = page.next_token
    yield NotNow(Cause.BROKEN_REPLY, "the list does not come to an end")
