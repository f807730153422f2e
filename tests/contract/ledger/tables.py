"""DynamoDB as moto plays it, over HTTP, with tables for ledgers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from threading import Thread
from typing import Any
from uuid import uuid4

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from tests.contract.ledger.samples import RETENTION_S
from worker.adapters.aws import Aws, ClientPlan, aws_session
from worker.adapters.ledger.dynamodb import DynamoDbLedger, open_dynamodb
from worker.adapters.ledger.dynamodb_layout import create_table_request
from worker.adapters.ledger.dynamodb_opening import since_when
from worker.adapters.ledger.dynamodb_table import DynamoDb, Table
from worker.ports import Clock

DEADLINE_S = 9.0
OTHER_SERVER = os.environ.get("DYNAMODB_UNDER_TEST")
"""The endpoint of another imitation of DynamoDB than moto: `make dynalite-check` runs one."""


class Quiet(MotoRequestHandler):
    """moto's handler without a line for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...


@contextmanager
def served_dynamodb() -> Iterator[str]:
    """
    Serve moto, one request after another.

    On several threads it lets two conditional writes of one item both win now and then: it checks the
    condition and stores the item without a lock (moto 5.2, `Table.put_item`).
    """
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=False, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@cache
def aws() -> Aws:
    """One session for all tests: each would read DynamoDB's service model anew."""
    return aws_session("1.2.3")


@asynccontextmanager
async def opened_client(endpoint: str, *, deadline_s: float = DEADLINE_S) -> AsyncIterator[DynamoDb]:
    """Our own client on an endpoint."""
    plan = ClientPlan(region="us-east-1", connections=8, call_deadline_s=deadline_s, endpoint=endpoint)
    async with aws().dynamodb(plan) as client:
        yield client


@asynccontextmanager
async def operator(endpoint: str) -> AsyncIterator[Any]:
    """A client that has nothing of ours in it, to lay out tables and to look into them."""
    async with aws().session.create_client("dynamodb", "us-east-1", endpoint_url=endpoint) as client:
        yield client


async def create_table(client: Any, *, ttl: str | None = "expires_at", **otherwise: Any) -> str:
    """Lay out a table as a ledger's, or in another way: CreateTable's request, changed."""
    name = f"ledger-{uuid4().hex}"
    request = {**create_table_request(name), **otherwise}
    await client.create_table(**{key: value for key, value in request.items() if value is not None})
    if ttl and OTHER_SERVER is None:
        await client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl}
        )
    return name


async def open_ledger(client: DynamoDb, table: str, clock: Clock) -> DynamoDbLedger:
    if OTHER_SERVER is not None:  # it knows no time to live, without which a worker opens no table
        opened = Table(client, table, DEADLINE_S)
        created_at = await since_when(opened, clock.now())
        return DynamoDbLedger(opened, clock, created_at=created_at, retention_s=RETENTION_S)
    return await open_dynamodb(client, table, clock, retention_s=RETENTION_S, call_deadline_s=DEADLINE_S)


async def item_of(client: Any, table: str, key: str) -> dict[str, dict[str, str]]:
    """Look at an item, expired or not."""
    answer = await client.get_item(TableName=table, Key={"id": {"S": key}})
    item: dict[str, dict[str, str]] = answer["Item"]
    return item
