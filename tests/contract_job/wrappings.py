"""Wrappings as their services write them, for tests: good by default, changed or robbed of keys at will."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"


def sns(content: object, /, **keys: object) -> dict[str, object]:
    """Wrap into a notification of a standard topic. A text is taken as it is, anything else as JSON."""
    return {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Subject": "Order shipped",
        "Message": content if isinstance(content, str) else json.dumps(content),
        "Timestamp": "2030-01-01T12:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/cert.pem",
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {"kind": {"Type": "String", "Value": "order"}},
    } | keys


def event_bridge(detail: object, /, **keys: object) -> dict[str, object]:
    """Wrap into the event of a custom bus."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "Order shipped",
        "source": "shop.orders",
        "account": "123456789012",
        "time": "2030-01-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    } | keys


def cloud_event(data: object, /, **keys: object) -> dict[str, object]:
    """Wrap into a structured CloudEvent, its data as JSON."""
    return {
        "specversion": "1.0",
        "id": "8812-shipped",
        "source": "/shop/orders",
        "type": "shop.order.shipped",
        "time": "2030-01-01T12:00:00Z",
        "datacontenttype": "application/json",
        "data": data,
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    } | keys


def cloud_event_base64(data: object, /, **keys: object) -> dict[str, object]:
    """Wrap into a structured CloudEvent, its data in Base64. Text is taken as it is, all else as JSON."""
    text = data if isinstance(data, str) else json.dumps(data)
    return without(cloud_event(None, data_base64=base64.b64encode(text.encode()).decode()), "data") | keys


def without(wrapping: Mapping[str, object], *keys: str) -> dict[str, object]:
    """Leave keys out."""
    return {key: value for key, value in wrapping.items() if key not in keys}


def only(wrapping: Mapping[str, object], *keys: str) -> dict[str, object]:
    """Leave out all other keys."""
    return {key: wrapping[key] for key in keys}
