"""Rows and a clock for tests of ledgers."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.fleet import Member, shard_of
from worker.core.row import Claim, Ended, Ready, Row, Sending, State, Unclear

T0 = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = T0 + timedelta(seconds=7)
RETENTION_S = 3600.0
CHANNEL = "arn:aws:chime:us-east-1:111122223333:app-instance/shop/channel/orders"
SHARD = shard_of(CHANNEL)

STATES: dict[str, State] = {
    "ready": Ready(),
    "ready later": Ready(LATER),
    "sending": Sending(T0),
    "unclear": Unclear(T0, LATER, LATER, LATER, weight="if_looked", looks=2),
    "accepted": Ended(Outcome.ACCEPTED, LATER),
    "delivered": Ended(Outcome.DELIVERED, LATER),
    "rejected": Ended(Outcome.REJECTED, LATER, Reason.BAD_REQUEST, "Chime said no.", doubt_since=T0),
}


@dataclass
class ManualClock:
    """A clock that stands still until it is told to move."""

    at: datetime = T0

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def a_row(job_id: str = "order-8812-shipped", *, version: int = 0, claim_id: str = "worker-1") -> Row:
    """A row as a first delivery makes it."""
    return Row(
        job_id=job_id,
        payload_hash="5e" * 32,
        channel_arn=CHANNEL,
        bearer_arn="arn:aws:chime:us-east-1:111122223333:app-instance/shop/user/backend_worker",
        listable=True,
        received_at=T0,
        delivery_id="delivery-1",
        version=version,
        claim=Claim(claim_id, LATER),
    )


def a_full_row(state: State) -> Row:
    """A row in which no field has its default value."""
    row = replace(
        a_row(),
        state=state,
        sub_channel_id="sub",
        not_before=T0,
        not_after=LATER,
        drop_at=LATER,
        attempts=3,
        sends=4,
        setbacks=2,
        crashes=1,
        repair="done",
        message_id="message-1",
        revision=5,
        redrives=1,
        verdict="edited",
        judged_at=LATER,
        due_at=LATER,
        owed=True,
        context='{"order": 8812}',
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
    return row.noting("attempt", T0).noting("unclear", LATER, "timeout: no answer; \u202e\u0000 \U0001f680")


def a_due_row(job_id: str, *, after_s: float = 0) -> Row:
    """A row with which reconciliation has something to do after so many seconds."""
    return replace(a_row(job_id), state=STATES["accepted"], due_at=T0 + timedelta(seconds=after_s))


def a_member(worker_id: str = "worker-1", *, seen_at: datetime = T0) -> Member:
    return Member(id=worker_id, host="10-0-0-7", version="1.2.3", started_at=T0, seen_at=seen_at)
