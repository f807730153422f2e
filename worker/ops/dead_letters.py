"""
Dead letters, looked through and dealt with one by one: listed, redriven or purged.

SQS has no way to browse: a letter is received, hidden from all others, and given back. This never looks
longer than letters stay hidden, and never holds more than it can give back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Literal, assert_never

from worker.adapters.sqs_dead_letters import HOLD_S, SqsDeadLetters, StoredLetter
from worker.contract.arns import AppInstance
from worker.contract.job import parse_job
from worker.contract.rejected import Rejected
from worker.ports import Delivery, LetterDoesNotFit, QueueUnavailable

LOOK_S = HOLD_S * 0.9
"""Then the first letter is about to show again, and would be met twice."""
MOST_LETTERS = 10_000
"""SQS lets 120,000 be in flight; others want to receive as well."""


@dataclass(frozen=True, slots=True)
class Listed:
    """It is one of those that were asked for, and stays."""


@dataclass(frozen=True, slots=True)
class Kept:
    """It was asked for, but stays, and why."""

    cause: str


@dataclass(frozen=True, slots=True)
class Redriven:
    """Its job is back in its queue as *sqs_message_id*, and the letter is deleted."""

    sqs_message_id: str


@dataclass(frozen=True, slots=True)
class Purged:
    """It is deleted."""


Fate = Listed | Kept | Redriven | Purged
Deal = Callable[[StoredLetter], Awaitable[Fate]]
Tell = Callable[[StoredLetter, Fate], None]
Doubt = Callable[[StoredLetter], Awaitable[str | None]]
"""Says why the worker would reject a letter's job again; None if it may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which letters are asked for: those that meet every condition that is set."""

    home: AppInstance
    reason: str | None = None
    job_id: str | None = None
    message_ids: frozenset[str] | None = None
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    def takes(self, letter: StoredLetter) -> bool:
        """Tell whether a letter is asked for."""
        age = age_of(letter)
        return (
            self.reason in (None, letter.reason)
            and (self.message_ids is None or letter.id in self.message_ids)
            and (self.older_than is None or age > self.older_than)
            and (self.newer_than is None or age < self.newer_than)
            and (self.job_id is None or self.job_id == job_id_of(letter, self.home))
        )


