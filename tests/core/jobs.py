"""One job as the tests of core see it: its row, moments in seconds after its delivery, replies to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from worker.core.decide import after
from worker.core.policy import Policy
from worker.core.replies import Reply
from worker.core.row import Ready, Row, State, Unclear, Weight

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
APP_INSTANCE = "arn:aws:chime:us-east-1:123456789012:app-instance/3ab1f1b6"
CHANNEL = f"{APP_INSTANCE}/channel/orders"
BEARER = f"{APP_INSTANCE}/user/courier"
DEFAULT_BEARER = f"{APP_INSTANCE}/user/backend_worker"
POLICY = Policy(max_attempts=3, grace_s=10.0, own_bearer_arns=frozenset({DEFAULT_BEARER}))


def at(seconds: float) -> datetime:
    """Give the moment so many seconds after the job was received."""
    return START + timedelta(seconds=seconds)


READY = Ready()


def a_row(state: State = READY, **fields: Any) -> Row:
    """Make the row of a job in *state*, changed by fields of its own."""
    known: dict[str, Any] = {
        "job_id": "order-8812",
        "payload_hash": "hash-of-order-8812",
        "channel_arn": CHANNEL,
        "bearer_arn": BEARER,
        "listable": True,
        "received_at": START,
        "delivery_id": "delivery-1",
    }
    return Row(state=state, **known | fields)


def unclear(
    *,
    since: float = 90,
    ended: float = 100,
    look: float = 100,
    retry: float = 101,
    weight: Weight = "if_looked",
) -> Unclear:
    """Make an attempt in doubt; all its moments are seconds after START."""
    return Unclear(at(since), at(ended), at(look), at(retry), weight)


def answered(row: Row, reply: Reply, *, now: float, policy: Policy = POLICY) -> Row:
    """Give the row that *reply* makes of *row*, with chance that is the same each time."""
    return after(row, reply, now=at(now), policy=policy, rng=Random(8812))
