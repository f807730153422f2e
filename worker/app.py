"""Assembles a worker out of its settings: the only place that knows every class. It decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass, field
from functools import partial
from random import SystemRandom
from typing import Literal, assert_never

import structlog
from botocore.exceptions import CredentialRetrievalError

from worker import __version__
from worker.adapters.aws import ClientPlan, Clients, aws_clients, aws_session
from worker.adapters.chime import ChimeChannels
from worker.adapters.clock import SystemClock
from worker.adapters.ledger.dynamodb import open_dynamodb
from worker.adapters.ledger.dynamodb_table import DynamoDb
from worker.adapters.ledger.memory import MemoryLedger
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.outcomes import open_outcomes
from worker.adapters.sqs import Backlog, SqsInbox, open_inbox
from worker.admin.server import admin_server
from worker.core.backoff import delay_after
from worker.loop.gear import Gear
from worker.loop.intake import REACHABLE, UNREACHABLE, Needed
from worker.loop.receive import MOST_RECEIVERS
from worker.loop.reconcile import Reconciler
from worker.loop.serve import Service
from worker.loop.tally import Tally
from worker.plans import identity_of, inbox_plan, limits_of, policy_of
from worker.ports import Clock, Ledger, LedgerUnavailable, Outcomes, QueueUnavailable
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile
from worker.settings.queue_url import QueueUrl
from worker.signals import signals

log = structlog.get_logger()

SETTLING_CALLS = 8
"""SQS calls beside the receives that may be under way at once: deletes, visibility changes, dead letters."""
START_PATIENCE_S = 30.0
"""A worker that starts before its network, its credentials or its queue's policy waits so long for them."""


@dataclass(frozen=True, slots=True)
class Served:
    """
    What came of a run of the worker.

    *clean* is False if a second signal, or the drain limit, cut the drain short. *backlog* is what the
    queue held when a burst was over; None if it never came to that, or was not to.
    """

    clean: bool
    tally: Tally = field(default_factory=Tally)
    backlog: Backlog | None = None


