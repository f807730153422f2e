"""`/healthz` and `healthcheck`: alive means that the receive loop comes round, not that a socket is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from socket import socket

import aiohttp
import pytest

from tests.support.programs import program
from worker.admin.server import STALLED_S, admin_server

SETTINGS = {
    "WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/health",
}


def just_now() -> float:
    return asyncio.get_running_loop().time()


def long_ago() -> float:
    return asyncio.get_running_loop().time() - STALLED_S - 1.0


def nothing() -> None:
    return None


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]
        yield port


@pytest.mark.parametrize(("came_round_at", "status"), [(just_now, 200), (long_ago, 503)])
async def test_a_worker_is_alive_as_long_as_its_receive_loop_comes_round(
    came_round_at: Callable[[], float], status: int
) -> None:
    async with (
        admin_server("127.0.0.1", 0, came_round_at, waits_for=nothing) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        session.get("/healthz") as answer,
    ):
        assert status == answer.status


async def test_the_health_check_of_a_container_asks_the_worker_beside_it() -> None:
    async with admin_server("127.0.0.1", 0, just_now, waits_for=nothing) as port:
        alive = await program("healthcheck", environment={**SETTINGS, "WORKER_ADMIN_PORT": str(port)})
    dead = await program("healthcheck", environment={**SETTINGS, "WORKER_ADMIN_PORT": str(port)})

    assert (0, "alive\n") == (alive.code, alive.stdout)
    assert 1 == dead.code
    assert f"no worker answers on 127.0.0.1:{port}" in dead.stderr


async def test_a_stalled_worker_fails_its_health_check() -> None:
    async with admin_server("127.0.0.1", 0, long_ago, waits_for=nothing) as port:
        stalled = await program("healthcheck", environment={**SETTINGS, "WORKER_ADMIN_PORT": str(port)})

    assert (1, "", "not alive: HTTP 503\n") == (stalled.code, stalled.stdout, stalled.stderr)


@pytest.mark.parametrize(
    ("came_round_at", "code", "why"),
    [(just_now, 0, None), (long_ago, 1, "HTTP 503")],
    ids=["alive", "stalled"],
)
async def test_a_program_reads_the_health_check_as_json(
    came_round_at: Callable[[], float], code: int, why: str | None
) -> None:
    async with admin_server("127.0.0.1", 0, came_round_at, waits_for=nothing) as port:
        environment = {**SETTINGS, "WORKER_ADMIN_PORT": str(port)}
        checked = await program("healthcheck", "--json", environment=environment)

    assert (code, {"healthy": not code, "why": why}, "") == (checked.code, checked.json, checked.stderr)


@pytest.mark.parametrize(
    ("port", "why"),
    [
        ("off", "WORKER_ADMIN_PORT is off: name the port that is to be asked"),
        ("1", "no worker answers on 127.0.0.1:1: ConnectionRefusedError"),
    ],
)
async def test_a_worker_that_nobody_can_ask_is_not_healthy(port: str, why: str) -> None:
    checked = await program("healthcheck", "--json", environment={**SETTINGS, "WORKER_ADMIN_PORT": port})

    assert (1, {"healthy": False, "why": why}) == (checked.code, checked.json)


async def test_a_port_that_is_taken_stops_no_worker(taken_port: int) -> None:
    async with admin_server("127.0.0.1", taken_port, just_now, waits_for=nothing) as port:
        assert port is None


async def test_off_means_that_nothing_listens() -> None:
    async with admin_server("127.0.0.1", None, just_now, waits_for=nothing) as port:
        assert port is None


@pytest.mark.parametrize(
    ("cause", "status", "said"),
    [
        (None, 200, {"status": "ready"}),
        ("operator", 503, {"status": "paused", "cause": "operator"}),
        ("ledger", 503, {"status": "paused", "cause": "ledger"}),
    ],
)
async def test_a_worker_that_takes_no_jobs_is_not_ready_and_says_why(
    cause: str | None, status: int, said: dict[str, str]
) -> None:
    async with (
        admin_server("127.0.0.1", 0, just_now, waits_for=lambda: cause) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        session.get("/readyz") as answer,
    ):
        assert (status, said) == (answer.status, await answer.json())
