"""One call of SQS: bounded in time, and whatever it raises turned into a fault. It retries nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from botocore.exceptions import ClientError

from worker.ports import LetterDoesNotFit, QueueUnavailable

NO_SUCH_QUEUE = frozenset({"QueueDoesNotExist", "NonExistentQueue"})
NEVER_TAKEN = frozenset({"InvalidMessageContents", "InvalidParameterValue"})
"""SendMessage refuses the letter itself, and would refuse it every time."""


class QueueNotFound(Exception):
    """A queue the worker was told of is not there: its URL, region or account is wrong, or it was deleted."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"the queue {queue} does not exist")
        self.queue = queue


@asynccontextmanager
async def calling(operation: str, deadline_s: float, *, queue: str | None = None) -> AsyncIterator[None]:
    """
    Bound a call of SQS in time and turn whatever it raises into a fault of the Inbox.

    *queue* is told where its absence is a mistake in the settings. The cause is cut off, for the SDK's
    texts quote receipt handles and bodies.
    """
    try:
        async with asyncio.timeout(deadline_s):
            yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        name = code.rpartition(".")[2].removesuffix("Exception")
        if queue is not None and name in NO_SUCH_QUEUE:
            raise QueueNotFound(queue) from None
        if operation == "SendMessage" and name in NEVER_TAKEN:
            raise LetterDoesNotFit(f"SQS refuses it: {code}") from None
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        raise QueueUnavailable(f"{operation}: {code} (HTTP {status})") from None
    except TimeoutError:
        raise QueueUnavailable(f"{operation}: no answer within {deadline_s:g} s") from None
    except Exception as error:  # plain Python errors escape aiobotocore on odd replies
        raise QueueUnavailable(f"{operation}: {type(error).__name__}") from None
