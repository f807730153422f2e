"""The demo's jobs: for each, the body that is enqueued and the end that it must come to. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worker.contract.reasons import Reason

NOT_DUE_S = 8
"""How long after the start the job with `not_before` falls due."""

TEXTS: Mapping[str, Sequence[str]] = {
    "orders": (
        "Order 8812 has been placed",
        "Order 8812 has been paid",
        "Order 8812 is being packed 📦",
        "Order 8812 has shipped 🚚",
        "注文 8813 を発送しました",
        "Order 8812 has been delivered 🎉",
    ),
    "support": (
        "Ticket 31: the customer has answered",
        "Ticket 31: وصل الطلب، شكرًا لكم",
        "Ticket 32: ההזמנה טרם הגיעה",
        "Ticket 32: two lines,\nand this is the second",
        "Ticket 31 is closed ✅",
        "Ticket 33: grüße an die 👩‍👩‍👧‍👦 von Familie Müller",
    ),
    "alerts": (
        "Disk of db-1 is 91 % full",
        "\x1b[31mnot red\x1b[0m: no terminal will obey this message",
        "db-1 is slow",
        "db-1 is back ✅",
        "Backup of db-1 is done",
        "Certificate of shop.example expires in 14 days",
    ),
    "lounge": (
        "The worker was no member of this channel: as an admin it has joined by itself",
        "Ana has a birthday today 🎂",
        "The coffee machine is back ☕",
        "Lunch is at noon",
        "The window on the 2nd floor is open",
        "See you tomorrow 👋",
    ),
}
"""What is to be posted, by channel and in order."""

NOT_JOINED = "lounge"
"""The channel that the worker's user is no member of."""

THRICE = "Order 8812 has been paid"
"""The text of the job that its producer enqueues three times."""


@dataclass(frozen=True, slots=True)
class Arrives:
    """The message must be in the channel exactly once, and not before its time."""

    channel: str
    content: str = field(repr=False)
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class StaysAway:
    """The message must be in no channel: the job expired before it was enqueued."""

    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The body must be in the dead letter queue exactly once, with this reason."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class DemoJob:
    """A job as its producer enqueues it, *copies* times, and its right end. *what* describes it to people."""

    what: str
    body: str = field(repr=False)
    end: Arrives | StaysAway | DeadLetters
    copies: int = 1


def demo_jobs(now: datetime) -> list[DemoJob]:
    """All jobs in the order of their enqueueing: each channel in turn, and the odd ones among them."""
    good = [
        _good(channel, n, text) for n, texts in enumerate(zip(*TEXTS.values(), strict=True), start=1)
        for channel, text in zip(TEXTS, texts, strict=True)
    ]  # fmt: skip
    odd = [_not_due(now), _expired(now), *_bad()]
    step = len(good) / len(odd)
    for n, job in reversed(list(enumerate(odd, start=1))):
        good.insert(round(n * step), job)
    return good


def _good(channel: str, n: int, text: str) -> DemoJob:
    body = _body(f"demo:{channel}:{n}", channel, text)
    return DemoJob("a message", body, Arrives(channel, text), copies=3 if text == THRICE else 1)


def _not_due(now: datetime) -> DemoJob:
    due = now + timedelta(seconds=NOT_DUE_S)
    text = f"This was not to be posted within the first {NOT_DUE_S} seconds ⏰"
    body = _body("demo:alerts:later", "alerts", text, not_before=due.isoformat())
    return DemoJob("a job that is not due yet", body, Arrives("alerts", text, due))


def _expired(now: datetime) -> DemoJob:
    text = "Flash sale: ends in five minutes!"
    body = _body("demo:orders:stale", "orders", text, not_after=(now - timedelta(hours=1)).isoformat())
    return DemoJob("a job that has expired", body, StaysAway(text))


def _bad() -> list[DemoJob]:
    """Jobs that can never be sent, each for another reason."""
    foreign = "arn:aws:chime:us-east-1:123456789012:app-instance/11111111-2222-4333-8444-555555555555"
    return [
        _dead("no JSON", '{"id": "demo:bad:1", "channel": "orders", "message": ', Reason.UNREADABLE),
        _dead(
            "JSON, but no job",
            json.dumps({"Records": [], "Event": "s3:TestEvent", "Service": "Amazon S3"}),
            Reason.NOT_A_JOB,
        ),
        _dead(
            "a misspelt field",
            json.dumps({"id": "demo:bad:2", "channel": "orders", "message": {"contant": "hello"}}),
            Reason.INVALID_JOB,
        ),
        _dead("4097 bytes", _body("demo:bad:3", "support", "x" * 4097), Reason.CONTENT_TOO_LARGE),
        _dead(
            "another app instance's channel",
            _body("demo:bad:4", f"{foreign}/channel/orders", "hello"),
            Reason.FOREIGN_CHANNEL,
        ),
        _dead(
            "a channel that does not exist",
            _body("demo:bad:5", "no-such-channel", "hello"),
            Reason.CHANNEL_NOT_FOUND,
        ),
        _dead(
            "in somebody else's name",
            _body("demo:bad:6", "support", "hello", bearer="the-boss"),
            Reason.BEARER_NOT_ALLOWED,
        ),
        _dead(
            "the id of another job",
            _body("demo:orders:1", "orders", "Order 8812 has been cancelled"),
            Reason.ID_CONFLICT,
        ),
    ]


def _dead(what: str, body: str, reason: Reason) -> DemoJob:
    return DemoJob(what, body, DeadLetters(reason))


def _body(job_id: str, channel: str, content: str, **more: str) -> str:
    job = {"id": job_id, "channel": channel, "message": {"content": content}, **more}
    return json.dumps(job, ensure_ascii=False)
