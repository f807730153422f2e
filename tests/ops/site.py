"""Where there is nothing yet that a worker needs, and what may be asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiobotocore.session import get_session

from tests.support.programs import Done, program
from worker.adapters.clock import SystemClock
from worker.local.chime.server import emulator
from worker.local.chime.state import Chime
from worker.local.sqs import embedded_sqs
from worker.ops.bootstrap.plan import bootstrapped
from worker.ops.bootstrap.thing import Line, Mode
from worker.settings.sources import Texts, load

REGION, ACCOUNT = "us-east-1", "123456789012"


@dataclass(slots=True)
class Site:
    """An account with an app instance, nothing else in it, and the environment of a worker to come."""

    chime: Chime
    sqs: Any
    dynamodb: Any
    app_instance_arn: str
    environment: dict[str, str]
    queue: str = field(default_factory=lambda: f"jobs-{uuid4().hex[:8]}")

    @property
    def bearer_arn(self) -> str:
        return f"{self.app_instance_arn}/user/backend_worker"

    @property
    def table(self) -> str:
        return f"ledger-{self.queue}"

    def set_queue(self, name: str) -> None:
        self.queue = name
        self.environment["WORKER_QUEUE_URL"] = f"{self.environment['AWS_ENDPOINT_URL_SQS']}/{ACCOUNT}/{name}"

    async def lines(self, mode: Mode) -> list[Line]:
        settings = load(Texts(self.environment))
        return [line async for line in bootstrapped(settings, SystemClock(), mode=mode)]

    async def states(self, mode: Mode = "make") -> dict[str, str]:
        """What becomes of each thing, by its name without its id."""
        return {line.what.rpartition(" ")[0]: line.state for line in await self.lines(mode)}

    async def program(self, *words: str) -> Done:
        return await program("bootstrap", *words, environment=self.environment)

    async def attributes(self, name: str) -> Mapping[str, str]:
        url = f"{self.environment['WORKER_QUEUE_URL'].rpartition('/')[0]}/{name}"
        answer = await self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: Mapping[str, str] = answer["Attributes"]
        return attributes


@asynccontextmanager
async def a_site() -> AsyncIterator[Site]:
    """An account on moto and the emulator, with nothing in it but the app instance."""
    session = get_session()
    async with (
        embedded_sqs() as sqs,
        emulator() as chime,
        session.create_client("sqs", REGION, endpoint_url=sqs.url) as queues,
        session.create_client("dynamodb", REGION, endpoint_url=sqs.url) as tables,
    ):
        app_instance_arn = f"arn:aws:chime:{REGION}:{ACCOUNT}:app-instance/{uuid4()}"
        chime.chime.add_app_instance(app_instance_arn)
        environment = {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_SQS": sqs.url,
            "AWS_ENDPOINT_URL_DYNAMODB": sqs.url,
            "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": chime.url,
            "WORKER_APP_INSTANCE_ARN": app_instance_arn,
        }
        site = Site(chime.chime, queues, tables, app_instance_arn, environment)
        site.set_queue(site.queue)
        environment["WORKER_LEDGER"] = f"dynamodb://{site.table}"
        yield site
