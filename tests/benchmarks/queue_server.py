"""
A queue that costs little: as much of SQS over HTTP (AWS JSON 1.0) as a consumer calls, filled at its start.

Every call costs the same however deep the queue is; with moto, whose calls grow with it, a benchmark would
measure moto. It checks no signature, and keeps visibility timeouts. It never redrives.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.benchmarks.workload import Workload
from worker.adapters.clock import SystemClock

HOST = "127.0.0.1"
PATIENCE_S = 1.0
RETENTION_S = "1209600"
SIZE_LIMIT_BYTES = "1048576"


@dataclass(slots=True)
class Stored:
    """A job in the queue."""

    message_id: str
    body: str
    md5: str
    receive_count: int = 0


@dataclass(frozen=True, slots=True)
class InFlight:
    """A job in somebody's hand, and what will show it again."""

    stored: Stored
    timer: asyncio.TimerHandle


@dataclass(slots=True)
class Figures:
    """What the queue saw of its consumer. Times are the loop's; *calls* by operation."""

    first_receive_at: float = 0.0
    last_delete_at: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)


class Queue:
    """A standard queue in memory."""

    def __init__(self, bodies: Iterable[str]) -> None:
        self._visible = deque(
            Stored(f"message-{n}", body, hashlib.md5(body.encode(), usedforsecurity=False).hexdigest())
            for n, body in enumerate(bodies)
        )
        self._left = len(self._visible)
        self._sent_at_ms = f"{SystemClock().now().timestamp() * 1000:.0f}"
        self._in_flight: dict[str, InFlight] = {}
        self._shown = asyncio.Event()
        self.drained = asyncio.Event()
        """Set once a consumer has come and nothing is left."""
        self.figures = Figures()

    async def call(self, operation: str, request: Mapping[str, Any]) -> object:
        """Answer a call of SQS; raise LookupError for one that nothing here makes."""
        self.figures.calls[operation] += 1
        match operation:
            case "ReceiveMessage":
                return await self._receive(request)
            case "DeleteMessage":
                self._delete(request["ReceiptHandle"])
                return {}
            case "DeleteMessageBatch":
                done = [each["Id"] for each in request["Entries"] if self._delete(each["ReceiptHandle"])]
                return _batch_answer(request["Entries"], done)
            case "ChangeMessageVisibilityBatch":
                done = [each["Id"] for each in request["Entries"] if self._change(each)]
                return _batch_answer(request["Entries"], done)
            case "GetQueueAttributes":
                return {
                    "Attributes": {
                        "MessageRetentionPeriod": RETENTION_S,
                        "MaximumMessageSize": SIZE_LIMIT_BYTES,
                    }
                }
            case _:
                raise LookupError(operation)

    async def _receive(self, request: Mapping[str, Any]) -> object:
        loop = asyncio.get_running_loop()
        self.figures.first_receive_at = self.figures.first_receive_at or loop.time()
        if not self._left:
            self.drained.set()
        if not self._visible:
            self._shown.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(request["WaitTimeSeconds"]):
                    await self._shown.wait()
        count = min(len(self._visible), request["MaxNumberOfMessages"])
        hidden_s = request["VisibilityTimeout"]
        return {"Messages": [self._hand_out(self._visible.popleft(), hidden_s) for _ in range(count)]}

    def _hand_out(self, stored: Stored, hidden_s: int) -> object:
        stored.receive_count += 1
        handle = f"{stored.message_id}-{stored.receive_count}"
        self._hide(handle, stored, hidden_s)
        return {
            "MessageId": stored.message_id,
            "ReceiptHandle": handle,
            "Body": stored.body,
            "MD5OfBody": stored.md5,
            "Attributes": {
                "SentTimestamp": self._sent_at_ms,
                "ApproximateReceiveCount": str(stored.receive_count),
            },
        }

    def _hide(self, handle: str, stored: Stored, hidden_s: int) -> None:
        timer = asyncio.get_running_loop().call_later(hidden_s, self._show, handle)
        self._in_flight[handle] = InFlight(stored, timer)

    def _show(self, handle: str) -> None:
        self._visible.append(self._in_flight.pop(handle).stored)
        self._shown.set()

    def _delete(self, handle: str) -> bool:
        if (found := self._in_flight.pop(handle, None)) is None:
            return False
        found.timer.cancel()
        self._left -= 1
        self.figures.last_delete_at = asyncio.get_running_loop().time()
        if not self._left:
            self.drained.set()
        return True

    def _change(self, entry: Mapping[str, Any]) -> bool:
        if (found := self._in_flight.get(entry["ReceiptHandle"])) is None:
            return False
        found.timer.cancel()
        self._hide(entry["ReceiptHandle"], found.stored, entry["VisibilityTimeout"])
        return True


def _batch_answer(entries: Sequence[Mapping[str, Any]], done: Sequence[str]) -> object:
    failed = [
        {"Id": each["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}
        for each in entries
        if each["Id"] not in done
    ]
    return {"Successful": [{"Id": one} for one in done], "Failed": failed}


def application(queue: Queue) -> web.Application:
    """Serve *queue* as SQS does, and under /figures what it saw: null until it is drained."""

    async def call(request: web.Request) -> web.Response:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        answer = await queue.call(operation, json.loads(await request.read()))
        return web.Response(body=json.dumps(answer).encode(), content_type="application/x-amz-json-1.0")

    async def figures(_: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await queue.drained.wait()
        except TimeoutError:
            return web.json_response(None)
        found = queue.figures
        took_s = max(0.0, found.last_delete_at - found.first_receive_at)
        return web.json_response({"took_s": took_s, "calls": found.calls.total()})

    app = web.Application()
    app.add_routes([web.post("/{path:.*}", call), web.get("/figures", figures)])
    return app


async def _serve(workload: Workload) -> None:
    runner = web.AppRunner(application(Queue(workload.bodies())), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    sys.stdout.write(f"AWS_ENDPOINT_URL_SQS=http://{HOST}:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main(words: Sequence[str]) -> None:
    """Print where it listens, and serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="queue_server", description=__doc__)
    parser.add_argument("--jobs", type=int, required=True)
    parser.add_argument("--channels", type=int, required=True)
    asked = parser.parse_args(words)
    asyncio.run(_serve(Workload(asked.jobs, asked.channels)))


if __name__ == "__main__":
    main(sys.argv[1:])
