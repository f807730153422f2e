"""A server in front of DynamoDB that passes requests on, or spoils one as it was told."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never
from urllib.parse import urlsplit

SECRET = "never to be shown"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *DynamoDB_20120810\.(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passed:
    """Nothing happens to the request."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ends: before the request got anywhere, or when it has been carried out."""

    what: Literal["request", "answer"]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that is not that of the DynamoDB behind."""

    body: str
    status: int = 200
    headers: tuple[str, ...] = ("x-amzn-RequestId: r",)


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, until the other side gives up."""


@dataclass(frozen=True, slots=True)
class Held:
    """The request goes on only when it is let go, and its sender may have given up by then."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)


Play = Passed | Lost | Said | Silence | Held


def refusal(code: str, status: int = 400) -> Said:
    """Make an error of DynamoDB's; its message quotes what nobody may be shown."""
    return Said(json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": SECRET}), status)


def web_page() -> Said:
    """Make a 200 of something on the way."""
    return Said("<html>Please log in.</html>", headers=("Content-Type: text/html",))


@dataclass(slots=True)
class Front:
    """What is to happen to the next requests, one *play* each, and which requests there were."""

    behind: str
    url: str = ""
    plays: deque[Play] = field(default_factory=deque)
    operations: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lengths, targets = _LENGTH.search(head), _TARGET.search(head)
            assert lengths
            assert targets
            body = await reader.readexactly(int(lengths[1]))
            self.operations.append(targets[1].decode())
            self.requests.append(json.loads(body))
            writer.write(await self._answer(head + body, reader))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _answer(self, request: bytes, reader: asyncio.StreamReader) -> bytes:
        match self.plays.popleft() if self.plays else Passed():
            case Passed():
                return await self._passed_on(request)
            case Lost("request"):
                return b""
            case Lost():
                await self._passed_on(request)
                return b""
            case Said(body, status, headers):
                length = f"Content-Length: {len(body)}"
                return "\r\n".join(
                    [f"HTTP/1.1 {status} -", length, "Connection: close", *headers, "", body]
                ).encode()
            case Silence():
                return await reader.read()
            case Held() as held:
                held.arrived.set()
                await held.let_go.wait()
                answer = await self._passed_on(request)
                held.done.set()
                return answer
            case unknown:
                assert_never(unknown)

    async def _passed_on(self, request: bytes) -> bytes:
        place = urlsplit(self.behind)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(request)
        answer = await reader.read()  # moto closes after each
        writer.close()
        return answer


@asynccontextmanager
async def front_of(endpoint: str) -> AsyncIterator[Front]:
    front = Front(endpoint)
    server = await asyncio.start_server(front.serve, "127.0.0.1", 0)
    front.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield front
