"""HTTP by hand: no client library gets to tidy up what is sent."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.emulator.people import ANNA
from worker.local.chime.server import Emulator


@dataclass(frozen=True, slots=True)
class Seen:
    status: int
    headers: Mapping[str, str]
    body: bytes


async def asked(
    served: Emulator, method: str, target: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Seen:
    """Send these very bytes as Anna, unless the headers say otherwise, and read all that comes back."""
    where = urlsplit(served.url)
    sent = {
        "x-amz-chime-bearer": ANNA,
        **(headers or {}),
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = "".join([f"{method} {target} HTTP/1.1\r\nHost: {where.netloc}\r\n", *_lines(sent), "\r\n"])
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    try:
        writer.write(head.encode("latin-1") + body)
        answer = await reader.read()
    finally:
        writer.close()
    top, _, rest = answer.partition(b"\r\n\r\n")
    status, *lines = top.decode("latin-1").split("\r\n")
    named = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Seen(int(status.split()[1]), named, rest)


def _lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}\r\n" for name, value in headers.items()]
