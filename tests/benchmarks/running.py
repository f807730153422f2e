"""One run: a full queue, an empty Chime and a contender, each a process of its own; and what was counted."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.benchmarks.processes import LIFE_S, Child, child
from tests.benchmarks.workload import APP_INSTANCE_ARN, BEARER_ARN, Workload
from worker.local.chime.faults import FaultRule, Slow
from worker.local.chime.seeds import Seed, SeedChannel
from worker.local.sqs import REGION
from worker.local.world import ACCOUNT, CREDENTIALS

Process = Literal["contender", "queue", "chime"]


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that works off a queue: how it is run, and its WORKER_LEDGER, if it has one."""

    name: str
    words: tuple[str, ...]
    ledger: str = "memory:"


NAIVE = Contender("naive", ("-m", "tests.benchmarks.naive"))
WORKERS = (
    Contender("worker, memory", ("-m", "worker", "run")),
    Contender("worker, SQLite", ("-m", "worker", "run"), ledger="sqlite:///{directory}/ledger.db"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """
    What one run took, from the first receive to the last delete; CPU is of each process's whole life.

    *sqs_calls* counts until the last delete.
    """

    took_s: float
    sqs_calls: int
    cpu_s: Mapping[Process, float]


def run(contender: Contender, workload: Workload, *, latency_s: float) -> Run:
    """Let *contender* work the queue off; raise RuntimeError unless every job arrived exactly once."""
    with TemporaryDirectory(prefix="backend-worker-") as name, ExitStack() as parts:
        directory = Path(name)
        queue = parts.enter_context(_queue(workload, directory))
        chime = parts.enter_context(_chime(workload, directory))
        queue_url = queue.says("AWS_ENDPOINT_URL_SQS")
        chime_url = chime.says("AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING")
        if latency_s:
            rule = FaultRule(Slow(delay_s=latency_s), operation="SendChannelMessage")
            _ask(chime_url, "POST", "/_emulator/faults", body=[asdict(rule)])
        environment = _environment(queue_url, chime_url, contender.ledger.format(directory=directory))
        words, talk = contender.words, directory / "contender.log"
        working = parts.enter_context(child(*words, environment=environment, talk=talk))
        while (figures := _ask(queue_url, "GET", "/figures")) is None:
            working.check()
        contender_s = working.stop()
        _check(workload, _ask(chime_url, "GET", "/_emulator/messages"))
        cpu_s: Mapping[Process, float] = {
            "contender": contender_s,
            "queue": queue.stop(),
            "chime": chime.stop(),
        }
        return Run(figures["took_s"], figures["calls"], cpu_s)


def _queue(workload: Workload, directory: Path) -> AbstractContextManager[Child]:
    sizes = (f"--jobs={workload.jobs}", f"--channels={workload.channels}")
    return child("-m", "tests.benchmarks.queue_server", *sizes, environment={}, talk=directory / "queue.log")


def _chime(workload: Workload, directory: Path) -> AbstractContextManager[Child]:
    channels = tuple(SeedChannel(arn, members=(BEARER_ARN,)) for arn in workload.channel_arns())
    seed = Seed((APP_INSTANCE_ARN,), users=(BEARER_ARN,), admins=(BEARER_ARN,), channels=channels)
    path = directory / "seed.json"
    path.write_text(json.dumps(asdict(seed)))
    words = ("--rates=off", "--tokens=ignored", "--switch=signatures=ignored", f"--seed={path}")
    return child("-m", "worker.local.chime", *words, environment={}, talk=directory / "chime.log")


def _environment(queue_url: str, chime_url: str, ledger: str) -> Mapping[str, str]:
    """Say where everything is; the worker's pace is out of the way, and its polls end soon after SIGTERM."""
    return {
        **CREDENTIALS,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_SQS": queue_url,
        "AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING": chime_url,
        "WORKER_QUEUE_URL": f"{queue_url}/{ACCOUNT}/jobs",
        "WORKER_APP_INSTANCE_ARN": APP_INSTANCE_ARN,
        "WORKER_LEDGER": ledger,
        "WORKER_BEARER_RATE": "100000",
        "WORKER_CHANNEL_RATE": "100000",
        "WORKER_ADMIN_PORT": "off",
        "WORKER_LOG_FORMAT": "json",
        "WORKER_SHUTDOWN_TIMEOUT_S": "2",
    }


def _check(workload: Workload, messages: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    arrived = Counter(message["content"] for channel in messages.values() for message in channel)
    expected = Counter(workload.contents())
    if arrived != expected:
        lost, more = (expected - arrived).total(), (arrived - expected).total()
        raise RuntimeError(f"of {workload.jobs} jobs {lost} did not arrive, and {more} messages are too many")


def _ask(url: str, method: str, path: str, *, body: object = None) -> Any:
    """Make one request; no proxy is asked. Raise RuntimeError if it is refused, or not answered in time."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=LIFE_S)
    try:
        connection.request(method, path, json.dumps(body))
        response = connection.getresponse()
        text = response.read()
    except OSError as error:
        raise RuntimeError(f"{path} was not answered") from error
    finally:
        connection.close()
    if response.status >= 300:
        raise RuntimeError(f"{path} answered {response.status}")
    return json.loads(text) if text else None
