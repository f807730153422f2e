"""
What the loop needs from the outside, as few Protocols: a queue, Chime's channels, a ledger, a clock.

Each has an in-memory twin that passes the same contract suite as the real one (`tests/contract/`).
Adapters turn every foreign exception into a reply of `worker.core.replies` or a fault of this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from worker.contract.requests import ChangeRequest, Message
from worker.contract.targets import Creation, Privacy
from worker.core.directory import ChannelPage
from worker.core.evidence import Page
from worker.core.fleet import Member, Pause, Roll
from worker.core.notice import Notice
from worker.core.replies import (
    ChangeLook,
    ChangeReply,
    JoinReply,
    NotNow,
    Refused,
    ResolveReply,
    SendReply,
    StatusReply,
)
from worker.core.row import Row
from worker.core.settlement import Letter

RECEIVE_LIMIT = 10
"""SQS gives, deletes and changes at most ten at once."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One SQS message attribute as it came; *value* is str, or bytes for the Binary types."""

    data_type: str
    value: str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One receive of a job from SQS."""

    message_id: str
    receipt_handle: str = field(repr=False)
    body: str = field(repr=False)
    sent_at: datetime
    """SentTimestamp: when the producer enqueued it."""
    received_at: datetime
    receive_count: int = 1
    group_id: str | None = None
    """MessageGroupId: the order on a FIFO queue, fairness on a standard one."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict, repr=False)
    trace_header: str | None = None
    """The AWSTraceHeader system attribute."""


class QueueUnavailable(Exception):
    """SQS could not be used: the network, a throttle, a missing queue or permission. Try again later."""


class LetterDoesNotFit(Exception):
    """The dead letter queue can never take this body: leave the job to the queue's own redrive policy."""


class LedgerUnavailable(Exception):
    """The ledger could not be read or written: nothing may be sent until it can be. Try again later."""


class RowUnreadable(LedgerUnavailable):
    """A job's row cannot be read by this version: the ledger works, and nobody but that job has to wait."""


BatchFault = Literal["gone", "later"]
"""Why one entry of a batch failed: the receipt is worth nothing any more, or SQS wants it tried again."""


