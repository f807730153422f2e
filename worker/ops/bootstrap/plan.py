"""All that a worker needs, in the order in which it can be made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from worker.adapters.aws import ClientPlan
from worker.app import clients_of, dynamodb_of
from worker.ops.bootstrap.bearers import bearer_things
from worker.ops.bootstrap.queues import queue_things
from worker.ops.bootstrap.table import ledger_things
from worker.ops.bootstrap.thing import Line, Mode, failed, gone_through
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ports import Clock
from worker.settings import Settings


async def bootstrapped(settings: Settings, clock: Clock, *, mode: Mode) -> AsyncIterator[Line]:
    """Look for all that *settings* name, or make what is missing. Lines come as things are gone through."""
    asker = Asker(clock, deadline_s=settings.call_deadline_s, reach="anywhere")
    identity_plan = ClientPlan(
        region=settings.chime_region,
        connections=1,
        call_deadline_s=settings.call_deadline_s,
        endpoint=settings.aws_endpoint_url_chime_sdk_identity,
    )
    async with AsyncExitStack() as opened:
        clients = await opened.enter_async_context(clients_of(settings))
        identity = await opened.enter_async_context(clients.aws.identity(identity_plan))
        dynamodb = await opened.enter_async_context(dynamodb_of(settings))
        try:
            queues = await queue_things(asker, clients.sqs, settings)
        except NotAnswered as fault:
            yield failed(f"queue {settings.queue_url.name}", fault)
            return
        things = [
            *bearer_things(asker, identity, settings),
            *queues,
            *ledger_things(asker, dynamodb, settings),
        ]
        async for line in gone_through(things, mode=mode):
            yield line
