"""
The embedded world: SQS, Chime and all that a worker needs of them, on 127.0.0.1, for as long as it is wanted.

It never starts a worker and reads nobody's credentials. Two worlds never share a name.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from worker.adapters.ledger.dynamodb_layout import TIME_TO_LIVE, create_table_request
from worker.local.chime.message_log import Message
from worker.local.chime.seeds import Seed, SeedChannel, plant
from worker.local.chime.server import Emulator, emulator
from worker.local.chime.state import Chime
from worker.local.sqs import REGION, EmbeddedSqs, StoredMessage, embedded_sqs

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.literals import QueueAttributeNameType
    from types_aiobotocore_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

QueueType = Literal["standard", "fifo"]
LedgerType = Literal["sqlite", "dynamodb"]

ACCOUNT = "123456789012"
BEARER_ID = "backend_worker"
CHANNELS = ("orders", "support", "alerts")
CHANNELS_NOT_JOINED = ("lounge",)
MAX_RECEIVE_COUNT = 1000
"""SQS's most. The worker says when a job has failed; what SQS moves by itself carries no reason."""
RETENTION_S = 14 * 24 * 3600
"""SQS's most too, as in `deploy/worker.yaml`."""
BATCH_LIMIT = 10
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many jobs SQS says a queue holds: to be received, in somebody's hand, and not to be seen yet."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A running world, and what may be asked of it without changing it."""

    sqs: EmbeddedSqs
    chime: Emulator
    queue_url: str
    dead_letter_queue_url: str
    outcomes_queue_url: str
    """Empty, and known to no worker that is not told of it by WORKER_OUTCOMES."""
    app_instance_arn: str
    directory: Path
    """Private, and gone when the world ends; a ledger that is a file lies in it."""
    ledger_table: str | None
    """Where workers share a ledger; None if it is one worker's file."""
    client: SQSClient

    @property
    def environment(self) -> Mapping[str, str]:
        """Every variable that a worker, or any AWS SDK, needs here; all else named AWS_* should be unset."""
        return {
            **CREDENTIALS,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,  # the AWS CLI and boto3 know no other name for it
            "AWS_ENDPOINT_URL_SQS": self.sqs.url,
            "AWS_ENDPOINT_URL_DYNAMODB": self.sqs.url,
            "AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING": self.chime.url,
            "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": self.chime.url,
            "WORKER_QUEUE_URL": self.queue_url,
            "WORKER_APP_INSTANCE_ARN": self.app_instance_arn,
            "WORKER_LEDGER": self.ledger_url,
            "WORKER_ADMIN_PORT": "0",
        }

    @property
    def ledger_path(self) -> Path:
        """Where the ledger of a worker lies that runs in this environment, if it is a file."""
        return self.directory / "ledger.db"

    @property
    def ledger_url(self) -> str:
        """Name the ledger as settings do."""
        return f"dynamodb://{self.ledger_table}" if self.ledger_table else f"sqlite:///{self.ledger_path}"

    @property
    def bearer_arn(self) -> str:
        """The app instance user that the worker sends as: an admin, and a member where it has joined."""
        return f"{self.app_instance_arn}/user/{BEARER_ID}"

    def channel_arn(self, channel_id: str) -> str:
        """Name a channel of this world's app instance."""
        return f"{self.app_instance_arn}/channel/{channel_id}"

    def messages(self, channel_id: str) -> list[Message]:
        """Every message of a channel in order, also those that no list shows."""
        return self.chime.chime.messages(self.channel_arn(channel_id))

    def jobs(self) -> list[StoredMessage]:
        """What lies in the queue, oldest first: also what is in a worker's hand, or not to be seen yet."""
        return self.sqs.messages(self.queue_url)

    def dead_letters(self) -> list[StoredMessage]:
        """What lies in the dead letter queue, oldest first."""
        return self.sqs.messages(self.dead_letter_queue_url)

    def outcomes(self) -> list[StoredMessage]:
        """What lies in the queue for outcomes, oldest first."""
        return self.sqs.messages(self.outcomes_queue_url)

    async def enqueue(self, bodies: Sequence[str], *, group_id: str = BEARER_ID) -> None:
        """Enqueue bodies in their order; on a FIFO queue as one message group, and none as a duplicate."""
        group = group_id if self.queue_url.endswith(".fifo") else None
        for batch in _batches(bodies):
            entries = [_entry(n, body, group_id=group) for n, body in enumerate(batch)]
            answer = await self.client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            if answer.get("Failed"):
                raise RuntimeError(f"SQS refused {len(answer['Failed'])} of {len(batch)} messages")

    async def backlog(self) -> Backlog:
        """Count the queue as anybody may who asks SQS; a job that moves meanwhile may count twice or not."""
        names: Sequence[QueueAttributeNameType] = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        answer = await self.client.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return Backlog(*(int(answer["Attributes"][name]) for name in names))