async def serve(
    settings: Settings, *, until: Literal["stopped", "drained"], patience_s: float = START_PATIENCE_S
) -> Served:
    """
    Run the worker until a signal stops it, or its queue is drained.

    Before it begins, it waits up to *patience_s* for credentials and queues. Raise LedgerRefused,
    QueueNotFound, QueueUnavailable or what botocore says of the AWS configuration if it cannot start, an
    ExceptionGroup if a part of it dies.
    """
    async with AsyncExitStack() as parts:
        start = asyncio.timeout(None)
        on_signal = parts.enter_context(signals(partial(_expire, start)))
        try:
            async with start:
                worker = await parts.enter_async_context(assembled(settings, patience_s=patience_s))
        except TimeoutError:
            if not start.expired():
                raise
            log.info("worker.stopped", clean=True)
            return Served(clean=True)
        on_signal.act = worker.service.stop
        await parts.enter_async_context(
            admin_server(
                settings.admin_host,
                settings.admin_port,
                worker.service.came_round_at,
                waits_for=worker.service.waits_for,
            )
        )
        log.info("worker.started", version=__version__, queue_url=settings.queue_url.url)
        clean = await worker.service.run(until=until)
        backlog = await worker.inbox.backlog() if until == "drained" else None
    log.info("worker.stopped", clean=clean)
    return Served(clean, worker.tally, backlog)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A worker that can begin, and what can be asked of it afterwards."""

    service: Service
    inbox: SqsInbox
    tally: Tally


@asynccontextmanager
async def assembled(settings: Settings, *, patience_s: float) -> AsyncIterator[Assembled]:
    """Open everything a worker needs, and close it in the end."""
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        clients, ledger, inbox = await _reached(settings, clock, opened=opened, patience_s=patience_s)
        if not inbox.has_dead_letter_queue:
            log.warning("dead_letter_queue.missing", effect="rejected jobs stay in the queue")
        outcomes = await _outcomes(settings, clients, opened=opened)
        gear = _gear(settings, clients, ledger, outcomes, clock=clock, inbox=inbox)
        service = Service(gear, inbox, home=settings.app_instance)
        yield Assembled(service, inbox, gear.tally)


@asynccontextmanager
async def reconciler(settings: Settings) -> AsyncIterator[Reconciler]:
    """Open what reconciling by hand needs: everything but the queue. Raise as `serve` does."""
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        clients = await opened.enter_async_context(clients_of(settings))
        ledger = await _ledger(settings, clock, clients, opened=opened)
        outcomes = await _outcomes(settings, clients, opened=opened)
        yield Reconciler(_gear(settings, clients, ledger, outcomes, clock=clock, inbox=None))


def _gear(
    settings: Settings,
    clients: Clients,
    ledger: Ledger,
    outcomes: Outcomes | None,
    *,
    clock: Clock,
    inbox: SqsInbox | None,
) -> Gear:
    return Gear(
        channels=ChimeChannels(clients.chime, deadline_s=settings.call_deadline_s),
        ledger=ledger,
        clock=clock,
        rng=SystemRandom(),
        policy=policy_of(settings),
        limits=limits_of(settings),
        identity=identity_of(settings),
        is_fifo=inbox is not None and inbox.is_fifo,
        retention_s=inbox.retention_s if inbox else None,
        outcomes=outcomes,
    )


async def _outcomes(settings: Settings, clients: Clients, *, opened: AsyncExitStack) -> Outcomes | None:
    """Open the target of outcomes, if there is one; it is met when the first is published."""
    target = settings.outcomes
    if target is None:
        return None
    plan = ClientPlan(
        region=target.region,
        connections=1,
        call_deadline_s=settings.call_deadline_s,
        endpoint=settings.aws_endpoint_url_sqs or target.endpoint if isinstance(target, QueueUrl) else None,
    )
    name = target.url if isinstance(target, QueueUrl) else target.arn
    return await opened.enter_async_context(open_outcomes(clients.aws, name, plan))


def clients_of(settings: Settings) -> AbstractAsyncContextManager[Clients]:
    """Make the AWS clients that *settings* call for. botocore raises what it thinks of its configuration."""
    chime = ClientPlan(
        region=settings.chime_region,
        connections=settings.concurrency,
        call_deadline_s=settings.call_deadline_s,
        endpoint=settings.aws_endpoint_url_chime_sdk_messaging,
    )
    sqs = ClientPlan(
        region=settings.queue_region,
        connections=MOST_RECEIVERS + SETTLING_CALLS,
        call_deadline_s=settings.call_deadline_s,
        endpoint=settings.queue_endpoint,
    )
    return aws_clients(chime=chime, sqs=sqs, version=__version__)


async def _reached(
    settings: Settings, clock: Clock, *, opened: AsyncExitStack, patience_s: float
) -> tuple[Clients, Ledger, SqsInbox]:
    """Open clients, ledger and queues into *opened*; while what they need is out, try again for a while."""
    loop, rng = asyncio.get_running_loop(), SystemRandom()
    began_at = loop.time()
    tries = 0
    missed: Needed | None = None
    while True:
        tries += 1
        try:
            async with AsyncExitStack() as attempt:
                clients = await attempt.enter_async_context(clients_of(settings))
                ledger = await _ledger(settings, clock, clients, opened=attempt)
                inbox = await open_inbox(clients.sqs, clock, inbox_plan(settings))
                opened.push_async_exit(attempt.pop_all())
        except (QueueUnavailable, LedgerUnavailable, CredentialRetrievalError) as fault:
            what: Needed = "ledger" if isinstance(fault, LedgerUnavailable) else "queue"
            cause = type(fault).__name__ if isinstance(fault, CredentialRetrievalError) else str(fault)
            if what != missed:
                log.error(UNREACHABLE[what], cause=cause)
            missed = what
            delay_s = delay_after(tries, base_s=1.0, cap_s=5.0, rng=rng)
            if loop.time() + delay_s - began_at > patience_s:
                raise
            await asyncio.sleep(delay_s)
        else:
            if missed is not None:
                log.info(REACHABLE[missed], after_s=round(loop.time() - began_at, 3))
            return clients, ledger, inbox


async def _ledger(settings: Settings, clock: Clock, clients: Clients, *, opened: AsyncExitStack) -> Ledger:
    retention_s = settings.ledger_retention_s
    match settings.ledger:
        case InMemory():
            return MemoryLedger(clock, retention_s=retention_s)
        case SqliteFile(path):
            return await opened.enter_async_context(open_sqlite(path, clock, retention_s=retention_s))
        case DynamoDbTable(table):
            deadline_s = settings.call_deadline_s
            client = await opened.enter_async_context(clients.aws.dynamodb(_dynamodb_plan(settings)))
            return await open_dynamodb(
                client, table, clock, retention_s=retention_s, call_deadline_s=deadline_s
            )
        case _:
            assert_never(settings.ledger)


def dynamodb_of(settings: Settings) -> AbstractAsyncContextManager[DynamoDb]:
    """Make a client of the ledger's table alone."""
    return aws_session(__version__).dynamodb(_dynamodb_plan(settings))


def _dynamodb_plan(settings: Settings) -> ClientPlan:
    return ClientPlan(
        region=settings.region,
        connections=settings.concurrency,
        call_deadline_s=settings.call_deadline_s,
        endpoint=settings.aws_endpoint_url_dynamodb,
    )


def _expire(start: asyncio.Timeout) -> None:
    if not start.expired():
        start.reschedule(asyncio.get_running_loop().time())
