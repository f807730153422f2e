"""Counts what must never happen, from the world and not from what the worker says."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise, product
from typing import get_args

from tests.simulation.jobs import Changed, Way
from tests.simulation.world import HOME, World
from tests.support.clock import START
from worker.contract.limits import MARKER_KEY
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.identity import marker
from worker.core.row import Ended, Row
from worker.local.chime.clock import from_ms
from worker.local.chime.message_log import Message

KINDS = (
    "lost",
    "doubled",
    "out of order",
    "ended twice",
    "never ended",
    "outcome missing",
    "revision back",
    "misjudged",
    "wrongly changed",
)


NOWHERE = (Outcome.UNVERIFIABLE, Outcome.FAILED, Outcome.DENIED)
"""Ends of jobs that need not be in a channel, nor in the dead letter queue."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must never happen."""

    kind: str
    what: str


def findings_of(world: World) -> list[Finding]:
    """Compare the world after its schedule with what was enqueued into it."""
    evidence = _Evidence(world)
    return [
        *evidence.never_ended(),
        *evidence.lost_or_doubled(),
        *evidence.ended_twice(),
        *evidence.unpublished(),
        *evidence.revision_back(),
        *evidence.misjudged(),
        *evidence.wrongly_changed(),
        *(evidence.out_of_order_fifo() if world.schedule.fifo else evidence.out_of_order()),
    ]