@asynccontextmanager
async def embedded_world(
    *,
    queue: QueueType = "standard",
    ledger: LedgerType = "sqlite",
    channels: Sequence[str] = CHANNELS,
    not_joined: Sequence[str] = CHANNELS_NOT_JOINED,
    chime: Chime | None = None,
) -> AsyncIterator[World]:
    """
    Run a world until the block ends.

    The bearer is a member of *channels* and not of those *not_joined*. Several workers need the *ledger*
    dynamodb. *chime*, empty, may bring switches and faults of its own. Raises LocalExtraMissing.
    """
    app_instance_arn = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/{uuid4()}"
    with TemporaryDirectory(prefix="backend-worker-") as directory:
        async with embedded_sqs() as sqs, emulator(chime) as chime_server, _client("sqs", sqs.url) as client:
            plant(chime_server.chime, _seed(app_instance_arn, channels, not_joined=not_joined))
            queue_url, dead_letter_queue_url = await _create_queues(client, queue)
            outcomes = await client.create_queue(QueueName=f"outcomes-{uuid4().hex[:8]}")
            ledger_table = await _create_table(sqs.url) if ledger == "dynamodb" else None
            yield World(
                sqs=sqs,
                chime=chime_server,
                queue_url=queue_url,
                dead_letter_queue_url=dead_letter_queue_url,
                outcomes_queue_url=outcomes["QueueUrl"],
                app_instance_arn=app_instance_arn,
                directory=Path(directory),
                ledger_table=ledger_table,
                client=client,
            )


def _seed(app_instance_arn: str, channels: Sequence[str], *, not_joined: Sequence[str]) -> Seed:
    bearer = f"{app_instance_arn}/user/{BEARER_ID}"
    joined = tuple(SeedChannel(f"{app_instance_arn}/channel/{each}", members=(bearer,)) for each in channels)
    others = tuple(SeedChannel(f"{app_instance_arn}/channel/{each}") for each in not_joined)
    return Seed(
        app_instances=(app_instance_arn,), users=(bearer,), admins=(bearer,), channels=joined + others
    )


def _client(service: Literal["sqs", "dynamodb"], url: str) -> AbstractAsyncContextManager[Any]:
    """Make a client that looks for no credentials and goes through no proxy."""
    return get_session().create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=AioConfig(proxies={}, connect_timeout=5, read_timeout=10),
    )


async def _create_queues(client: SQSClient, queue: QueueType) -> tuple[str, str]:
    """Create a queue and its dead letter queue; return both URLs."""
    suffix = ".fifo" if queue == "fifo" else ""
    name = f"jobs-{uuid4().hex[:8]}{suffix}"
    dead_name = f"{name.removesuffix(suffix)}-dead-letters{suffix}"
    target = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{dead_name}"
    policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": MAX_RECEIVE_COUNT})
    attributes: dict[QueueAttributeNameType, str] = {"MessageRetentionPeriod": str(RETENTION_S)}
    if queue == "fifo":
        attributes["FifoQueue"] = "true"
    dead = await client.create_queue(QueueName=dead_name, Attributes=attributes)
    source = await client.create_queue(QueueName=name, Attributes={**attributes, "RedrivePolicy": policy})
    return source["QueueUrl"], dead["QueueUrl"]


async def _create_table(url: str) -> str:
    """Create a ledger's table as `deploy/worker.yaml` does; return its name."""
    name = f"ledger-{uuid4().hex[:8]}"
    async with _client("dynamodb", url) as client:
        await client.create_table(**create_table_request(name))
        await client.update_time_to_live(TableName=name, TimeToLiveSpecification=TIME_TO_LIVE)
    return name


def _batches(bodies: Sequence[str]) -> Iterator[Sequence[str]]:
    return (bodies[start : start + BATCH_LIMIT] for start in range(0, len(bodies), BATCH_LIMIT))


def _entry(n: int, body: str, *, group_id: str | None) -> SendMessageBatchRequestEntryTypeDef:
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(n), "MessageBody": body}
    if group_id is not None:
        entry["MessageGroupId"] = group_id
        entry["MessageDeduplicationId"] = uuid4().hex
    return entry
