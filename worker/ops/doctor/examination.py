"""
The whole examination: every check, whatever became of the others, each bounded in time.

Subjects that need nothing of one another are looked at together; findings come in the order of the contract.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from worker.adapters.aws import ClientPlan
from worker.app import clients_of
from worker.ops.doctor.agreement import setting_findings
from worker.ops.doctor.asking import Asker, Reach, is_local
from worker.ops.doctor.caller import caller_findings, region_findings
from worker.ops.doctor.chime import ChimeClients, chime_findings
from worker.ops.doctor.finding import Finding, problem
from worker.ops.doctor.ledger import AskRoll, ledger_findings, retention_finding, roll_findings
from worker.ops.doctor.machine import clock_findings, version_findings
from worker.ops.doctor.outcomes import outcome_findings
from worker.ops.doctor.queues import Queues, look_at_queues
from worker.ports import Clock
from worker.settings import Settings
from worker.settings.outcomes_target import EventBus, Topic

SUBJECT_S = 45.0
"""Of one subject, whose calls have deadlines of their own."""

T = TypeVar("T")


async def examined(
    settings: Settings, clock: Clock, *, channel_arn: str | None = None, ask_roll: AskRoll | None = None
) -> list[Finding]:
    """
    Make every check, and return what was found.

    *ask_roll* asks a shared ledger for its workers. botocore raises what it thinks of its configuration.
    """
    async with _clients(settings) as clients:
        reach: Reach = "this machine" if is_local(clients.sqs.meta.endpoint_url) else "anywhere"
        asker = Asker(clock, deadline_s=settings.call_deadline_s, reach=reach)
        chime = chime_findings(asker, clients.chime, settings, channel_arn=channel_arn)
        async with asyncio.TaskGroup() as group:
            queues_task = group.create_task(_queues(look_at_queues(asker, clients.sqs, settings)))
            subjects = [
                group.create_task(_bounded("credentials", caller_findings(asker, clients.sts, settings))),
                group.create_task(_bounded("bearer", chime)),
                group.create_task(
                    _bounded("ledger", ledger_findings(asker, clients.dynamodb, settings, clock=clock))
                ),
                group.create_task(
                    _bounded("workers", roll_findings(ask_roll, clock) if ask_roll else _nothing())
                ),
            ]
        queues = queues_task.result()
        caller, bearers, ledger, workers = (subject.result() for subject in subjects)
        outcomes = await _bounded("outcomes", outcome_findings(asker, clients.outcomes, settings, queues))
    return [
        *caller,
        *region_findings(settings),
        *clock_findings(asker.skews),
        *queues.findings,
        *bearers,
        *ledger,
        *retention_finding(settings, queues),
        *workers,
        *outcomes,
        *setting_findings(settings, queues),
        *version_findings(),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clients:
    sqs: Any
    chime: ChimeClients
    sts: Any
    dynamodb: Any
    outcomes: Any


@asynccontextmanager
async def _clients(settings: Settings) -> AsyncIterator[_Clients]:
    """Open a client of every service that may be asked, as the worker would."""
    async with AsyncExitStack() as opened:
        told = await opened.enter_async_context(clients_of(settings))
        aws, enter = told.aws, opened.enter_async_context

        def plan(region: str, endpoint: str | None = None) -> ClientPlan:
            deadline_s = settings.call_deadline_s
            return ClientPlan(region=region, connections=4, call_deadline_s=deadline_s, endpoint=endpoint)

        identity = plan(settings.chime_region, settings.aws_endpoint_url_chime_sdk_identity)
        match settings.outcomes:
            case Topic(region=region):
                outcomes: Any = await enter(aws.occasional("sns", plan(region)))
            case EventBus(region=region):
                outcomes = await enter(aws.occasional("events", plan(region)))
            case _:
                outcomes = told.sqs
        yield _Clients(
            sqs=told.sqs,
            chime=ChimeClients(messaging=told.chime, identity=await enter(aws.identity(identity))),
            sts=await enter(aws.occasional("sts", plan(settings.region))),
            dynamodb=await enter(aws.dynamodb(plan(settings.region, settings.aws_endpoint_url_dynamodb))),
            outcomes=outcomes,
        )


async def _nothing() -> list[Finding]:
    return []


async def _queues(looking: Coroutine[Any, Any, Queues]) -> Queues:
    looked = await _safely("queue", looking)
    return Queues(None, None, (looked,)) if isinstance(looked, Finding) else looked


async def _bounded(check: str, looking: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    looked = await _safely(check, looking)
    return [looked] if isinstance(looked, Finding) else looked


async def _safely(check: str, looking: Coroutine[Any, Any, T]) -> T | Finding:
    """Let no subject take the others with it, however it fails."""
    try:
        async with asyncio.timeout(SUBJECT_S):
            return await looking
    except TimeoutError:
        return problem(check, f"not looked through within {SUBJECT_S:g} s: AWS answers slowly, or not at all")
    except Exception as error:
        return problem(check, f"the check itself failed ({type(error).__name__}): please report it")
