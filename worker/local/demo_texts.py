"""What the demo posts: texts, how each comes to the queue, and what becomes of it later. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from worker.local.demo_wrappings import (
    Wrap,
    bare,
    cloud_event,
    cloud_event_base64,
    event_bridge,
    sns,
    three_deep,
)

REDACTED = "[redacted]"
"""What a redacted message reads here."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the channel flow, or a later job, makes of a message: another *text*, or none: it is gone."""

    by: Literal["flow", "update_message", "redact_message", "delete_message"]
    text: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """A text to be posted: by the worker, or the *bearer*."""

    text: str = field(repr=False)
    wrap: Wrap = bare
    copies: int = 1
    fate: Fate | None = None
    bearer: str | None = None

    @property
    def shown(self) -> str | None:
        """What it reads in the end; None if it is in no channel then."""
        return self.text if self.fate is None else self.fate.text


ORDERS: Sequence[Post] = (
    Post("Order 8812 has been placed"),
    Post("Order 8812 has been paid: enqueued three times", copies=3),
    Post("Order 8812 is being packed 📦: came through SNS", sns),
    Post("Order 8812 has shipped 🚚: came through EventBridge", event_bridge),
    Post("注文 8813 を発送しました: came as a CloudEvent, whose id is the job's", cloud_event),
    Post("Order 8814 has shipped 🚚: came as a CloudEvent in Base64", cloud_event_base64),
    Post(
        "Order 8815 has shipped 🚚: CloudEvent, in an EventBridge event, in an SNS notification", three_deep
    ),
    Post("Order 8812 has been delivered 🎉"),
)
SUPPORT: Sequence[Post] = (
    Post("Ticket 31: the customer has answered"),
    Post("Ticket 31: وصل الطلب، شكرًا لكم"),
    Post("Ticket 32: ההזמנה טרם הגיעה"),
    Post("Ticket 31: Chime wil call back", fate=Fate("update_message", "Ticket 31: Chime will call back ✅")),
    Post("Ticket 33: grüße an die 👩‍👩‍👧‍👦 von Familie Müller,\nin two lines"),
)
ALERTS: Sequence[Post] = (
    Post("Disk of db-1 is 91 % full"),
    Post("\x1b[31mnot red\x1b[0m: no terminal will obey this message"),
    Post("db-1 is slow"),
    Post("db-1 is back ✅"),
    Post("Certificate of shop.example expires in 14 days"),
)
LOUNGE: Sequence[Post] = (
    Post("The worker was no member of this channel: as an admin it has joined by itself"),
    Post("Ana has a birthday today 🎂"),
    Post("Ana, this is a secret: there will be cake", fate=Fate("delete_message", None)),
    Post("Lunch is at noon"),
    Post("See you tomorrow 👋"),
)
FRONT_DESK: Sequence[Post] = (
    Post("Visitor for room 4"),
    Post("A parcel for Ben 📬"),
    Post("The code of the door is 4711", fate=Fate("redact_message", REDACTED)),
    Post("Fire drill at three 🔔"),
    Post("The front desk closes"),
)
LAUNCH: Sequence[Post] = (
    Post("The worker has made this channel for the first job that named it"),
    Post("T minus two days"),
    Post("T minus one day"),
    Post("We are live 🚀"),
    Post("Nobody has called yet 🤞"),
)
PAIR: Sequence[Post] = (
    Post("This channel is for Ana, Ben and the worker alone"),
    Post("Ana, Ben has answered your question"),
    Post("Thank you! (a job that speaks for Ana)", bearer="ana"),
    Post("Ben, Ana says thank you"),
    Post("Your question is closed ✅"),
)
RECEIPTS: Sequence[Post] = (
    Post("Card 4111 1111 1111 1111 has been charged", fate=Fate("flow", "Card **** 1111 has been charged")),
    Post("Call 555-0142 for help", fate=Fate("flow", "Call [number removed] for help")),
    Post("The flow denies the message after this one"),
    Post("The PIN of card 1111 is 0000", fate=Fate("flow", None)),
    Post("Receipt 17 is complete ✅"),
)
WORKSHOP: Sequence[Post] = (Post("Jobs have made this channel, added its members and removed Ben"),)
