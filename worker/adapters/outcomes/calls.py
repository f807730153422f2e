"""What the targets of outcomes share: one bounded call, and batches as SQS and SNS answer them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from botocore.exceptions import ClientError

from worker.contract.rejected import printable
from worker.core.notice import Notice
from worker.ports import OutcomesUnavailable


@asynccontextmanager
async def publishing(operation: str, deadline_s: float) -> AsyncIterator[None]:
    """
    Bound a call in time, and turn whatever it raises into OutcomesUnavailable.

    The cause is cut off, for the SDK's texts quote what was published.
    """
    try:
        async with asyncio.timeout(deadline_s):
            yield
    except ClientError as error:
        code = printable(str(error.response.get("Error", {}).get("Code", ""))[:64])
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        raise OutcomesUnavailable(f"{operation}: {code} (HTTP {status})") from None
    except TimeoutError:
        raise OutcomesUnavailable(f"{operation}: no answer within {deadline_s:g} s") from None
    except Exception as error:  # plain Python errors escape aiobotocore on odd replies
        raise OutcomesUnavailable(f"{operation}: {type(error).__name__}") from None


def entry_of(n: int, notice: Notice, *, text: Literal["MessageBody", "Message"], target: str) -> Any:
    """Write an entry of a batch of SQS or SNS, which tell a FIFO *target* by its name alike."""
    values = {"outcome": notice.outcome, "reason": notice.reason}
    entry = {
        "Id": str(n),
        text: notice.body,
        "MessageAttributes": {
            # An empty value would be refused.
            name: {"DataType": "String", "StringValue": value}
            for name, value in values.items()
            if value
        },
    }
    if target.endswith(".fifo"):
        entry |= {"MessageGroupId": notice.group_id, "MessageDeduplicationId": notice.deduplication_id}
    return entry


def not_taken(notices: Sequence[Notice], answer: Mapping[str, Any]) -> list[int]:
    """Return the positions, which are the entries' ids, that *answer* does not call successful."""
    taken = {entry["Id"] for entry in answer.get("Successful", ()) if entry.get("MessageId")}
    failed = {entry["Id"] for entry in answer.get("Failed", ())}
    return [n for n in range(len(notices)) if str(n) not in taken - failed]
