"""How all stands: queues, ledger, workers, pauses. A part that cannot be read says why and hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from worker.adapters.clock import SystemClock
from worker.adapters.ledger.figures import Figures
from worker.adapters.sqs import Backlog, Queue, SqsInbox
from worker.adapters.sqs_dead_letters import open_dead_letters
from worker.adapters.sqs_letters import MESSAGE_LIMIT_BYTES
from worker.app import clients_of
from worker.cli.exit_codes import Failed
from worker.cli.failures import in_words
from worker.cli.ledger_reader import ledger_reader
from worker.cli.standing import stamp
from worker.core.fleet import LAPSE_S, Member, Pause, Roll
from worker.plans import inbox_plan
from worker.settings import Mistaken, Settings
from worker.terminal import escape

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part that could not be read, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What was read, and when."""

    at: datetime
    bearer_rate_per_s: float
    queue: Backlog | Unreadable
    dead_letters: int | Unreadable | None
    """How many there are; None if there is no queue for them."""
    figures: Figures | Unreadable
    roll: Roll | Unreadable

    @property
    def unreadable(self) -> dict[str, str]:
        """Why the parts that could not be read could not."""
        parts = {
            "queue": self.queue,
            "dead_letters": self.dead_letters,
            "ledger": self.figures,
            "workers": self.roll,
        }
        return {name: part.why for name, part in parts.items() if isinstance(part, Unreadable)}

    @property
    def members(self) -> tuple[Member, ...]:
        """The workers that have been heard of lately."""
        return () if isinstance(self.roll, Unreadable) else self.roll.members

    @property
    def pauses(self) -> tuple[Pause, ...]:
        """What operators have paused."""
        return () if isinstance(self.roll, Unreadable) else self.roll.pauses

    @property
    def living_count(self) -> int:
        """How many workers share each bearer's rate."""
        return sum(map(self.is_living, self.members))

    @property
    def rate_per_s(self) -> float:
        """What each living worker may call a second as one bearer, if its settings are these."""
        return self.bearer_rate_per_s / max(1, self.living_count)

    def age_s(self, member: Member) -> float:
        """Seconds since a worker's last heartbeat, as far as clocks agree."""
        return max(0.0, (self.at - member.seen_at).total_seconds())

    def is_living(self, member: Member) -> bool:
        """Tell whether a worker's heart beats, as far as clocks agree."""
        return self.age_s(member) <= LAPSE_S


async def look(settings: Settings) -> Overview:
    """Read all parts side by side. Raise nothing that is one part's fault."""
    async with asyncio.TaskGroup() as parts:
        queue = parts.create_task(_part(_backlog(settings), settings))
        dead_letters = parts.create_task(_part(_dead_letter_count(settings), settings))
        figures = parts.create_task(_part(_figures(settings), settings))
        roll = parts.create_task(_part(_roll(settings), settings))
    return Overview(
        at=SystemClock().now(),
        bearer_rate_per_s=settings.bearer_rate,
        queue=queue.result(),
        dead_letters=dead_letters.result(),
        figures=figures.result(),
        roll=roll.result(),
    )


def as_lines(overview: Overview) -> Iterator[str]:
    """Tell it for people: a line a part, and one a worker and a pause."""
    unreadable = {name: f"cannot be read: {why}" for name, why in overview.unreadable.items()}
    facts = {
        "at": stamp(overview.at),
        "queue": _told(overview.queue, _backlog_in_words),
        "dead_letters": _told(overview.dead_letters, _letters_in_words),
        "ledger": _told(overview.figures, _figures_in_words),
        "workers": _told(overview.roll, lambda _: str(overview.living_count)),
    }
    for name, fact in facts.items():
        yield f"{name:<14}{escape(fact or unreadable[name])}"
    for each in overview.members:
        share = f"{overview.rate_per_s:g} calls/s a bearer" if overview.is_living(each) else "silent"
        yield escape(
            f"  {each.id} on {each.host}, version {each.version}, since {stamp(each.started_at)}, "
            f"seen {overview.age_s(each):.0f} s ago: {share}"
        )
    for pause in overview.pauses:
        yield f"{'paused':<14}{escape(pause.channel_arn or 'all channels')} since {stamp(pause.since)}"


