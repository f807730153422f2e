"""What a send comes to when the network or the other end fails, byte by byte over real sockets."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.integration.chime.conftest import (
    BEARER,
    CHANNEL,
    OUTGOING,
    Play,
    RawServer,
    channels_to,
    drip,
    fin,
    raw_server,
    rst,
    silence,
)
from worker.adapters.chime import ChimeChannels
from worker.contract.reasons import Reason
from worker.core.replies import Cause, NoReply, NotNow, Refused, Sent

HTML = b"<html><body><h1>It is not me, I am a proxy</h1></body></html>"
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("reply", "then", "cause"),
    [
        pytest.param(b"", rst, Cause.UNAVAILABLE, id="reset before a reply"),
        pytest.param(b"", fin, Cause.UNAVAILABLE, id="closed before a reply"),
        pytest.param(b"", silence, Cause.TIMEOUT, id="no reply"),
        pytest.param(b"", drip, Cause.TIMEOUT, id="a byte at a time"),
        pytest.param(b"HTTP/1.1 201 Created\r\nCont", fin, Cause.UNAVAILABLE, id="half a head"),
        pytest.param(
            b'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"MessageId":"m"}',
            fin,
            Cause.UNAVAILABLE,
            id="body shorter than told",
        ),
        pytest.param(
            b'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"MessageId":"m"}',
            silence,
            Cause.TIMEOUT,
            id="body that does not end",
        ),
        pytest.param(b"\x00\x01\xfe\xff garbage\r\n\r\n", fin, Cause.BROKEN_REPLY, id="garbage"),
        pytest.param(
            b"HTTP/1.1 201 Created\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
            fin,
            Cause.BROKEN_REPLY,
            id="a head of 100 kB",
        ),
    ],
)
async def test_a_request_without_an_answer_is_no_reply(
    raw: RawServer, channels: ChimeChannels, reply: bytes, then: Play, cause: Cause
) -> None:
    raw.says(reply, then=then)

    came_to = await channels.send(OUTGOING)

    assert isinstance(came_to, NoReply)
    assert cause is came_to.cause
    assert len(raw.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"MessageId": "m", "Chan', id="truncated"),
        pytest.param(HTML, id="HTML"),
        pytest.param(b"", id="empty"),
        pytest.param(b"{}", id="no members"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"MessageId": null}', id="null id"),
        pytest.param(b'{"MessageId": ""}', id="empty id"),
        pytest.param(b'{"MessageId": 7}', id="a number for an id"),
        pytest.param(b'{"MessageId": NaN}', id="NaN for an id"),
        pytest.param(b'["MessageId"]', id="list"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"MessageId": "\xff\xfe"}', id="not UTF-8"),
        pytest.param(b'{"MessageId": "m", "Status": "SENT"}', id="status that is no object"),
        pytest.param(b'{"MessageId": "m", "ChannelArn": "arn:other"}', id="another channel"),
    ],
)
async def test_a_2xx_that_does_not_name_the_message_is_no_reply(
    raw: RawServer, channels: ChimeChannels, body: bytes
) -> None:
    raw.answers("201 Created", body, JSON)

    came_to = await channels.send(OUTGOING)

    assert isinstance(came_to, NoReply)
    assert came_to.cause is Cause.BROKEN_REPLY


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b'{"MessageId": "m"}', Sent("m", "SENT")),
        (b'{"MessageId": "m", "Status": {"Value": "PENDING"}}', Sent("m", "PENDING")),
        (b'{"MessageId": "m", "Status": {"Value": "FAILED"}}', Sent("m", "FAILED")),
        (b'{"MessageId": "m", "Status": {"Value": "DENIED"}}', Sent("m", "DENIED")),
        (b'{"MessageId": "m", "Status": {"Value": "NEW_IN_2031"}}', Sent("m", "SENT")),
        (b'{"MessageId": "m", "Status": {}, "ChannelArn": "%s"}' % CHANNEL.encode(), Sent("m", "SENT")),
    ],
    ids=["no status", "pending", "failed", "denied", "unknown", "empty"],
)
async def test_a_message_id_is_success_whatever_the_status(
    raw: RawServer, channels: ChimeChannels, body: bytes, sent: Sent
) -> None:
    raw.answers("201 Created", body, JSON)

    assert sent == await channels.send(OUTGOING)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("401 Unauthorized", Cause.BROKEN_REPLY),
        ("403 Forbidden", Cause.BROKEN_REPLY),
        ("404 Not Found", Cause.BROKEN_REPLY),
        ("413 Payload Too Large", Cause.BROKEN_REPLY),
        ("500 Internal Server Error", Cause.UNAVAILABLE),
        ("502 Bad Gateway", Cause.UNAVAILABLE),
        ("504 Gateway Timeout", Cause.UNAVAILABLE),
    ],
)
async def test_what_a_proxy_says_proves_nothing(
    raw: RawServer, channels: ChimeChannels, status: str, cause: Cause
) -> None:
    raw.answers(status, HTML, "Content-Type: text/html")

    came_to = await channels.send(OUTGOING)

    assert isinstance(came_to, NoReply)
    assert cause is came_to.cause
    assert len(raw.requests) == 1


async def test_a_429_without_a_code_is_a_throttle(raw: RawServer, channels: ChimeChannels) -> None:
    raw.answers("429 Too Many Requests")

    came_to = await channels.send(OUTGOING)

    assert isinstance(came_to, NotNow)
    assert came_to.cause is Cause.THROTTLED
    assert len(raw.requests) == 1


@pytest.mark.parametrize("code", ["ForbiddenException", "ForbiddenException:http://internal.amazon.com/"])
async def test_a_refusal_in_chimes_words_is_one(raw: RawServer, channels: ChimeChannels, code: str) -> None:
    raw.answers(
        "403 Forbidden",
        b'{"Code":"Forbidden","Message":"No access"}',
        f"x-amzn-ErrorType: {code}",
        "x-amzn-RequestId: abc-1",
    )

    came_to = await channels.send(OUTGOING)

    told = "SendChannelMessage: ForbiddenException (HTTP 403, request abc-1): No access"
    assert Refused(Reason.FORBIDDEN_OR_MISSING_CHANNEL, told, repairable=True) == came_to


async def test_a_refused_connection_sent_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can take the port
        async with channels_to(f"http://127.0.0.1:{unused.getsockname()[1]}") as channels:
            came_to = await channels.send(OUTGOING)
            looked = await channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)

    assert NotNow(Cause.NO_CONNECTION, "EndpointConnectionError") == came_to == looked


async def test_a_reset_after_the_message_was_read_is_not_taken_for_a_refused_connection(
    raw: RawServer, channels: ChimeChannels
) -> None:
    """The SDK raises EndpointConnectionError for both."""
    raw.says(b"", then=rst)

    came_to = await channels.send(OUTGOING)

    assert NoReply(Cause.UNAVAILABLE, "EndpointConnectionError") == came_to
    assert b"shipped" in raw.requests[0]


async def test_a_failed_tls_handshake_sent_nothing() -> None:
    async def no_tls(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, channels_to(f"https://127.0.0.1:{port}") as channels:
        came_to = await channels.send(OUTGOING)

    assert NotNow(Cause.NO_CONNECTION, "SSLError") == came_to


async def test_a_kept_alive_connection_that_breaks_repeats_no_send(
    raw: RawServer, channels: ChimeChannels
) -> None:
    raw.answers("201 Created", b'{"MessageId": "m"}', JSON)
    await channels.send(OUTGOING)
    raw.says(b"", then=rst)

    came_to = await channels.send(OUTGOING)

    assert isinstance(came_to, NoReply)
    assert len(raw.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_refused_and_the_other_host_sees_nothing(
    raw: RawServer, channels: ChimeChannels, status: int
) -> None:
    async with raw_server() as elsewhere:
        elsewhere.answers("201 Created", b'{"MessageId": "forged"}', JSON)
        raw.answers(f"{status} Elsewhere", b"", f"Location: {elsewhere.url}/channels/x/messages")

        sent = await channels.send(OUTGOING)
        looked = await channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)
        joined = await channels.join(CHANNEL, bearer_arn=BEARER, sub_channel_id=None)

        assert isinstance(sent, NoReply)
        assert isinstance(looked, NotNow)
        assert isinstance(joined, NotNow)
        assert {Cause.REDIRECT} == {sent.cause, looked.cause, joined.cause}
        assert ([], 3) == (elsewhere.requests, len(raw.requests))
