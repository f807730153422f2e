"""The ledger, without touching it: whether it can be had, how long it remembers, and who shares it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, assert_never

from worker.adapters.ledger.dynamodb_items import TTL_ATTRIBUTE
from worker.adapters.ledger.dynamodb_layout import has_ledger_key, index_of, is_ledger_index, key_of, told
from worker.adapters.ledger.dynamodb_table import INDEX, KEY, LINE
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.ledger.sqlite_reader import SqliteReader
from worker.core.fleet import LAPSE_S, Roll
from worker.ops.doctor.asking import Asker, NotAnswered
from worker.ops.doctor.finding import Finding, aws, export, ok, problem, span, warning
from worker.ops.doctor.queues import Queues
from worker.ports import Clock, LedgerUnavailable
from worker.settings import Settings
from worker.settings.ledger_url import DynamoDbTable, InMemory, SqliteFile

AskRoll = Callable[[], Awaitable[Roll]]


def retention_finding(settings: Settings, queues: Queues) -> list[Finding]:
    """Compare how long the ledger remembers with how long a job can come back."""
    if queues.source is None:
        return []
    needed_s = queues.source.retention_s + (queues.dead_letters.retention_s if queues.dead_letters else 0)
    kept = f"finished jobs are remembered for {span(settings.ledger_retention_s)}"
    if settings.ledger_retention_s >= needed_s:
        return [ok("ledger retention", kept)]
    found = f"{kept}, the queues keep a job for {span(needed_s)}: a late redrive could send it twice"
    return [problem("ledger retention", found, export("WORKER_LEDGER_RETENTION_S", needed_s))]


async def ledger_findings(asker: Asker, dynamodb: Any, settings: Settings, *, clock: Clock) -> list[Finding]:
    """Look at whatever WORKER_LEDGER names; *dynamodb* is asked only for a table."""
    match settings.ledger:
        case InMemory():
            found = "memory: ends with the worker's process: jobs that come again after it may be sent again"
            return [warning("ledger", found, export("WORKER_LEDGER", "sqlite:///worker-ledger.db"))]
        case SqliteFile(path):
            return [_file(path, clock)]
        case DynamoDbTable(table):
            return await _table(asker, dynamodb, table, region=settings.region)
        case _:
            assert_never(settings.ledger)


def _file(path: Path, clock: Clock) -> Finding:
    """Read the file, if there is one. No lock is taken: a worker that starts meanwhile would be refused."""
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        return problem(
            "ledger",
            f"{path} has no directory: the worker does not start",
            shlex.join(("mkdir", "-p", str(place.parent))),
        )
    if not os.access(place if place.exists() else place.parent, os.W_OK):
        return problem(
            "ledger",
            f"{path} cannot be written by this user",
            shlex.join(("ls", "-ld", str(place.parent), str(place))),
        )
    if not place.exists():
        return ok("ledger", f"{path} will be made by the worker's first start")
    try:
        SqliteReader(place, clock).figures()
    except LedgerRefused as refused:
        return problem(
            "ledger", str(refused), export("WORKER_LEDGER", f"sqlite:///{path.with_suffix('.new.db')}")
        )
    in_use = Path(f"{place}-wal").exists()  # SQLite removes it when the last program closes the file
    return ok(
        "ledger", f"{path} is sound" + (", and a worker has it open: one is all it takes" if in_use else "")
    )


async def _table(asker: Asker, dynamodb: Any, table: str, *, region: str) -> list[Finding]:
    try:
        description = (await asker.ask(dynamodb, "DescribeTable", TableName=table))["Table"]
        answer = await asker.ask(dynamodb, "DescribeTimeToLive", TableName=table)
    except NotAnswered as fault:
        if not fault.is_absence:
            return [fault.finding("ledger")]
        found = f"there is no table {table} in {region}: check WORKER_LEDGER and AWS_REGION, or make it"
        return [problem("ledger", found, "backend-worker bootstrap")]
    return [
        _key(table, description),
        _index(table, description, region=region),
        _time_to_live(table, answer["TimeToLiveDescription"], region=region),
    ]


def _key(table: str, description: Mapping[str, Any]) -> Finding:
    status = str(description.get("TableStatus"))
    if not has_ledger_key(description):
        key = told(key_of(description, description))
        found = f"{table} has the key {key}, a ledger {KEY} (S) alone, and no table's key can be changed"
        another = export("WORKER_LEDGER", f"dynamodb://{table}-2")
        return problem("ledger", found, f"{another} && backend-worker bootstrap")
    if status not in ("ACTIVE", "UPDATING"):
        return problem("ledger", f"{table} is {status}: the worker waits for it, and gives up after 30 s")
    return ok("ledger", f"{table} is {status}, its key is {KEY}")


def _index(table: str, description: Mapping[str, Any], *, region: str) -> Finding:
    index = index_of(description)
    if index is None:
        found = f"{table} has no index {INDEX}: nothing that is accepted or unconfirmed would be found again"
        return problem("ledger index", found, "backend-worker bootstrap")
    if not is_ledger_index(index, description):
        key = told(key_of(index, description))
        found = f"the index {INDEX} of {table} has the key {key}, or lacks {LINE}: it is no ledger's"
        deletion = [{"Delete": {"IndexName": INDEX}}]
        mend = aws(
            "dynamodb update-table",
            region=region,
            table_name=table,
            global_secondary_index_updates=deletion,
        )
        return problem("ledger index", found, mend)
    return ok("ledger index", f"{INDEX} is {index.get('IndexStatus')}")


def _time_to_live(table: str, description: Mapping[str, Any], *, region: str) -> Finding:
    attribute, status = description.get("AttributeName"), description.get("TimeToLiveStatus")
    is_on = status in ("ENABLED", "ENABLING")
    if is_on and attribute == TTL_ATTRIBUTE:
        return ok("ledger time to live", f"by {TTL_ATTRIBUTE}")

    def turned(specification: str) -> str:
        return aws(
            "dynamodb update-time-to-live",
            region=region,
            table_name=table,
            time_to_live_specification=specification,
        )

    mend = turned(f"Enabled=true,AttributeName={TTL_ATTRIBUTE}")
    if is_on:  # DynamoDB takes the second change only an hour after the first
        mend = turned(f"Enabled=false,AttributeName={attribute}")
    found = f"{table} would never forget a job: its time to live is " + (
        f"by {attribute}" if is_on else "off"
    )
    return problem("ledger time to live", f"{found}, and must be by {TTL_ATTRIBUTE}", mend)


async def roll_findings(ask_roll: AskRoll, clock: Clock) -> list[Finding]:
    """Say which workers share the ledger, and what operators have paused."""
    try:
        roll = await ask_roll()
    except (LedgerUnavailable, LedgerRefused):
        return []  # said with the ledger, or there is none yet
    since = clock.now() - timedelta(seconds=LAPSE_S)
    living = [f"{each.id} on {each.host}" for each in roll.members if each.seen_at >= since]
    told = ", ".join(living) if living else "none is running"
    findings = [ok("workers", f"{told}; {len(living)} share the bearer's rate" if len(living) > 1 else told)]
    for pause in roll.pauses:
        what, flag = (
            ("everything", "")
            if pause.channel_arn is None
            else (pause.channel_arn, f" --channel {pause.channel_arn}")
        )
        found = f"{what} is paused since {pause.since:%Y-%m-%d %H:%M} UTC: its jobs wait"
        findings.append(warning("paused", found, f"backend-worker resume{flag}"))
    return findings