class _Evidence:
    def __init__(self, world: World) -> None:
        self._world = world
        self._enqueued = world.schedule.enqueued
        self._times_enqueued = Counter(job.job_id for job in self._enqueued)
        self._messages: dict[str, list[Message]] = defaultdict(list)
        owners = {marker(HOME.arn, job.job_id, style="hash"): job.job_id for job in self._enqueued}
        self._channels = (*world.schedule.channels, *world.schedule.made)
        for channel in self._channels:
            for message in world.messages(channel):
                if message.status != "SENT":
                    continue  # a flow has it, or failed it: nobody but its sender sees it
                self._messages[owners[_marker_of(message)]].append(message)
        self._removed = {(owners[_marker_of(message)], message.content) for message in world.removed}
        self._ends: dict[str, Ended] = {}
        self._last: dict[str, Row] = {}
        for row in world.rows:
            self._last[row.job_id] = row
            if isinstance(row.state, Ended):
                self._ends[row.job_id] = row.state
        self._changes: dict[str, list[Changed]] = defaultdict(list)
        for change in world.schedule.changed:
            self._changes[change.of].append(change)
        self._letters = {
            (body["id"], body.get("message", {}).get("content"))
            for body in (json.loads(letter.body) for letter in world.queue.dead_letters)
        }

    def never_ended(self) -> Iterator[Finding]:
        if count := len(self._world.queue):
            yield Finding("never ended", f"{count} left in the queue")
        changes = {change.job_id for change in self._world.schedule.changed}
        for job_id in (self._times_enqueued.keys() | changes) - self._ends.keys():
            yield Finding("never ended", f"{job_id} has no end in the ledger")
        for row in self._world.open_rows:
            yield Finding(
                "never ended", f"{row.job_id} is not reconciled: {row.state.kind}, due {row.due_at}"
            )

    def lost_or_doubled(self) -> Iterator[Finding]:
        for job_id in self._times_enqueued:
            if len(self._messages[job_id]) > 1:
                yield Finding("doubled", f"{job_id}: {len(self._messages[job_id])} messages")
        for job in self._enqueued:
            contents = (job.content, *(change.content for change in self._changes[job.job_id]))
            sent = any(message.content in contents for message in self._messages[job.job_id])
            sent = sent or (job.job_id, job.content) in self._removed
            buried = (job.job_id, job.content) in self._letters
            ended = self._ends.get(job.job_id)
            says_sent = ended is not None and ended.outcome is Outcome.DELIVERED
            if not sent and not buried and not (ended and ended.outcome in NOWHERE):
                yield Finding("lost", f"{job.job_id}: neither in its channel nor a dead letter")
            if ended and ended.outcome is Outcome.REJECTED and job.way == "create":
                yield Finding("lost", f"{job.job_id}: rejected, although it may make its channel")
            if says_sent and not self._messages[job.job_id] and not self._was_removed(job.job_id):
                yield Finding("lost", f"{job.job_id}: said to be delivered, and is not")
            if ended and not ended.outcome.possibly_sent and self._messages[job.job_id]:
                yield Finding("doubled", f"{job.job_id}: said not to be sent, and is: a redrive doubles it")

    def _was_removed(self, job_id: str) -> bool:
        return any(job_id == removed for removed, _ in self._removed)

    def unpublished(self) -> Iterator[Finding]:
        """The latest outcome of every job was published, with its revision."""
        if not self._world.schedule.publishes:
            return
        published = {
            (told["job_id"], told["revision"], told["outcome"])
            for told in (json.loads(notice.body) for notice in self._world.outcomes.published)
        }
        for job_id, row in self._last.items():
            ended = self._ends.get(job_id)
            if ended and (job_id, row.revision, ended.outcome.value) not in published:
                yield Finding("outcome missing", f"{job_id}: {ended.outcome}, revision {row.revision}")

    def revision_back(self) -> Iterator[Finding]:
        """A reader who keeps the highest revision keeps the latest."""
        highest: dict[str, int] = {}
        for row in self._world.rows:
            if row.revision < highest.get(row.job_id, 0):
                yield Finding("revision back", f"{row.job_id}: {row.revision} after {highest[row.job_id]}")
            highest[row.job_id] = row.revision

    def misjudged(self) -> Iterator[Finding]:
        """What was delivered is confirmed, unless somebody deleted it."""
        for job_id, row in self._last.items():
            changed = ("edited", "redacted") if self._changes[job_id] else ()
            if row.verdict not in (None, "confirmed", *changed) and not self._was_removed(job_id):
                yield Finding("misjudged", f"{job_id}: {row.verdict}")

    def wrongly_changed(self) -> Iterator[Finding]:
        """A change of what was delivered is done, in order; and what is said to be changed is."""
        for job_id, changes in self._changes.items():
            ends = [(change, end.outcome) for change in changes if (end := self._ends.get(change.job_id))]
            texts = [change.content for change, outcome in ends if outcome is Outcome.DONE]
            stored = self._messages[job_id]
            if texts and [texts[-1]] != [message.content for message in stored]:
                yield Finding("wrongly changed", f"{job_id}: {len(stored)} messages, not as changed last")
            send = self._ends.get(job_id)
            for change, outcome in ends:
                if send and send.outcome is Outcome.DELIVERED and outcome is not Outcome.DONE:
                    if self._ended_first(change):
                        continue
                    yield Finding("wrongly changed", f"{change.job_id} of what was delivered: {outcome}")

    def _ended_first(self, change: Changed) -> bool:
        """Tell whether a change ended for want of a message that was delivered only later, or in vain."""
        ends = [(row.job_id, row.state.outcome) for row in self._world.rows if isinstance(row.state, Ended)]
        end = self._ends[change.job_id]
        is_first = ends.index((change.job_id, end.outcome)) < ends.index((change.of, Outcome.DELIVERED))
        return end.outcome is Outcome.EXHAUSTED or (end.reason is Reason.UNKNOWN_MESSAGE and is_first)

    def ended_twice(self) -> Iterator[Finding]:
        last: dict[str, tuple[Ended, str | None]] = {}
        for row in self._world.rows:
            if row.job_id in last and (row.state, row.message_id) != last[row.job_id]:
                yield Finding("ended twice", f"{row.job_id} went on after {last[row.job_id][0].outcome}")
            if (
                isinstance(row.state, Ended)
                and row.state.outcome.possibly_sent
                and row.state.outcome.is_final
            ):
                last[row.job_id] = (row.state, row.message_id)

    def out_of_order_fifo(self) -> Iterator[Finding]:
        """In a FIFO queue's group the messages stand as enqueued; a dead letter gave up its place."""
        places = {job.job_id: place for place, job in enumerate(self._enqueued)}
        for channel in self._channels:
            stored = [job_id for job_id, _ in self._in_channel(channel)]
            for earlier, later in pairwise(stored):
                if places[earlier] > places[later]:
                    yield Finding("out of order", f"{later} after {earlier} in {channel}")

    def out_of_order(self) -> Iterator[Finding]:
        """What one hand held at the same time was sent in the order of receipt, as far as it could know."""
        for channel, way in product(self._channels, get_args(Way)):
            stored = list(self._in_channel(channel, way=way))
            for n, (earlier, message) in enumerate(stored):
                for later, _ in stored[n + 1 :]:
                    if self._was_overtaken(later, by=earlier, message=message):
                        yield Finding("out of order", f"{later} after {earlier} in {channel}")

    def _was_overtaken(self, waiting: str, *, by: str, message: Message) -> bool:
        """
        Tell whether *waiting* was in the hand before *by*, whose *message* was stored first.

        Where several hands held one of them at that time, order between workers was at stake, and that is
        promised by FIFO queues alone.
        """
        stored_s = (from_ms(message.created_ms) - START) / timedelta(seconds=1)
        sends = self._world.sends[_marker_of(message) or ""]
        began_s, hand = max((send for send in sends if send[0] <= stored_s), default=(stored_s, 0))
        waiting_for = [one for one in self._world.holds if one.job_id == waiting and one.held_at(began_s)]
        sent = (one for one in self._world.holds if one.job_id == by and one.hand == hand)
        sent_order = min((one.order for one in sent if one.received_at_s <= began_s), default=None)
        is_one_hands = bool(waiting_for) and {one.hand for one in waiting_for} == {hand}
        return is_one_hands and sent_order is not None and min(one.order for one in waiting_for) < sent_order

    def _outcome_of(self, job_id: str) -> Outcome | None:
        ended = self._ends.get(job_id)
        return ended.outcome if ended else None

    def _in_channel(self, channel: str, *, way: Way | None = None) -> Iterator[tuple[str, Message]]:
        """
        Yield a channel's messages whose order is promised, in the order stored.

        Not of jobs that were enqueued twice, redriven, or not to be sent at once; nor of what no list could
        verify: NON_PERSISTENT, or in a channel that was deleted meanwhile. It may be stored late.
        """
        redriven = {json.loads(body)["id"] for body in self._world.redriven}
        simple = {
            job.job_id
            for job in self._enqueued
            if job.channel == channel
            and job.job_id not in redriven
            and self._outcome_of(job.job_id) is not Outcome.UNVERIFIABLE
            and way in (None, job.way)
            and self._times_enqueued[job.job_id] == 1
            and job.not_before_s is None
            and job.persistence == "PERSISTENT"
        }
        pairs = ((job_id, message) for job_id in simple for message in self._messages[job_id])
        return iter(sorted(pairs, key=lambda pair: pair[1].created_ms))


def _marker_of(message: Message) -> str | None:
    attribute = (message.attributes or {}).get(MARKER_KEY)
    values = attribute.get("StringValues", [None]) if isinstance(attribute, dict) else [None]
    return str(values[0])
