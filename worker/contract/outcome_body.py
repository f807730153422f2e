"""The outcome as its readers see it: the JSON that goes to WORKER_OUTCOMES. Described here, not sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, config
from pydantic.json_schema import SkipJsonSchema

from worker.contract.fields import JobId
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.contract.rejected import MAX_DETAIL_BYTES

EVENT_SOURCE = "chime-backend-worker"
"""The source of the EventBridge events that carry outcomes."""

_Absent = SkipJsonSchema[None]
"""A field without a value is left out; only `job_id` is null then."""

_EXAMPLES: list[config.JsonValue] = [
    {
        "version": 1,
        "job_id": "order-8812-shipped",
        "outcome": "delivered",
        "final": True,
        "revision": 1,
        "channel_arn": "arn:aws:chime:us-east-1:111122223333:app-instance/demo/channel/orders",
        "message_id": "5b1c7f6e0d",
        "attempts": 1,
        "received_at": "2030-01-31T09:30:00.120Z",
        "finished_at": "2030-01-31T09:30:00.310Z",
        "context": {"campaign": "dunning"},
    },
    {
        "version": 1,
        "job_id": None,
        "outcome": "rejected",
        "final": True,
        "revision": 1,
        "reason": "unreadable",
        "detail": "The body is empty.",
        "attempts": 0,
        "received_at": "2030-01-31T09:30:00.120Z",
        "finished_at": "2030-01-31T09:30:00.125Z",
    },
]


class OutcomeBody(BaseModel):
    """
    How a job ended. It is published at least once: keep the highest `revision` of each `job_id`.

    Ignore fields that you do not know: later versions may add some.
    """

    model_config = ConfigDict(frozen=True, title="Job outcome", json_schema_extra={"examples": _EXAMPLES})

    version: Literal[1] = Field(description="The version of this format.")
    job_id: JobId | None = Field(description="The job's id; null if none could be read from the body.")
    outcome: Outcome = Field(description="How the job ended.")
    final: bool = Field(description="False if another outcome of this job follows (`accepted`).")
    revision: int = Field(
        ge=0,
        description="Grows with each outcome of the job. 0: of another job under its id (`id_conflict`).",
    )
    reason: Reason | _Absent = Field(
        None,
        description="Why, if the job was `rejected` or `exhausted`:\n\n"
        + "\n".join(f"- `{reason}`: {reason.sentence}" for reason in Reason),
    )
    detail: Annotated[str, Field(max_length=MAX_DETAIL_BYTES)] | _Absent = Field(
        None, description="The reason in a sentence, at most 1024 bytes of UTF-8, without message text."
    )
    channel_arn: str | _Absent = Field(None, description="The channel, if the job named one that is known.")
    message_id: str | _Absent = Field(None, description="Chime's MessageId, if it is known.")
    attempts: int = Field(ge=0, description="Attempts that were counted; an outage uses up none.")
    received_at: AwareDatetime = Field(description="When the worker first received the job.")
    finished_at: AwareDatetime = Field(description="When the job ended in this way.")
    context: JsonValue | _Absent = Field(None, description="The job's own `context`, as it came.")
    traceparent: str | _Absent = Field(None, description="The W3C trace context of the job.")
    duplicate: bool | _Absent = Field(
        None, description="True if the job had ended before and came again: its latest outcome, repeated."
    )
