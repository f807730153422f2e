"""Proxies of the environment: AWS goes through them, loopback and the credentials' addresses never."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator

import pytest
from botocore.utils import get_environ_proxies

from tests.integration.chime.conftest import OUTGOING, RawServer, channels_to, raw, raw_server
from tests.support.programs import program
from worker.adapters.aws import DIRECT_HOSTS, keep_direct
from worker.core.replies import Sent
from worker.local.world import embedded_world

__all__ = ["raw"]

NAMES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
JSON = "Content-Type: application/json"
STORED = b'{"MessageId": "m"}'
CREDENTIALS = {
    "AccessKeyId": "from-there",
    "SecretAccessKey": "s",
    "Token": "t",
    "Expiration": "2999-01-01T00:00:00Z",
}


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RawServer]:
    """A proxy that the environment names in every way, and excepts nothing from; it answers by itself."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "example.com")
    async with raw_server() as served:
        served.answers("201 Created", STORED, JSON)
        for name in NAMES:
            monkeypatch.setenv(name, served.url)
        yield served


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without keys: credentials must be fetched."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    return monkeypatch


async def test_what_is_not_excepted_goes_through_the_proxy(proxy: RawServer) -> None:
    async with channels_to("http://chime.internal") as channels:
        reply = await channels.send(OUTGOING)

    assert Sent("m") == reply
    assert [True] == [each.startswith(b"POST http://chime.internal/") for each in proxy.requests]


async def test_no_command_shows_a_proxy_the_queue_or_the_chime_of_this_machine(proxy: RawServer) -> None:
    async with embedded_world() as world:
        enqueued = await program("enqueue", "--channel", "orders", "Hello", environment=world.environment)
        listed = await program("messages", "orders", environment=world.environment)
        stored = world.jobs()

    assert (0, 0, 1) == (enqueued.code, listed.code, len(stored))
    assert [] == proxy.requests


async def test_a_tasks_credentials_are_fetched_past_the_proxy(
    raw: RawServer, proxy: RawServer, role: pytest.MonkeyPatch
) -> None:
    async with raw_server() as agent:
        agent.answers("200 OK", json.dumps(CREDENTIALS).encode(), JSON)
        raw.answers("201 Created", STORED, JSON)
        role.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{agent.url}/role")
        async with channels_to(raw.url) as channels:
            reply = await channels.send(OUTGOING)

        assert Sent("m") == reply
        assert [True] == [each.startswith(b"GET /role ") for each in agent.requests]
    assert b"Credential=from-there/" in raw.requests[0]
    assert [] == proxy.requests


async def test_an_instances_credentials_are_fetched_past_the_proxy(
    raw: RawServer, proxy: RawServer, role: pytest.MonkeyPatch
) -> None:
    """One answer serves all that is asked: as session token, as name of the role, and as its credentials."""
    async with raw_server() as metadata:
        metadata.answers("200 OK", json.dumps({"Code": "Success", **CREDENTIALS}).encode(), JSON)
        raw.answers("201 Created", STORED, JSON)
        role.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.url)
        async with channels_to(raw.url) as channels:
            reply = await channels.send(OUTGOING)

        assert Sent("m") == reply
        assert b"PUT /latest/api/token " == metadata.requests[0][:22]
    assert b"Credential=from-there/" in raw.requests[0]
    assert [] == proxy.requests


@pytest.mark.parametrize("host", DIRECT_HOSTS)
@pytest.mark.parametrize("port", ["", ":8080"])
def test_the_addresses_that_hand_out_credentials_are_excepted_by_name(
    proxy: RawServer, host: str, port: str
) -> None:
    """Not to be reached from a test: botocore is asked which proxy it would take."""
    address = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host

    keep_direct(os.environ)

    assert {} == get_environ_proxies(f"http://{address}{port}/latest")
    assert proxy.url == get_environ_proxies("https://sqs.us-east-1.amazonaws.com")["https"]
