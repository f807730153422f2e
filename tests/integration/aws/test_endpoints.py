"""Which endpoint and region each client takes: the queue's URL, the app instance and AWS's names tell."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.integration.chime.conftest import APP, BEARER, CHANNEL, OUTGOING, RawServer, raw
from worker.adapters.chime import ChimeChannels
from worker.app import clients_of
from worker.core.replies import Sent
from worker.settings import Settings, Texts, load

__all__ = ["raw"]

QUEUE = "111122223333/jobs"
VPC = "https://vpce-0a1b-c2d3.sqs.eu-west-1.vpce.amazonaws.com"
JSON = "Content-Type: application/json"


def settings_with(queue: str, environment: Mapping[str, str] | None = None) -> Settings:
    named = {"WORKER_QUEUE_URL": f"{queue}/{QUEUE}", "WORKER_APP_INSTANCE_ARN": APP}
    return load(Texts({**named, **(environment or {})}))


@pytest.mark.parametrize(
    ("queue", "region", "endpoint"),
    [
        ("https://sqs.eu-west-1.amazonaws.com", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com"),
        ("https://eu-west-1.queue.amazonaws.com", "eu-west-1", "https://sqs.eu-west-1.amazonaws.com"),
        ("https://queue.amazonaws.com", "us-east-1", "https://sqs.us-east-1.amazonaws.com"),
        (VPC, "eu-west-1", VPC),
        ("http://127.0.0.1:5000", "us-east-1", "http://127.0.0.1:5000"),
    ],
)
async def test_the_client_of_sqs_goes_where_the_queues_url_says(
    queue: str, region: str, endpoint: str
) -> None:
    async with clients_of(settings_with(queue)) as clients:
        sqs, chime = clients.sqs.meta, clients.chime.meta

    assert (region, endpoint) == (sqs.region_name, sqs.endpoint_url)
    assert ("us-east-1", "https://messaging-chime.us-east-1.amazonaws.com") == (
        chime.region_name,
        chime.endpoint_url,
    )


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "names",
    [
        ("AWS_ENDPOINT_URL",),
        ("AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING"),
    ],
    ids=["for all services", "by service"],
)
@pytest.mark.parametrize("queue", ["https://queue.amazonaws.com", "https://sqs.us-east-1.amazonaws.com"])
async def test_an_endpoint_of_the_environment_takes_all_calls_under_their_own_paths(
    raw: RawServer, monkeypatch: pytest.MonkeyPatch, *, queue: str, names: tuple[str, ...], slash: str
) -> None:
    """Whatever the host in the queue's URL, and with or without a slash behind the endpoint."""
    environment = dict.fromkeys(names, f"{raw.url}{slash}")
    for name, url in environment.items():
        monkeypatch.setenv(name, url)
    raw.answers("201 Created", b'{"MessageId": "m", "ChannelMessages": []}', JSON)
    async with clients_of(settings_with(queue, environment)) as clients:
        channels = ChimeChannels(clients.chime, deadline_s=5)
        reply = await channels.send(OUTGOING)
        await channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)
        await clients.sqs.receive_message(QueueUrl=f"{queue}/{QUEUE}")

    paths = [request.split()[1].partition(b"?")[0].decode() for request in raw.requests]
    assert Sent("m") == reply
    assert [True, True] == [path.startswith("/channels/arn") for path in paths[:2]]
    assert "/" == paths[2]
