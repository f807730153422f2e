"""The queues in hand: one lane a channel (FIFO: a message group), worked off head first. No tasks here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
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

    def insert(self, key: str, item: T, *, place: Callable[[T], int]) -> int:
        """
        Put *item* into a lane, behind its head and in the order of *place*; return the lane's length.

        As with `add`: 1 means that somebody must begin to work.
        """
        lane = [*self._lanes.get(key, ()), item]
        self._lanes[key] = deque([*lane[:1], *sorted(lane[1:], key=place)])
        return len(lane)

    def cut(self, key: str, *, keep: int) -> list[T]:
        """Take everything behind the first *keep* items off a lane; return it in order."""
        lane = self._lanes.get(key, deque())
        tail = list(lane)[keep:]
        for _ in tail:
            lane.pop()
        if not lane:
            self._lanes.pop(key, None)
        return tail
