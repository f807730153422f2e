"""A world to be broken, examined, and mended by the very lines that doctor prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore import xform_name

from worker.adapters.clock import SystemClock
from worker.core.fleet import Roll
from worker.local.chime.faults import FaultRule
from worker.local.world import World
from worker.ops.bootstrap.plan import bootstrapped
from worker.ops.doctor.examination import examined
from worker.ops.doctor.finding import Finding
from worker.settings.sources import Texts, load

REGION = "us-east-1"
SESSION = get_session()
"""One for all, since each reads the services' models anew."""


@dataclass(slots=True)
class ShiftedClock:
    """The machine's clock, so many seconds ahead."""

    ahead_s: float = 0.0

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=self.ahead_s)


@dataclass(slots=True)
class Patient:
    """One world with the environment that its worker would have, and the channel that is asked about."""

    world: World
    environment: dict[str, str]
    channel: str | None = None
    clock: ShiftedClock = field(default_factory=ShiftedClock)
    roll: Roll | None = None
    table: str = field(default_factory=lambda: f"sheet-{uuid4().hex[:8]}")
    """moto keeps the tables of all worlds together."""

    async def findings(self) -> list[Finding]:
        """Examine."""

        async def ask_roll() -> Roll:
            assert self.roll is not None
            return self.roll

        return await examined(
            load(Texts(environment=self.environment)),
            self.clock,
            channel_arn=self.world.channel_arn(self.channel) if self.channel else None,
            ask_roll=ask_roll if self.roll else None,
        )

    async def troubles(self) -> dict[str, Finding]:
        """What is not as it should be, by check."""
        return {each.check: each for each in await self.findings() if each.level != "ok"}

    async def aws(self, service: str, operation: str, **request: Any) -> Mapping[str, Any]:
        """Call the service that plays AWS here."""
        url = self.world.chime.url if service.startswith("chime") else self.world.sqs.url
        config = AioConfig(proxies={}, connect_timeout=5, read_timeout=10)
        async with SESSION.create_client(
            service, region_name=REGION, endpoint_url=url, config=config
        ) as client:
            answer: Mapping[str, Any] = await getattr(client, xform_name(operation))(**request)
        return answer

    async def chime(self, operation: str, **request: Any) -> Mapping[str, Any]:
        """Call Chime messaging as the worker's bearer."""
        return await self.aws("chime-sdk-messaging", operation, ChimeBearer=self.world.bearer_arn, **request)

    async def set_queue(self, url: str, **attributes: str) -> None:
        """Change a queue's attributes."""
        await self.aws("sqs", "SetQueueAttributes", QueueUrl=url, Attributes=attributes)

    async def set_redrive(self, target_arn: str, count: int = 1000) -> None:
        """Give the source queue another redrive policy."""
        policy = {"deadLetterTargetArn": target_arn, "maxReceiveCount": count}
        await self.set_queue(self.world.queue_url, RedrivePolicy=json.dumps(policy))

    async def new_queue(self, name: str, **attributes: str) -> str:
        """Make a queue that keeps messages as long as one can; return its URL."""
        attributes = {"MessageRetentionPeriod": "1209600", **attributes}
        answer = await self.aws("sqs", "CreateQueue", QueueName=name, Attributes=attributes)
        return str(answer["QueueUrl"])

    def arn_of_queue(self, name: str) -> str:
        """The ARN of a queue of this world."""
        return f"arn:aws:sqs:{REGION}:123456789012:{name}"

    def refuse(self, rule: FaultRule) -> None:
        """Let the emulator refuse some calls."""
        self.world.chime.chime.faults.add(rule)

    def switch(self, **changes: Any) -> None:
        """Turn switches of the emulator."""
        chime = self.world.chime.chime
        chime.switches = replace(chime.switches, **changes)

    async def run(self, line: str) -> None:
        """Do what a shell would do with a line that doctor printed."""
        for command in line.split(" && "):
            match shlex.split(command):
                case ["export", assignment]:
                    name, _, value = assignment.partition("=")
                    self.environment[name] = value
                case ["mkdir", "-p", path]:
                    Path(path).mkdir(parents=True)  # noqa: ASYNC240
                case ["aws", service, operation, "--region", "us-east-1", *options]:
                    await self._run_aws(service, operation, options)
                case ["backend-worker", "bootstrap"]:
                    settings = load(Texts(environment=self.environment))
                    lines = [line async for line in bootstrapped(settings, self.clock, mode="make")]
                    assert "failed" not in {line.state for line in lines}
                case ["timedatectl", "set-ntp", "true"]:
                    self.clock.ahead_s = 0
                case words:
                    raise AssertionError(f"no shell here knows {words}")

    async def _run_aws(self, service: str, command: str, options: list[str]) -> None:
        """Read the options as the AWS CLI does, by the service's model."""
        async with SESSION.create_client(service, region_name=REGION) as client:
            described = client.meta.service_model
            [operation] = [each for each in described.operation_names if xform_name(each, "-") == command]
            members = described.operation_model(operation).input_shape.members
        names = {f"--{xform_name(name, '-')}": name for name in members}
        pairs = zip(options[::2], options[1::2], strict=True)
        request = {names[flag]: _value(members[names[flag]], text) for flag, text in pairs}
        await self.aws(service, operation, **request)


def _value(shape: Any, text: str) -> Any:
    if text[0] in "[{":
        return json.loads(text)
    if shape.type_name == "structure":
        pairs = (pair.partition("=")[::2] for pair in text.split(","))
        return {name: {"true": True, "false": False}.get(value, value) for name, value in pairs}
    return text
