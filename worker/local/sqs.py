"""
SQS and DynamoDB as moto plays them, in this process, on 127.0.0.1. Nothing leaves the machine.

moto comes with the extra `local` and is imported only when a server is started.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import Item
    from moto.dynamodb.models.table import Table
    from werkzeug.serving import BaseWSGIServer

HOST = "127.0.0.1"
REGION = "us-east-1"


class LocalExtraMissing(Exception):
    """What plays SQS is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "moto, which plays SQS here, is not installed: pip install 'chime-backend-worker[local]'"
        )


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """An SQS message as it lies in its queue, in whosever hand. Texts are kept out of its repr."""

    body: str = field(repr=False)
    attributes: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmbeddedSqs:
    """The running server's endpoint, and a way to look at its queues that changes nothing in them."""

    url: str

    def messages(self, queue_url: str) -> list[StoredMessage]:
        """
        Copy what lies in a queue, oldest first, hidden messages too.

        A receive would count, and with a visibility timeout of 0 it would bring the same ten again and again.
        """
        from moto.sqs.models import sqs_backends  # noqa: PLC0415 (the extra `local`)

        _, account, name = urlsplit(queue_url).path.split("/")
        stored = list(sqs_backends[account][REGION].queues[name]._messages)  # noqa: SLF001 (moto has no other way)
        return [
            StoredMessage(
                each.body, {key: str(one.get("StringValue")) for key, one in each.message_attributes.items()}
            )
            for each in stored
        ]


@asynccontextmanager
async def embedded_sqs() -> AsyncIterator[EmbeddedSqs]:
    """Serve SQS on a free port until the block ends. Raises LocalExtraMissing."""
    server = await asyncio.to_thread(_bound_server)  # importing moto takes two seconds
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name="moto")
    thread.start()
    try:
        yield EmbeddedSqs(f"http://{HOST}:{server.server_port}")
    finally:
        await asyncio.to_thread(_stop, server, thread)


def _bound_server() -> BaseWSGIServer:
    try:
        from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 (the extra `local`)
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server  # noqa: PLC0415 (comes with moto)
    except ModuleNotFoundError as error:
        raise LocalExtraMissing from error

    class Quiet(MotoRequestHandler):
        """moto's handler without a line for every request."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None: ...

    _delete_under_the_lock()
    _put_under_a_lock()
    application = DomainDispatcherApplication(create_backend_app)
    return make_server(HOST, 0, application, threaded=True, request_handler=Quiet)


def _delete_under_the_lock() -> None:
    """
    Let moto's deletes hold the lock that its sends hold.

    Without it a delete rebuilds the list of messages while a send appends to the old one, and the message is
    gone: a job that no worker ever saw would count as lost (moto 5.2, `Queue.delete_message`).
    """
    from moto.sqs.models import Queue  # noqa: PLC0415 (the extra `local`)

    unlocked = Queue.delete_message
    if getattr(unlocked, "holds_the_lock", False):
        return

    def delete_message(queue: Queue, receipt_handle: str) -> None:
        with queue._messages_lock:  # noqa: SLF001 (see above)
            unlocked(queue, receipt_handle)

    delete_message.holds_the_lock = True  # type: ignore[attr-defined]
    Queue.delete_message = delete_message  # type: ignore[method-assign, assignment]


def _put_under_a_lock() -> None:
    """
    Let moto check and store an item of DynamoDB in one go.

    Without a lock two conditional writes of one item both win now and then, and two workers hold one job
    (moto 5.2, `Table.put_item`).
    """
    from moto.dynamodb.models.table import Table  # noqa: PLC0415 (the extra `local`)

    unlocked = Table.put_item
    if getattr(unlocked, "holds_a_lock", False):
        return
    lock = Lock()

    def put_item(table: Table, *args: Any, **named: Any) -> Item:
        with lock:
            return unlocked(table, *args, **named)

    put_item.holds_a_lock = True  # type: ignore[attr-defined]
    Table.put_item = put_item  # type: ignore[method-assign, assignment]


def _stop(server: BaseWSGIServer, thread: Thread) -> None:
    """End the server; a long poll that is still open is cut off."""
    server.shutdown()
    thread.join()
    server.server_close()
