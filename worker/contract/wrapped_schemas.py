"""Schemas of the wrappings in which a job may come, for the published contract. They check nothing here."""

from __future__ import annotations

import json

from pydantic.json_schema import JsonSchemaValue

_TEXT: JsonSchemaValue = {"type": "string", "minLength": 1}
_JOB = {"id": "order-8812-shipped", "channel": "orders", "message": {"content": "Order 8812 has shipped"}}
_JOB_WITHOUT_ID = {name: value for name, value in _JOB.items() if name != "id"}


def wrapped_schemas(job_ref: str) -> dict[str, JsonSchemaValue]:
    """Describe each wrapping by its fixed keys; *job_ref* refers to the job's own schema."""
    return {
        "SnsNotification": _sns(),
        "EventBridgeEvent": _event_bridge(job_ref),
        "CloudEvent": _cloud_event(job_ref),
    }


def _sns() -> JsonSchemaValue:
    keys = ("MessageId", "TopicArn", "Message", "Timestamp")
    message = _TEXT | {"contentMediaType": "application/json", "description": "The job, as JSON text."}
    return {
        "title": "Job in an SNS notification",
        "description": "A topic's notification without raw message delivery; with it, the job comes bare. "
        "Other keys are ignored.",
        "type": "object",
        "properties": {"Type": {"const": "Notification"}} | dict.fromkeys(keys, _TEXT) | {"Message": message},
        "required": ["Type", *keys],
        "examples": [
            {
                "Type": "Notification",
                "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
                "TopicArn": "arn:aws:sns:us-east-1:111122223333:orders",
                "Message": json.dumps(_JOB),
                "Timestamp": "2030-01-31T09:30:00.000Z",
            }
        ],
    }


def _event_bridge(job_ref: str) -> JsonSchemaValue:
    texts = ("id", "detail-type", "source")
    return {
        "title": "Job in an EventBridge event",
        "description": "What a rule sends if it transforms nothing. Other keys are ignored.",
        "type": "object",
        "properties": dict.fromkeys(texts, _TEXT) | {"detail": {"$ref": job_ref}},
        "required": [*texts, "detail"],
        "examples": [
            {
                "version": "0",
                "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
                "detail-type": "Order shipped",
                "source": "shop.orders",
                "detail": _JOB,
            }
        ],
    }


def _cloud_event(job_ref: str) -> JsonSchemaValue:
    texts = ("id", "source", "type")
    return {
        "title": "Job in a CloudEvent",
        "description": "CloudEvents 1.0, structured JSON. Extensions are ignored. The job's `id` may be "
        "absent: it is then `ce:` and the SHA-256 in hex over source and id of the event, each after its "
        "length in bytes of UTF-8 as 4 bytes, big-endian.",
        "type": "object",
        "properties": {
            "specversion": {"const": "1.0"},
            **dict.fromkeys(texts, _TEXT),
            "datacontenttype": {"type": ["string", "null"], "description": "A JSON media type; the default."},
            "data": {"anyOf": [{"$ref": job_ref}, {"type": "object", "not": {"required": ["id"]}}]},
            "data_base64": {"type": "string", "description": "Instead of `data`: the job in Base64."},
        },
        "required": ["specversion", *texts],
        "oneOf": [{"required": ["data"]}, {"required": ["data_base64"]}],
        "examples": [
            {
                "specversion": "1.0",
                "id": "8812-shipped",
                "source": "/shop/orders",
                "type": "shop.order.shipped",
                "datacontenttype": "application/json",
                "data": _JOB_WITHOUT_ID,
            }
        ],
    }
