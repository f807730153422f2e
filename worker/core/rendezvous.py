"""Who of several has a thing, the same for everybody who asks: rendezvous hashing. It knows no things."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def owner_of(thing: str, among: Iterable[str]) -> str:
    """
    Return the candidate that scores highest for *thing*; there must be one.

    Where a candidate comes or goes, only the things change hands that it has now, or had.
    """
    return max(among, key=lambda candidate: sha256(f"{candidate} {thing}".encode()).digest())