EndedBy = Literal["nothing left", "limit", "bounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How far a look through the queue came."""

    seen_count: int
    unseen_count: int
    """About so many letters did not show: in other hands, or behind the ten of a group that do (FIFO)."""
    hidden_count: int
    """Letters that SQS did not take back: they show again by themselves, within HOLD_S."""
    ended_by: EndedBy


def job_id_of(letter: StoredLetter, home: AppInstance) -> str | None:
    """Read a letter's job id from its attribute, else from the body; None if it has none."""
    if said := letter.said("job_id"):
        return said
    try:
        return parse_job(letter.delivery.body, home=home, sent_at=letter.delivery.sent_at).id
    except Rejected as rejected:
        return rejected.job_id


def age_of(letter: StoredLetter) -> timedelta:
    """Say for how long it has been in the queue; one that SQS moved keeps the time of its enqueueing."""
    return letter.delivery.received_at - letter.delivery.sent_at


async def listed(_letter: StoredLetter) -> Fate:
    """Deal with a letter by leaving it alone."""
    return Listed()


def checking(doubt: Doubt) -> Deal:
    """Deal with letters by saying what `redriving` would not take; nothing is changed."""

    async def check(letter: StoredLetter) -> Fate:
        cause = await doubt(letter)
        return Kept(f"it would be rejected again: {cause}") if cause else Listed()

    return check


def redriving(queue: SqsDeadLetters, deal: Deal) -> Deal:
    """
    Deal with letters by sending their jobs back, those that *deal* lists.

    Whoever dies between the send and the delete leaves both, and the job id keeps them one message. What
    a worker rejects again meanwhile comes back as a new letter: it is left, or this would go on for ever.
    """
    sent: set[bytes] = set()

    async def redrive(letter: StoredLetter) -> Fate:
        fate = await deal(letter)
        if not isinstance(fate, Listed):
            return fate
        body = sha256(letter.delivery.body.encode(errors="surrogatepass")).digest()
        if body in sent:
            return Kept("its job was redriven just now, and came back: mend the cause first")
        sent.add(body)
        try:
            sqs_message_id = await queue.redrive(letter)
        except LetterDoesNotFit as fault:
            return Kept(str(fault))
        if await queue.delete(letter):
            return Redriven(sqs_message_id)
        return Kept("its job was sent, but SQS did not delete the letter; to redrive it again does no harm")

    return redrive


def purging(queue: SqsDeadLetters) -> Deal:
    """Deal with letters by deleting them, for good."""

    async def purge(letter: StoredLetter) -> Fate:
        return Purged() if await queue.delete(letter) else Kept("SQS did not delete it")

    return purge


async def look_through(
    queue: SqsDeadLetters, selection: Selection, deal: Deal, *, tell: Tell, limit: int | None
) -> Looked:
    """
    Deal with every letter that is asked for, in the order of receipt, until *limit* of them were not Kept.

    *tell* hears of each at once. What stays in the queue is given back, also when a fault ends it.
    Raise QueueUnavailable.
    """
    count = await queue.count()
    walk = _Walk(queue)
    try:
        ended_by = await _deal_with_all(walk, selection, deal, tell=tell, limit=limit)
    finally:
        hidden_count = await walk.give_back()
    return Looked(
        seen_count=walk.seen_count,
        unseen_count=max(0, count - walk.seen_count),
        hidden_count=hidden_count,
        ended_by=ended_by,
    )


async def _deal_with_all(
    walk: _Walk, selection: Selection, deal: Deal, *, tell: Tell, limit: int | None
) -> EndedBy:
    dealt_count = 0
    while batch := await walk.receive():
        for letter in filter(selection.takes, batch):
            if dealt_count == limit:
                return "limit"
            fate = await deal(letter)
            tell(letter, fate)
            match fate:
                case Redriven() | Purged():
                    walk.forget(letter)
                    dealt_count += 1
                case Listed():
                    dealt_count += 1
                case Kept():
                    pass
                case _:
                    assert_never(fate)
    return "bounds" if walk.is_cut_short else "nothing left"


class _Walk:
    """A way through the queue that meets each letter once, and remembers what it has to give back."""

    def __init__(self, queue: SqsDeadLetters) -> None:
        self._queue = queue
        self._seen: set[str] = set()
        self._held: dict[str, Delivery] = {}
        self._ends_at = asyncio.get_running_loop().time() + LOOK_S

    @property
    def seen_count(self) -> int:
        """How many letters it met."""
        return len(self._seen)

    @property
    def is_cut_short(self) -> bool:
        """Whether it may go no further."""
        return self.seen_count >= MOST_LETTERS or asyncio.get_running_loop().time() > self._ends_at

    async def receive(self) -> Sequence[StoredLetter]:
        """Receive letters not met before; none if there are no more, or if it may go no further."""
        if self.is_cut_short:
            return ()
        batch = await self._queue.receive()
        fresh = [letter for letter in batch if letter.id not in self._seen]
        self._seen.update(letter.id for letter in batch)
        # Without their texts: ten thousand of them would be gigabytes.
        self._held |= {letter.id: replace(letter.delivery, body="", attributes={}) for letter in batch}
        return fresh

    def forget(self, letter: StoredLetter) -> None:
        """Take note that a letter has left the queue."""
        del self._held[letter.id]

    async def give_back(self) -> int:
        """Give back what is still held; return how many letters stay hidden for a while."""
        try:
            return await self._queue.give_back(list(self._held.values()))
        except QueueUnavailable:
            return len(self._held)
