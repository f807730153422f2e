"""A door to a server: connections are refused as long as it is shut, and led there once it is open."""

from __future__ import annotations

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Door:
    """Shut at first. *leads_to* is the server's URL."""

    leads_to: str
    port: int = field(default_factory=_free_port)

    @property
    def url(self) -> str:
        """Where to knock."""
        return f"http://{HOST}:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep it open until the block ends, which cuts what still goes through."""
        passing: set[StreamWriter] = set()
        there = urlsplit(self.leads_to)

        async def lead(reader: StreamReader, writer: StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection(there.hostname, there.port)
            passing.update((writer, far_writer))
            async with asyncio.TaskGroup() as ways:
                ways.create_task(_carry(reader, far_writer))
                ways.create_task(_carry(far_reader, writer))
            passing.difference_update((writer, far_writer))

        server = await asyncio.start_server(lead, HOST, self.port)
        try:
            yield
        finally:
            server.close()
            for writer in passing:
                writer.transport.abort()


async def _carry(source: StreamReader, target: StreamWriter) -> None:
    try:
        while data := await source.read(CHUNK_BYTES):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()
