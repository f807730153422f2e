"""Jobs as a producer writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Named = Mapping[str, object]
"""A channel that is named instead of given."""


def a_job(
    job_id: str = "order-8812", channel: str | Named = "orders", content: str | None = None, **fields: Any
) -> str:
    """
    Write the body of a job whose message says `text of JOB_ID`.

    Fields of the message go into the message, all others into the job.
    """
    ours = {"metadata", "persistence", "attributes", "push", "content_type", "target"}
    message = {"content": content or text_of(job_id)} | {k: v for k, v in fields.items() if k in ours}
    job = {"id": job_id, "channel": channel, "message": message}
    return json.dumps(job | {k: v for k, v in fields.items() if k not in ours})


def text_of(job_id: str) -> str:
    """What the message of a job says unless it was given another content."""
    return f"text of {job_id}"
