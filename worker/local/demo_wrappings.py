"""How a job of the demo comes: bare, or wrapped as SNS, EventBridge and CloudEvents carry it. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping

AT = "2030-01-31T09:30:00.000Z"

Wrap = Callable[[Mapping[str, object]], Mapping[str, object]]


def bare(job: Mapping[str, object]) -> Mapping[str, object]:
    """Leave the job as it is: also what SNS brings with raw message delivery."""
    return job


def sns(content: Mapping[str, object]) -> Mapping[str, object]:
    """Wrap into a notification of an SNS topic."""
    return {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:orders",
        "Message": json.dumps(content, ensure_ascii=False),
        "Timestamp": AT,
    }


def event_bridge(detail: Mapping[str, object]) -> Mapping[str, object]:
    """Wrap into an event of an EventBridge bus."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "Order shipped",
        "source": "shop.orders",
        "detail": detail,
    }


def cloud_event(data: Mapping[str, object]) -> Mapping[str, object]:
    """Wrap into a CloudEvent that names the job: what it carries has no id of its own."""
    return {**_event(data["id"]), "data": {name: value for name, value in data.items() if name != "id"}}


def cloud_event_base64(data: Mapping[str, object]) -> Mapping[str, object]:
    """Wrap into a CloudEvent whose data is in Base64."""
    encoded = base64.b64encode(json.dumps(data).encode()).decode()
    return {**_event(data["id"]), "data_base64": encoded}


def three_deep(job: Mapping[str, object]) -> Mapping[str, object]:
    """Wrap into a CloudEvent, that into an EventBridge event, and that into an SNS notification."""
    return sns(event_bridge(cloud_event_base64(job)))


def _event(event_id: object) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "/shop/orders",
        "type": "shop.order.shipped",
        "datacontenttype": "application/json",
    }