class Inbox(Protocol):
    """The source queue and its dead letter queue. Every method may raise QueueUnavailable."""

    @property
    def is_fifo(self) -> bool:
        """Whether the source queue is a FIFO queue."""

    @property
    def retention_s(self) -> int | None:
        """How long the queue keeps a job after its SentTimestamp; None while that is unknown."""

    @property
    def has_dead_letter_queue(self) -> bool:
        """Whether there is a place for dead letters."""

    async def receive(self, limit: int, *, wait_s: int) -> Sequence[Delivery]:
        """Receive up to *limit* (1-10) deliveries, waiting up to *wait_s* (0-20) for the first."""

    async def delete(self, deliveries: Sequence[Delivery]) -> Mapping[str, BatchFault]:
        """Delete up to ten; return what failed, by receipt handle."""

    async def change_visibility(self, changes: Sequence[tuple[Delivery, int]]) -> Mapping[str, BatchFault]:
        """Show up to ten again after so many seconds each (0-43200); return what failed."""

    async def dead_letter(self, delivery: Delivery, letter: Letter) -> None:
        """Copy a job to the dead letter queue; raise LetterDoesNotFit if it can never be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message on its way: what SendChannelMessage is told."""

    channel_arn: str
    bearer_arn: str
    client_request_token: str = field(repr=False)
    marker: str | None
    message: Message = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChannel:
    """A channel to be made: what CreateChannel is told. Its id is ours, so to make it twice is a conflict."""

    channel_arn: str
    bearer_arn: str
    client_request_token: str = field(repr=False)
    name: str
    member_arns: tuple[str, ...]
    creation: Creation


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One call that changes something otherwise than by sending: one part of a job.

    *part* counts from 0: members are added by up to a hundred, and removed one by one.
    """

    channel_arn: str
    bearer_arn: str
    client_request_token: str = field(repr=False)
    channel_name: str
    """What a channel that is made is called; else empty."""
    request: ChangeRequest = field(repr=False)
    message_id: str | None = None
    sub_channel_id: str | None = None
    part: int = 0


class Channels(Protocol):
    """
    Chime, as one bearer sees it.

    No method raises anything but CancelledError, and none retries: a call is one request with one deadline.
    """

    async def send(self, outgoing: Outgoing) -> SendReply:
        """Send one message."""

    async def change(self, change: Change) -> ChangeReply:
        """Make one part of a change; that it was made already is success."""

    async def look_at(self, change: Change) -> ChangeLook:
        """Look, by one call, whether that part of a change has been made."""

    async def message_status(
        self, channel_arn: str, message_id: str, *, bearer_arn: str, sub_channel_id: str | None
    ) -> StatusReply:
        """Ask what a channel flow made of a message of the bearer's own; refused if it knows none."""

    async def list_messages(
        self,
        channel_arn: str,
        *,
        bearer_arn: str,
        not_before: datetime | None,
        sub_channel_id: str | None = None,
        next_token: str | None = None,
    ) -> Page | Refused | NotNow:
        """List a page of messages, newest first."""

    async def join(self, channel_arn: str, *, bearer_arn: str, sub_channel_id: str | None) -> JoinReply:
        """Add the bearer to the channel; being a member already is success."""

    async def create_channel(self, new: NewChannel) -> ResolveReply:
        """Make a channel; that there is one with this id already is success."""

    async def describe_channel(self, channel_arn: str, *, bearer_arn: str) -> ResolveReply:
        """Ask whether a channel is there. Chime refuses alike what is not there and what we may not see."""

    async def list_channels(
        self, app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None = None
    ) -> ChannelPage | Refused | NotNow:
        """List a page of an app instance's channels, in no order. Only its admins list the PRIVATE ones."""


class Ledger(Protocol):
    """What is remembered of jobs. Every method may raise LedgerUnavailable."""

    @property
    def is_shared(self) -> bool:
        """Whether other workers may hold claims in it: a dead one's must lapse before they are taken over."""

    @property
    def created_at(self) -> datetime:
        """When this ledger was made: of older jobs it cannot know whether they were sent."""

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job; None if there is none, or if it is past its retention."""

    async def put(self, row: Row) -> Row | None:
        """
        Store *row* as version `row.version + 1`, if the stored version is still `row.version` (0: no row).

        Return None when it was stored, else the row that stands in the way. A row that has passed its
        retention stands in nobody's way. Rows are kept for the retention, counted from this write.
        """

    async def due(self, shard: int, *, limit: int) -> Sequence[Row]:
        """Return rows of a shard whose `due_at` has come, the longest overdue first; some may be stale."""

    async def beat(self, member: Member) -> Roll:
        """Store this worker's heartbeat, and return who is there and what is paused."""

    async def leave(self, worker_id: str) -> None:
        """Remove a worker's heartbeat: it has nothing in hand any more."""


class Switches(Protocol):
    """What operators tell all workers of a ledger. Every method may raise LedgerUnavailable."""

    async def roll(self) -> Roll:
        """Return who is there and what is paused."""

    async def pause(self, pause: Pause) -> None:
        """Pause a channel, or all; to pause twice is to pause."""

    async def resume(self, channel_arn: str | None) -> None:
        """Resume a channel; None resumes all of them, and what was paused one by one as well."""


class OutcomesUnavailable(Exception):
    """The target of outcomes could not be used: nothing was lost, try again later."""


class Outcomes(Protocol):
    """Where outcomes are published."""

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        """
        Publish up to ten in one call; return the positions of those not taken. May raise OutcomesUnavailable.

        At most one of each group: were it refused, the next one would overtake it.
        """


class Clock(Protocol):
    """The wall clock. Delays are the event loop's business."""

    def now(self) -> datetime:
        """Aware UTC."""