def as_json(overview: Overview) -> dict[str, object]:
    """Tell it for programs: a part that could not be read is null, and `unreadable` says why."""
    return {
        "at": stamp(overview.at),
        "queue": _told(overview.queue, _backlog_as_json),
        "dead_letters": _told(overview.dead_letters, lambda count: count),
        "ledger": _told(overview.figures, _figures_as_json),
        "workers": _told(
            overview.roll, lambda roll: [_member_as_json(one, overview) for one in roll.members]
        ),
        "pauses": _told(overview.roll, lambda roll: [_pause_as_json(one) for one in roll.pauses]),
        "unreadable": overview.unreadable,
    }


def _told(part: T | Unreadable, tell: Callable[[T], U]) -> U | None:
    return None if isinstance(part, Unreadable) else tell(part)


def _backlog_in_words(queue: Backlog) -> str:
    return (
        f"about {queue.visible_count} visible, {queue.in_flight_count} in flight or not due yet, "
        f"{queue.delayed_count} delayed by their producer"
    )


def _letters_in_words(count: int | None) -> str:
    return "there is no queue for them" if count is None else f"about {count}"


def _figures_in_words(figures: Figures) -> str:
    counted = f"{figures.jobs} jobs, {figures.open} of them open"
    if figures.open is None:
        counted = f"about {figures.jobs} jobs, by a count of hours ago"
    standings = [f"{count} {each}" for each, count in sorted(figures.by_standing.items())]
    reconcile = f"{figures.waiting} to reconcile, {figures.due} of them now"
    return "; ".join([counted, *([", ".join(standings)] if standings else []), reconcile])


def _backlog_as_json(queue: Backlog) -> dict[str, int]:
    return {
        "visible": queue.visible_count,
        "in_flight": queue.in_flight_count,
        "delayed": queue.delayed_count,
    }


def _figures_as_json(figures: Figures) -> dict[str, object]:
    return {
        "jobs": figures.jobs,
        "open": figures.open,
        "by_standing": dict(figures.by_standing),
        "waiting": figures.waiting,
        "due": figures.due,
    }


def _member_as_json(member: Member, overview: Overview) -> dict[str, object]:
    is_living = overview.is_living(member)
    return {
        "id": member.id,
        "host": member.host,
        "version": member.version,
        "started_at": stamp(member.started_at),
        "seen_at": stamp(member.seen_at),
        "living": is_living,
        "bearer_rate_per_s": overview.rate_per_s if is_living else None,
    }


def _pause_as_json(pause: Pause) -> dict[str, object]:
    return {"channel_arn": pause.channel_arn, "since": stamp(pause.since)}


async def _part(reading: Awaitable[T], settings: Settings) -> T | Unreadable:
    try:
        with in_words(settings):
            return await reading
    except Mistaken as error:
        return Unreadable(" ".join(map(str, error.mistakes)))
    except Failed as error:
        return Unreadable(str(error))


async def _backlog(settings: Settings) -> Backlog:
    """Ask for the source queue alone: what is wrong with its dead letter queue does not matter here."""
    plan = inbox_plan(settings)
    source = Queue(
        url=plan.queue_url,
        retention_s=None,
        message_limit_bytes=MESSAGE_LIMIT_BYTES,
        dead_letter_target_arn=None,
    )
    async with clients_of(settings) as clients:
        return await SqsInbox(
            clients.sqs, SystemClock(), plan=plan, source=source, dead_letters=None
        ).backlog()


async def _dead_letter_count(settings: Settings) -> int | None:
    async with clients_of(settings) as clients:
        letters = await open_dead_letters(clients.sqs, SystemClock(), inbox_plan(settings))
        return None if letters is None else await letters.count()


async def _figures(settings: Settings) -> Figures:
    async with ledger_reader(settings) as reader:
        return await reader.figures()


async def _roll(settings: Settings) -> Roll:
    async with ledger_reader(settings) as reader:
        return await reader.roll()
