"""The messages of one channel in the order Chime took them. Time bounds are bisected, never scanned for."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands now. *stored_ms* is when it came; *created_ms* is its place in the channel."""

    message_id: str
    sender_arn: str
    sender_name: str
    type: str
    persistence: str
    content: str | None
    metadata: str | None
    content_type: str | None
    attributes: Mapping[str, object] | None
    target: str | None
    stored_ms: int
    created_ms: int
    updated_ms: int
    edited_ms: int | None = None
    state: Literal["plain", "redacted"] = "plain"
    status: Literal["SENT", "PENDING", "FAILED"] = "SENT"


class MessageLog:
    """Appended to, edited in place; a deleted message leaves a gap that no list shows."""

    def __init__(self) -> None:
        self._created: list[int] = []
        self._messages: list[Message | None] = []
        self._places: dict[str, int] = {}

    def next_created_ms(self, now_ms: int, timestamps: Literal["strict", "tied"]) -> int:
        """
        The timestamp of the next message: now, or if that is to be strict, the next free millisecond.

        Strictly monotonic, a channel that takes more than a thousand a second runs ahead of the clock.
        """
        if not self._created:
            return now_ms
        return max(now_ms, self._created[-1] + (1 if timestamps == "strict" else 0))

    def append(self, message: Message) -> None:
        """Store the newest message."""
        self._places[message.message_id] = len(self._messages)
        self._created.append(message.created_ms)
        self._messages.append(message)

    def get(self, message_id: str) -> Message | None:
        """The message as it stands now; None if there is none, or no more."""
        place = self._places.get(message_id)
        return None if place is None else self._messages[place]

    def replace(self, message: Message) -> None:
        """Put an edited or redacted message in its old place."""
        self._messages[self._places[message.message_id]] = message

    def remove(self, message_id: str) -> None:
        """Forget a message for good."""
        self._messages[self._places.pop(message_id)] = None

    def trim(self, before_ms: int) -> int:
        """Forget all that were created before that instant, and say how many there were."""
        old = list(self.oldest_first(to_ms=before_ms - 1))
        for message in old:
            self.remove(message.message_id)
        return len(old)

    def place_of(self, message: Message) -> int:
        """Where a message stands in the channel: pages go on from there, whatever the timestamps."""
        return self._places[message.message_id]

    def oldest_first(
        self, from_ms: int | None = None, to_ms: int | None = None, *, after: int | None = None
    ) -> Iterator[Message]:
        """
        The messages created within the bounds, both inclusive, and behind the place *after*.

        None leaves that side open.
        """
        places = self._places_between(from_ms, to_ms)
        start = places.start if after is None else max(places.start, after + 1)
        return self._at(range(start, places.stop))

    def newest_first(
        self, from_ms: int | None = None, to_ms: int | None = None, *, before: int | None = None
    ) -> Iterator[Message]:
        """The same, backwards, in front of the place *before*."""
        places = self._places_between(from_ms, to_ms)
        stop = places.stop if before is None else min(places.stop, before)
        return self._at(reversed(range(places.start, stop)))

    def _places_between(self, from_ms: int | None, to_ms: int | None) -> range:
        start = 0 if from_ms is None else bisect_left(self._created, from_ms)
        end = len(self._created) if to_ms is None else bisect_right(self._created, to_ms)
        return range(start, end)

    def _at(self, places: Iterable[int]) -> Iterator[Message]:
        for place in places:
            if (message := self._messages[place]) is not None:
                yield message
