"""The published contract as AsyncAPI 3.1: queue, dead letter queue and outcomes. Data; it checks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic.json_schema import JsonSchemaValue

from worker.contract.rejected import MAX_DETAIL_BYTES
from worker.contract.schema import job_schema, outcome_schema
from worker.contract.wrapped_schemas import wrapped_schemas

Part = Mapping[str, object]

SQS_BINDING = "0.2.0"
"""The newest that the AsyncAPI schema bundle for 3.1.0 knows."""

_ARRIVALS = {
    "job": "Job",
    "jobInSnsNotification": "SnsNotification",
    "jobInEventBridgeEvent": "EventBridgeEvent",
    "jobInCloudEvent": "CloudEvent",
}
"""The messages of the source queue, and the schemas of their payloads."""

_FOURTEEN_DAYS_S = 1_209_600


def asyncapi() -> Part:
    """Describe what the worker receives and sends."""
    schemas = _schemas()
    return {
        "asyncapi": "3.1.0",
        "id": "urn:chime-backend-worker",
        "info": {
            "title": "backend-worker",
            "version": "1.0.0",
            "description": "Does jobs from an SQS queue in Amazon Chime SDK messaging, on messages, channels "
            "and members: one job id, at most one message. Names and timeouts of queues are each "
            "deployment's own.",
        },
        "defaultContentType": "application/json",
        "channels": {"jobs": _jobs(), "deadLetters": _dead_letters(), "outcomes": _outcomes()},
        "operations": {
            "receiveJob": _operation("receive", "jobs", _ARRIVALS),
            "sendDeadLetter": _operation("send", "deadLetters", ["deadLetter"]),
            "publishOutcome": _operation("send", "outcomes", ["outcome"]),
        },
        "components": {"messages": _messages(schemas), "schemas": schemas},
    }


def _operation(action: str, channel: str, messages: Iterable[str]) -> Part:
    return {
        "action": action,
        "channel": _ref("channels", channel),
        "messages": [_ref("channels", channel, "messages", name) for name in messages],
    }


def _jobs() -> Part:
    redrive_policy = {"deadLetterQueue": {"name": "jobs-dead-letters"}, "maxReceiveCount": 1000}
    return {
        "title": "Source queue",
        "description": "One job a message, of at most 256 KiB; up to three wrappings are opened. Set the "
        "MessageGroupId to the channel: it is the order on a FIFO queue, and fairness on a standard one.",
        "messages": {name: _ref("components", "messages", name) for name in _ARRIVALS},
        "bindings": {
            "sqs": {
                "queue": {**_queue("jobs"), "visibilityTimeout": 60, "redrivePolicy": redrive_policy},
                "deadLetterQueue": _queue("jobs-dead-letters"),
                "bindingVersion": SQS_BINDING,
            }
        },
    }


def _dead_letters() -> Part:
    return {
        "title": "Dead letter queue",
        "description": "Jobs that were rejected or exhausted; what SQS moved here has no attributes of ours.",
        "messages": {"deadLetter": _ref("components", "messages", "deadLetter")},
        "bindings": {"sqs": {"queue": _queue("jobs-dead-letters"), "bindingVersion": SQS_BINDING}},
    }


def _outcomes() -> Part:
    return {
        "title": "Outcomes",
        "description": "Where WORKER_OUTCOMES says, at least once each: an SQS queue, an SNS topic, or an "
        "EventBridge bus (as `detail`; source `chime-backend-worker`, detail-type `Job Outcome`).",
        "messages": {"outcome": _ref("components", "messages", "outcome")},
        "bindings": {"sqs": {"queue": _queue("job-outcomes"), "bindingVersion": SQS_BINDING}},
    }


def _queue(name: str) -> Part:
    return {"name": name, "fifoQueue": False, "messageRetentionPeriod": _FOURTEEN_DAYS_S}


def _schemas() -> dict[str, JsonSchemaValue]:
    """Gather all schemas under their names: a document has one place for the parts of all."""
    refer_to = "#/components/schemas/{model}"
    job, outcome = job_schema(refer_to=refer_to), outcome_schema(refer_to=refer_to)
    parts = job.pop("$defs") | outcome.pop("$defs")
    for schema in (job, outcome):  # AsyncAPI has a dialect of its own, and names a schema by its place
        del schema["$schema"], schema["$id"]
    wrapped = wrapped_schemas(refer_to.format(model="Job"))
    return {"Job": job, **wrapped, "JobOutcome": outcome, **parts}


def _messages(schemas: Mapping[str, JsonSchemaValue]) -> Part:
    traced = {"headers": _TRACE_CONTEXT}
    arrivals = {name: _message(schemas, schema) | traced for name, schema in _ARRIVALS.items()}
    dead_letter = {
        "title": "Dead letter",
        "summary": "The body byte for byte, the producer's attributes, and up to six more that say why.",
        "headers": _DEAD_LETTER_ATTRIBUTES,
        "payload": {"description": "The body as it came: a job, or what somebody took for one."},
    }
    outcome = _message(schemas, "JobOutcome") | {"headers": _OUTCOME_ATTRIBUTES}
    return arrivals | {"deadLetter": dead_letter, "outcome": outcome}


def _message(schemas: Mapping[str, JsonSchemaValue], name: str) -> dict[str, object]:
    schema = schemas[name]
    return {
        "title": schema["title"],
        "payload": _ref("components", "schemas", name),
        "examples": [{"payload": example} for example in schema["examples"]],
    }


def _ref(*path: str) -> Part:
    return {"$ref": "/".join(("#", *path))}


def _text(description: str, **limits: object) -> Part:
    return {"type": "string", "description": description} | limits


_REASON = {"$ref": "#/components/schemas/Reason"}

_TRACE_CONTEXT: Part = {
    "type": "object",
    "description": "SQS message attributes.",
    "properties": {"traceparent": _text("W3C trace context; else AWSTraceHeader is taken.")},
}

_DEAD_LETTER_ATTRIBUTES: Part = {
    "type": "object",
    "description": "SQS message attributes. Where they do not all fit, the last are left out first.",
    "properties": {
        "reason": _REASON,
        "detail": _text("The reason in a sentence, without message text.", maxLength=MAX_DETAIL_BYTES),
        "job_id": _text("The job's id, if it could be read."),
        "attempts": _text("Attempts that were counted.", pattern="^[0-9]+$"),
        "first_failed_at": _text("When an attempt first failed.", format="date-time"),
        "worker_version": _text("The version of the worker that gave the job up."),
    },
    "required": ["reason"],
}

_OUTCOME_ATTRIBUTES: Part = {
    "type": "object",
    "description": "Message attributes on SQS and SNS, to filter by.",
    "properties": {"outcome": {"$ref": "#/components/schemas/Outcome"}, "reason": _REASON},
    "required": ["outcome"],
}
