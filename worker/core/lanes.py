"""The queues in hand: one lane a channel (FIFO: a message group), worked off head first. No tasks here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Lanes by key. An empty lane does not exist."""

    def __init__(self) -> None:
        self._lanes: dict[str, deque[T]] = {}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys of a copy, so that lanes may end meanwhile."""
        return iter(list(self._lanes))

    def add(self, key: str, item: T) -> int:
        """Append *item* to its lane; return the lane's length: 1 means that somebody must begin to work."""
        lane = self._lanes.setdefault(key, deque())
        lane.append(item)
        return len(lane)

    def head(self, key: str) -> T | None:
        """Return what is first in a lane; None if the lane does not exist."""
        lane = self._lanes.get(key)
        return lane[0] if lane else None

    def pop(self, key: str) -> None:
        """Take the head off."""
        lane = self._lanes[key]
        lane.popleft()
        if not lane:
            del self._lanes[key]

    def take(self, key: str, which: Callable[[T], bool]) -> list[T]:
        """Take the items that *which* tells off a lane; return them in order."""
        lane = self._lanes.pop(key)
        if staying := [item for item in lane if not which(item)]:
            self._lanes[key] = deque(staying)
        return [item for item in lane if which(item)]

    def insert(self, key: str, items: Sequence[T], *, place: Callable[[T], int]) -> int:
        """
        Put *items* into a lane, all behind its head in the order of *place*.

        Return how many were there: 0 means that somebody must begin to work.
        """
        there = list(self._lanes.get(key, ()))
        self._lanes[key] = deque([*there[:1], *sorted([*there[1:], *items], key=place)])
        return len(there)

    def cut(self, key: str, *, keep: int) -> list[T]:
        """Take everything behind the first *keep* items off a lane; return it in order."""
        lane = self._lanes.get(key, deque())
        tail = list(lane)[keep:]
        for _ in tail:
            lane.pop()
        if not lane:
            self._lanes.pop(key, None)
        return tail
