"""A server that speaks no Chime: it reads requests, and answers each with given bytes or not at all."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from worker.adapters.aws import ClientPlan, aws_clients
from worker.adapters.chime import ChimeChannels
from worker.contract.requests import Message
from worker.ports import Outgoing

APP = "arn:aws:chime:us-east-1:123456789012:app-instance/11111111-2222-3333-4444-555555555555"
BEARER = f"{APP}/user/backend_worker"
CHANNEL = f"{APP}/channel/orders"
CONTENT = "Order 8812 has shipped"
DEADLINE_S = 0.6

OUTGOING = Outgoing(
    channel_arn=CHANNEL,
    bearer_arn=BEARER,
    client_request_token="token-1",
    marker="MARKER",
    message=Message(
        content=CONTENT,
        type="STANDARD",
        persistence="PERSISTENT",
        metadata=None,
        content_type=None,
        attributes=(),
        push=None,
        target_arn=None,
        sub_channel_id=None,
    ),
)

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(slots=True)
class RawServer:
    """*requests* are those that arrived whole; *play* answers the next ones."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    play: Play | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self, status: str, body: bytes = b"", *headers: str) -> None:
        """Answer like an HTTP server."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.says("\r\n".join(lines).encode() + body)

    def says(self, reply: bytes, *, then: Play | None = None) -> None:
        """Answer with exactly these bytes, and then close the connection or keep it."""

        async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(reply)
            await writer.drain()
            if then:
                await then(reader, writer)

        self.play = play


async def fin(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close the connection in good order."""
    writer.close()


async def rst(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset the connection."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silence(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side gives up."""
    await reader.read()


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer right, a byte at a time: no single read takes long."""
    for byte in b"HTTP/1.1 201 Created\r\nContent-Length: 17\r\n\r\n" + b'{"MessageId":"m"}':
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


@asynccontextmanager
async def raw_server() -> AsyncIterator[RawServer]:
    served = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [
                    line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                ]
                body = await reader.readexactly(int(lengths[0].partition(b":")[2])) if lengths else b""
                served.requests.append(head + body)
                assert served.play is not None
                await served.play(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    async with raw_server() as served:
        yield served


@asynccontextmanager
async def channels_to(endpoint: str) -> AsyncIterator[ChimeChannels]:
    """The real adapter, on an endpoint."""
    plan = ClientPlan(region="us-east-1", connections=4, call_deadline_s=DEADLINE_S, endpoint=endpoint)
    async with aws_clients(chime=plan, sqs=plan, version="1.2.3") as clients:
        yield ChimeChannels(clients.chime, deadline_s=DEADLINE_S)


@pytest.fixture
async def channels(raw: RawServer) -> AsyncIterator[ChimeChannels]:
    async with channels_to(raw.url) as opened:
        yield opened
