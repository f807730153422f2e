"""What the demo posts: texts, and how each of them comes to the queue. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from worker.local.demo_wrappings import (
    Wrap,
    bare,
    cloud_event,
    cloud_event_base64,
    event_bridge,
    sns,
    three_deep,
)


@dataclass(frozen=True, slots=True)
class Post:
    """A text to be posted: by the worker, or the *bearer*. *shown* is what a channel flow makes of it."""

    text: str = field(repr=False)
    wrap: Wrap = bare
    copies: int = 1
    shown: str | None = field(default=None, repr=False)
    bearer: str | None = None


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
    Post("Ticket 32: two lines,\nand this is the second"),
    Post("Ticket 31 is closed ✅"),
    Post("Ticket 33: grüße an die 👩‍👩‍👧‍👦 von Familie Müller"),
)
ALERTS: Sequence[Post] = (
    Post("Disk of db-1 is 91 % full"),
    Post("\x1b[31mnot red\x1b[0m: no terminal will obey this message"),
    Post("db-1 is slow"),
    Post("db-1 is back ✅"),
    Post("Backup of db-1 is done"),
    Post("Certificate of shop.example expires in 14 days"),
)
LOUNGE: Sequence[Post] = (
    Post("The worker was no member of this channel: as an admin it has joined by itself"),
    Post("Ana has a birthday today 🎂"),
    Post("The coffee machine is back ☕"),
    Post("Lunch is at noon"),
    Post("The window on the 2nd floor is open"),
    Post("See you tomorrow 👋"),
)
FRONT_DESK: Sequence[Post] = (
    Post("Visitor for room 4"),
    Post("A parcel for Ben 📬"),
    Post("The taxi is here 🚕"),
    Post("Room 4 is free again"),
    Post("Fire drill at three 🔔"),
    Post("The front desk closes"),
)
LAUNCH: Sequence[Post] = (
    Post("The worker has made this channel for the first job that named it"),
    Post("T minus three days"),
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
    Post("Card 4111 1111 1111 1111 has been charged", shown="Card **** 1111 has been charged"),
    Post("Call 555-0142 for help", shown="Call [number removed] for help"),
    Post("The flow had nothing to change here"),
    Post("Card 5500 0000 0000 0004 has been refunded", shown="Card **** 0004 has been refunded"),
    Post("Receipt 17 is complete ✅"),
)
