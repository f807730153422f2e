"""Pages of a list, and the opaque NextToken that leads to the next: it fits only the query it came from."""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2s
from itertools import islice
from typing import TypeVar

from worker.local.chime.call import Call
from worker.local.chime.errors import bad_request
from worker.local.chime.switches import Switches

T = TypeVar("T")
K = TypeVar("K", str, int)


def page_size(call: Call, switches: Switches) -> int:
    """How many items this call may get at once."""
    return min(call.number("MaxResults") or switches.page_size, switches.page_size)


def page_by_key(
    items: Iterable[T], call: Call, *, key: Callable[[T], str], switches: Switches
) -> tuple[list[T], str | None]:
    """
    One page of *items* in the order of *key* (their ARNs), and the NextToken, None at the end.

    Amazon promises no order. This one is stable while items come and go between two pages.
    """
    ordered = sorted(items, key=key)
    after = resume_at(call, str)
    start = 0 if after is None else bisect_right(ordered, after, key=key)
    return cut(ordered[start:], call, key=key, switches=switches)


def cut(
    items: Iterable[T], call: Call, *, key: Callable[[T], str | int], switches: Switches
) -> tuple[list[T], str | None]:
    """The first page of *items*, and a NextToken that names its last item if there are more."""
    size = page_size(call, switches)
    head: Sequence[T] = list(islice(items, size + 1))
    page = list(head[:size])
    return page, _token(call, key(page[-1])) if len(head) > size else None


def resume_at(call: Call, of: type[K]) -> K | None:
    """The key of the last item that was listed before, None on the first page."""
    token = call.maybe_text("NextToken")
    if token is None:
        return None
    try:
        query, key = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError) as error:
        raise bad_request("NextToken is invalid") from error
    if query != _query(call) or type(key) is not of:
        raise bad_request("NextToken does not belong to this request")
    return key


def _token(call: Call, key: str | int) -> str:
    return base64.urlsafe_b64encode(json.dumps([_query(call), key]).encode()).decode()


def _query(call: Call) -> str:
    asked = sorted((n, str(v)) for n, v in call.params.items() if n not in ("NextToken", "MaxResults"))
    return blake2s(json.dumps([call.operation, call.bearer, asked]).encode(), digest_size=8).hexdigest()
