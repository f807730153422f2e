"""An EventBridge bus as the target of outcomes. It never retries a batch: what was not taken is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from worker.adapters.outcomes.calls import publishing
from worker.contract.outcome_body import EVENT_SOURCE
from worker.core.notice import Notice

DETAIL_TYPE = "Job Outcome"


class Events(Protocol):
    """What is used of the SDK's client."""

    async def put_events(self, **request: Any) -> Mapping[str, Any]:
        """Put up to ten events; those that failed are named inside a 200."""


class EventBridgeOutcomes:
    """Outcomes onto a bus; *call_deadline_s* is for one call with the SDK's retries."""

    def __init__(self, client: Events, *, bus_arn: str, call_deadline_s: float) -> None:
        self._client = client
        self._bus_arn = bus_arn
        self._call_deadline_s = call_deadline_s

    async def publish(self, notices: Sequence[Notice]) -> Sequence[int]:
        """Publish up to ten; return the positions of those not taken."""
        async with publishing("PutEvents", self._call_deadline_s):
            answer = await self._client.put_events(Entries=[self._entry(notice) for notice in notices])
            return _not_taken(notices, answer)

    def _entry(self, notice: Notice) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_arn,
            "Source": EVENT_SOURCE,
            "DetailType": DETAIL_TYPE,
            "Time": notice.finished_at,
            "Resources": [notice.channel_arn] if notice.channel_arn else [],
            "Detail": notice.body,
        }


def _not_taken(notices: Sequence[Notice], answer: Mapping[str, Any]) -> list[int]:
    """Read the answer's entries, in the order of the request; if more have failed than they say, any may."""
    entries = enumerate(answer.get("Entries", ()))
    taken = {n for n, entry in entries if entry.get("EventId") and not entry.get("ErrorCode")}
    failed = [n for n in range(len(notices)) if n not in taken]
    return failed if answer.get("FailedEntryCount", 0) <= len(failed) else list(range(len(notices)))
