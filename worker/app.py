"""Assembles a worker out of its settings: the only place that knows every class. It decides nothing."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from random import SystemRandom
from typing import Literal, assert_never

import structlog

from worker import __version__
from worker.adapters.aws import ClientPlan, aws_clients
from worker.adapters.chime import ChimeChannels
from worker.adapters.clock import SystemClock
from worker.adapters.ledger.memory import MemoryLedger
from worker.adapters.ledger.sqlite import open_sqlite
from worker.adapters.sqs import InboxPlan, open_inbox
from worker.contract.bearers import bearer_allowed
from worker.core.decide import Policy
from worker.loop.gear import Gear, Identity
from worker.loop.limits import Limits
from worker.loop.receive import MOST_RECEIVERS
from worker.loop.serve import Service
from worker.ports import Clock, Ledger
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile

log = structlog.get_logger()

SETTLING_CALLS = 8
"""SQS calls beside the receives that may be under way at once: deletes, visibility changes, dead letters."""


async def serve(settings: Settings, *, until: Literal["stopped", "drained"]) -> bool:
    """
    Run the worker until a signal stops it, or its queue is drained.

    Return False if a second signal, or the drain limit, cut its drain short. Raise LedgerRefused,
    QueueNotFound or QueueUnavailable if it cannot start, an ExceptionGroup if a part of it dies.
    """
    async with assembled(settings) as service:
        with _on_signals(service.stop):
            log.info("worker.started", version=__version__, queue_url=settings.queue_url.url)
            clean = await service.run(until=until)
    log.info("worker.stopped", clean=clean)
    return clean


@asynccontextmanager
async def assembled(settings: Settings) -> AsyncIterator[Service]:
    """Open everything a worker needs, and close it in the end."""
    clock = SystemClock()
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
    async with (
        _ledger(settings, clock) as ledger,
        aws_clients(chime=chime, sqs=sqs, version=__version__) as clients,
    ):
        inbox = await open_inbox(clients.sqs, clock, _inbox_plan(settings))
        if not inbox.has_dead_letter_queue:
            log.warning("dead_letter_queue.missing", effect="rejected jobs stay in the queue")
        gear = Gear(
            channels=ChimeChannels(clients.chime, deadline_s=settings.call_deadline_s),
            ledger=ledger,
            clock=clock,
            rng=SystemRandom(),
            policy=_policy(settings),
            limits=_limits(settings),
            identity=_identity(settings),
            is_fifo=inbox.is_fifo,
            retention_s=inbox.retention_s,
        )
        yield Service(gear, inbox, home=settings.app_instance)


def _ledger(settings: Settings, clock: Clock) -> AbstractAsyncContextManager[Ledger]:
    retention_s = settings.ledger_retention_s
    match settings.ledger:
        case InMemory():
            return nullcontext(MemoryLedger(clock, retention_s=retention_s))
        case SqliteFile(path):
            return open_sqlite(path, clock, retention_s=retention_s)
        case DynamoDbTable():
            raise ValueError("`unsupported` names this ledger before anything is assembled")
        case _:
            assert_never(settings.ledger)


def _inbox_plan(settings: Settings) -> InboxPlan:
    letters = settings.dead_letter_queue_url
    return InboxPlan(
        queue_url=settings.queue_url.url,
        dead_letter_queue_url=letters.url if letters else None,
        visibility_timeout_s=settings.visibility_timeout_s,
        call_deadline_s=settings.call_deadline_s,
        worker_version=__version__,
    )


def _policy(settings: Settings) -> Policy:
    return Policy(
        max_attempts=settings.max_attempts,
        retry_base_s=settings.retry_base_s,
        retry_cap_s=settings.retry_cap_s,
        grace_s=settings.reconcile_grace_s,
        may_join=settings.join_channels,
        default_bearer_arn=settings.bearer_arns[0],
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        concurrency=settings.concurrency,
        visibility_timeout_s=settings.visibility_timeout_s,
        drain_s=settings.shutdown_timeout_s,
        bearer_rate_per_s=settings.bearer_rate,
        channel_rate_per_s=settings.channel_rate,
    )


def _identity(settings: Settings) -> Identity:
    home = settings.app_instance

    def may_speak_for(bearer_arn: str) -> bool:
        return bearer_arn in settings.bearer_arns or bearer_allowed(
            bearer_arn, settings.allowed_bearers, home
        )

    return Identity(
        app_instance_arn=home.arn,
        bearer_arn=settings.bearer_arns[0],
        marker_style=settings.marker,
        may_speak_for=may_speak_for,
    )


@contextmanager
def _on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call *stop* on SIGTERM and SIGINT for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
