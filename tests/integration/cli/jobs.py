"""Bodies of jobs."""

import json
from collections.abc import Sequence


def a_body(job_id: str, *, channel: str = "orders", content: str = "Hello") -> str:
    return json.dumps({"id": job_id, "channel": channel, "message": {"content": content}})


def bodies(count: int, *, channel: str = "orders") -> Sequence[str]:
    return [a_body(f"{channel}-{n}", channel=channel, content=f"Number {n}") for n in range(count)]
