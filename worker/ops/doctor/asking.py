"""One question to AWS: bounded in time, and whatever comes of it turned into an answer or NotAnswered."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.exceptions import ClientError

from worker.adapters.chime import verdict_of
from worker.contract.reasons import Reason
from worker.core.replies import Cause
from worker.ops.doctor.finding import Finding, ok, problem, warning
from worker.ports import Clock

ACCESS_DENIED = "AccessDenied"
DENIED = frozenset({ACCESS_DENIED, "AuthorizationError", "NotAuthorized"})
ABSENT = frozenset(
    {
        "Forbidden",  # Chime's word for what is not there where its model has no NotFound
        "NotFound",
        "ResourceNotFound",
        "QueueDoesNotExist",
        "NonExistentQueue",
    }
)
WORKERS_OWN = frozenset(
    {"sqs:GetQueueAttributes", "sqs:GetQueueUrl", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"}
)
"""What the worker asks at its own start: without these actions it does not run."""
ELSEWHERE = "Elsewhere"
"""The code of what was not asked, because it would have led away from a queue on this machine."""
WHY: Mapping[Reason | Cause, tuple[str, str | None]] = {
    Cause.CREDENTIALS: ("there are no AWS credentials, or they have expired", "aws configure list"),
    Cause.CLOCK: (
        "the signature was refused: the clock or the secret key is wrong",
        "timedatectl set-ntp true",
    ),
    Cause.NO_CONNECTION: ("no connection: check the network, proxies and the endpoint's URL", None),
    Cause.TIMEOUT: ("no answer in time: check the network, security groups and VPC endpoints", None),
    Cause.REDIRECT: ("something on the way redirects: check proxies and the endpoint's URL", None),
    Cause.BROKEN_REPLY: ("the answer was not that of AWS: check proxies and the endpoint's URL", None),
    Cause.THROTTLED: ("throttled: run doctor again in a minute", None),
}


Reach = Literal["anywhere", "this machine"]


class NotAnswered(Exception):
    """AWS did not say what was asked; *code* is its error code without the frills, or empty."""

    def __init__(self, action: str, code: str, why: str, mend: str | None = None) -> None:
        super().__init__(f"{action}: {why}")
        self.action = action
        self.code = code
        self.mend = mend

    @property
    def is_absence(self) -> bool:
        """Whether what was asked for is not there, as far as AWS says."""
        return self.code in ABSENT

    def finding(self, check: str, *, needed: Collection[str] = WORKERS_OWN) -> Finding:
        """Say that *check* could not be made: what is not allowed is a problem only where it is *needed*."""
        if self.code == ELSEWHERE:
            return ok(check, f"not asked: {self}")
        found = f"could not be checked: {self}"
        if self.code == ACCESS_DENIED and self.action not in needed:
            return warning(check, f"{found} (doctor alone needs it)", self.mend)
        return problem(check, found, self.mend)


class Asker:
    """
    Asks, and remembers by how much our clock was ahead of that of AWS: *skews*, in seconds.

    One that reaches no further than this machine leaves the real AWS alone: a sandbox has no keys for it.
    """

    def __init__(self, clock: Clock, *, deadline_s: float, reach: Reach) -> None:
        self._clock = clock
        self._deadline_s = deadline_s
        self._reach = reach
        self.skews: list[float] = []

    async def ask(self, client: Any, operation: str, **request: Any) -> Mapping[str, Any]:
        """Call an operation by its name in the API. Raise NotAnswered."""
        action = f"{client.meta.service_model.signing_name}:{operation}"
        if self._reach == "this machine" and not is_local(client.meta.endpoint_url):
            raise NotAnswered(action, ELSEWHERE, "the queue is on this machine, this service is not")
        call = getattr(client, xform_name(operation))
        try:
            async with asyncio.timeout(self._deadline_s):
                answer: Mapping[str, Any] = await call(**request)
        except Exception as error:  # every kind is told apart there
            if isinstance(error, ClientError):
                self._note_date(error.response)
            raise _not_answered(error, operation, action=action) from None
        self._note_date(answer)
        return answer

    def _note_date(self, answer: Mapping[str, Any]) -> None:
        """Compare clocks. The header tells whole seconds, so that up to one of them is no difference."""
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            theirs = parsedate_to_datetime(date)
            ahead = self._clock.now() - theirs
        except (TypeError, ValueError):  # a stand-in without the header, or with an odd one
            return
        self.skews.append((ahead - min(max(ahead, timedelta(0)), timedelta(seconds=1))).total_seconds())


def is_local(endpoint_url: str) -> bool:
    """Tell whether an endpoint is on this machine."""
    return urlsplit(endpoint_url).hostname in ("localhost", "127.0.0.1", "::1")


def _not_answered(error: Exception, operation: str, *, action: str) -> NotAnswered:
    code = ""
    if isinstance(error, ClientError) and error.operation_name == operation:
        code = str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]
        code = code.removesuffix("Exception")
    verdict = verdict_of(error, operation)
    if code in DENIED or verdict.means is Cause.ACCESS_DENIED:
        mend = "backend-worker iam-policy --task-role" if action in WORKERS_OWN else None
        return NotAnswered(action, ACCESS_DENIED, "not allowed: the caller's policy lacks this action", mend)
    why, mend = WHY.get(verdict.means, (verdict.detail, None))
    return NotAnswered(action, code, why, mend)
