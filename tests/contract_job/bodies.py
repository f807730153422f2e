"""A producer's view of the contract: bodies go in as objects or text, a job or a refusal comes out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from worker.contract.arns import AppInstance
from worker.contract.job import Job, parse_job
from worker.contract.rejected import Rejected
from worker.contract.requests import Message

HOME = "arn:aws:chime:us-east-1:123456789012:app-instance/3ab1f1b6"
SENT_AT = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When every job of these tests was enqueued."""


def a_job(**fields: object) -> dict[str, object]:
    """Make the smallest job, changed by fields of its own."""
    return {"id": "order-8812", "channel": "orders", "message": {"content": "Shipped"}} | fields


def a_message(**fields: object) -> dict[str, object]:
    """Make the smallest job, changed by fields of its message."""
    return a_job(message={"content": "Shipped"} | fields)


def parse(body: object) -> Job:
    """Parse a body; what is not text is encoded as JSON first."""
    text = body if isinstance(body, str) else json.dumps(body)
    return parse_job(text, home=AppInstance.parse(HOME), sent_at=SENT_AT)


def message_in(body: object) -> Message:
    """Parse a body, and return the message that the job sends."""
    request = parse(body).request
    assert isinstance(request, Message)
    return request


def refuse(body: object) -> Rejected:
    """Parse a body that must be refused, and return the refusal."""
    with pytest.raises(Rejected) as caught:
        parse(body)
    return caught.value
