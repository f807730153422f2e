"""The clients as they are made: one attempt or three, one user agent, no proxy before what is ours."""

from __future__ import annotations

import aiobotocore
import botocore
import pytest

from tests.integration.chime.conftest import (
    BEARER,
    CHANNEL,
    OUTGOING,
    RawServer,
    channels_to,
    raw,
    raw_server,
)
from worker.adapters.aws import DIRECT_HOSTS, ClientPlan, aws_clients, keep_direct
from worker.adapters.chime import ChimeChannels
from worker.core.replies import Cause, NotNow, Sent

__all__ = ["raw"]

JSON = "Content-Type: application/json"


def header(request: bytes, name: str) -> str:
    lines = request.decode().split("\r\n")
    [value] = [line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name}:")]
    return value


async def test_the_user_agent_is_one_string_over_all_calls(raw: RawServer) -> None:
    raw.answers("201 Created", b'{"MessageId": "m", "ChannelMessages": []}', JSON)
    async with channels_to(raw.url) as channels:
        for _ in range(50):
            await channels.send(OUTGOING)
        await channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)

    versions = f"aiobotocore/{aiobotocore.__version__} botocore/{botocore.__version__}"
    assert {f"backend-worker/1.2.3 {versions}"} == {header(request, "user-agent") for request in raw.requests}
    assert len(raw.requests) == 51


async def test_sqs_is_asked_three_times_and_chime_once(raw: RawServer) -> None:
    raw.answers("503 Service Unavailable")
    plan = ClientPlan(region="us-east-1", connections=4, call_deadline_s=5, endpoint=raw.url)
    async with aws_clients(chime=plan, sqs=plan, version="1.2.3") as clients:
        await ChimeChannels(clients.chime, deadline_s=5).send(OUTGOING)
        chime_count = len(raw.requests)
        with pytest.raises(botocore.exceptions.ClientError):
            await clients.sqs.receive_message(QueueUrl=f"{raw.url}/1/queue")

    assert (1, 3) == (chime_count, len(raw.requests) - chime_count)


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_a_proxy_of_the_environment_does_not_see_loopback(
    raw: RawServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    raw.answers("201 Created", b'{"MessageId": "m"}', JSON)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("no_proxy", "example.com")
    async with raw_server() as proxy:
        proxy.answers("201 Created", b'{"MessageId": "forged"}', JSON)
        monkeypatch.setenv(variable, proxy.url)
        async with channels_to(raw.url) as channels:
            reply = await channels.send(OUTGOING)

        assert Sent("m") == reply
        assert [] == proxy.requests


def test_what_the_operator_excepted_from_the_proxy_stays_excepted() -> None:
    environ = {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".example.com, 10.0.0.0"}

    keep_direct(environ)

    assert environ["NO_PROXY"] == environ["no_proxy"] == ",".join([".example.com", "10.0.0.0", *DIRECT_HOSTS])


@pytest.mark.parametrize(
    "environ", [{}, {"NO_PROXY": "x"}, {"HTTP_PROXY": "http://p", "NO_PROXY": "*"}], ids=str
)
def test_an_environment_without_a_proxy_or_without_any_use_for_it_is_left_alone(
    environ: dict[str, str],
) -> None:
    before = dict(environ)

    keep_direct(environ)

    assert before == environ


async def test_without_credentials_nothing_leaves(raw: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    async with channels_to(raw.url) as channels:
        reply = await channels.send(OUTGOING)

    assert NotNow(Cause.CREDENTIALS, "NoCredentialsError") == reply
    assert [] == raw.requests
