"""
The AWS clients: one session, one client a service, for the life of the process. They follow no redirect.

Credentials, profiles and AWS_ENDPOINT_URL_* are botocore's business; regions and sizes are told.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import aiobotocore
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import get_session

if TYPE_CHECKING:
    import aiohttp
    from aiobotocore.session import AioSession, ClientCreatorContext
    from types_aiobotocore_chime_sdk_identity import ChimeSDKIdentityClient
    from types_aiobotocore_chime_sdk_messaging import ChimeSDKMessagingClient
    from types_aiobotocore_sqs import SQSClient

    from worker.adapters.ledger.dynamodb_table import DynamoDb

CONNECT_TIMEOUT_S = 3.0
LONGEST_WAIT_S = 20
"""SQS answers a long poll after at most this: reading may not give up before."""
ATTEMPTS = 3
"""Tries of one call of SQS or DynamoDB, the first included."""
DIRECT_HOSTS = (
    "localhost",
    "127.0.0.1",
    "::1",
    "[::1]",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::23]",
)
"""Loopback, and where EC2, ECS and EKS hand out credentials: no proxy may see these requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPlan:
    """
    How one client is made. *connections* bounds the calls in progress: more than that wait for one another.

    *endpoint* is None where the region, or AWS_ENDPOINT_URL_*, says it.
    """

    region: str
    connections: int
    call_deadline_s: float
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients of one process, and where it can get one more."""

    aws: Aws
    chime: ChimeSDKMessagingClient
    sqs: SQSClient


def user_agent_of(version: str) -> str:
    """
    Name us in the logs of AWS; botocore adds its own version.

    A constant: what botocore says of itself else is computed anew for every call.
    """
    return f"backend-worker/{version} aiobotocore/{aiobotocore.__version__}"


@dataclass(frozen=True, slots=True)
class Aws:
    """What the clients of a process share: where its credentials come from, and what it calls itself."""

    session: AioSession
    version: str

    def chime(self, plan: ClientPlan) -> AbstractAsyncContextManager[ChimeSDKMessagingClient]:
        """Open a client of Chime messaging. It tries once: trying again is the worker's business."""
        return self._client("chime-sdk-messaging", plan, attempts=1, longest_read_s=plan.call_deadline_s)

    def identity(self, plan: ClientPlan) -> AbstractAsyncContextManager[ChimeSDKIdentityClient]:
        """Open a client of Chime identity, which knows users, bots and admins: for people's commands."""
        return self._client(
            "chime-sdk-identity", plan, attempts=ATTEMPTS, longest_read_s=plan.call_deadline_s
        )

    def sqs(self, plan: ClientPlan) -> AbstractAsyncContextManager[SQSClient]:
        """Open a client of SQS, which may be asked for long polls."""
        longest_read_s = LONGEST_WAIT_S + plan.call_deadline_s
        return self._client("sqs", plan, attempts=ATTEMPTS, longest_read_s=longest_read_s)

    def dynamodb(self, plan: ClientPlan) -> AbstractAsyncContextManager[DynamoDb]:
        """Open a client of DynamoDB, which answers in milliseconds: silence leaves time to ask it again."""
        longest_read_s = plan.call_deadline_s / ATTEMPTS
        return self._client("dynamodb", plan, attempts=ATTEMPTS, longest_read_s=longest_read_s)

    def occasional(
        self, service: Literal["sts", "sns", "events"], plan: ClientPlan
    ) -> AbstractAsyncContextManager[Any]:
        """Open a client of SNS or EventBridge for outcomes, or of what only people's commands ask."""
        return self._client(service, plan, attempts=ATTEMPTS, longest_read_s=plan.call_deadline_s)

    def _client(
        self, service: str, plan: ClientPlan, *, attempts: int, longest_read_s: float
    ) -> ClientCreatorContext[Any]:
        config = _config(plan, self.version, attempts=attempts, longest_read_s=longest_read_s)
        return self.session.create_client(
            service, region_name=plan.region, endpoint_url=plan.endpoint, config=config
        )


def aws_session(version: str) -> Aws:
    """Begin to use AWS: once a process, since every session fetches credentials of its own."""
    keep_direct(os.environ)
    return Aws(get_session(), version)


@asynccontextmanager
async def aws_clients(*, chime: ClientPlan, sqs: ClientPlan, version: str) -> AsyncIterator[Clients]:
    """Open the clients of Chime messaging and SQS, and close them and their connections at the end."""
    aws = aws_session(version)
    async with aws.chime(chime) as chime_client, aws.sqs(sqs) as sqs_client:
        yield Clients(aws, chime_client, sqs_client)


def keep_direct(environ: MutableMapping[str, str]) -> None:
    """
    Except DIRECT_HOSTS from the proxies that *environ* names, if it names any.

    botocore knows no other switch than the environment, and its credential providers make clients
    of their own, so it is said there.
    """
    if not any(name.lower().endswith("_proxy") and name.lower() != "no_proxy" for name in environ):
        return
    excepted = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if excepted.strip() == "*":
        return
    hosts = [host.strip() for host in excepted.split(",") if host.strip()]
    hosts += [host for host in DIRECT_HOSTS if host not in hosts]
    environ["no_proxy"] = environ["NO_PROXY"] = ",".join(hosts)


class DirectSession(AIOHTTPSession):
    """
    Answers 3xx as an error.

    aiobotocore would follow it to any host, with the session token, the bearer and the body, and take that
    host's MessageId for a delivery. Nor is any request made twice: aiohttp would repeat a GET, PUT or DELETE
    whose kept-alive connection breaks. There is no switch for either, and what is used here is private: tests
    against a redirecting server, and one that drops connections, guard it.
    """

    async def _get_session(self, proxy_url: str | None) -> _FollowsNothing:
        session = await super()._get_session(proxy_url)  # type: ignore[misc]
        session._retry_connection = False  # noqa: SLF001
        return _FollowsNothing(session)


class _FollowsNothing:
    """What aiobotocore uses of aiohttp's session, without redirects."""

    __slots__ = ("_session",)

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, **how: Any) -> aiohttp.ClientResponse:
        return await self._session.request(method, **how, allow_redirects=False)


def _config(plan: ClientPlan, version: str, *, attempts: int, longest_read_s: float) -> AioConfig:
    """*attempts* is always told: botocore's own default depends on the environment."""
    return AioConfig(
        user_agent=user_agent_of(version),
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=plan.connections,
        connect_timeout=min(CONNECT_TIMEOUT_S, plan.call_deadline_s),
        read_timeout=longest_read_s,
        http_session_cls=DirectSession,
    )
