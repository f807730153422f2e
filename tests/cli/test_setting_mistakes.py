"""
Twelve ways in which people get the settings wrong, each with what the program says; `pytest -s` prints them.

Which texts are mistakes at all is for `tests/settings`. Here is the whole program: one line a mistake, each
with its mend, exit code 78, nothing on stdout, no secret, no traceback, and no call to anybody before.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import worker

HOME = "arn:aws:chime:us-east-1:111122223333:app-instance/abc-123"
QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY"
GOOD = {
    "WORKER_QUEUE_URL": QUEUE,
    "WORKER_APP_INSTANCE_ARN": HOME,
    "WORKER_LEDGER": "memory:",
    "WORKER_ADMIN_PORT": "off",
}
ROOT = Path(worker.__file__).parents[1]
READ_ONLY = Path("/proc")
"""Not even root may make a file here."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is wrong in the environment, and how each line that is said of it begins and ends."""

    wrong: Mapping[str, str]
    said: tuple[tuple[str, str], ...]
    cwd: Path = field(default=ROOT)


QUOTED = "still has the quotes that an env file put around it: remove them."
RUNS = {
    "nothing is set": Run(
        dict.fromkeys(GOOD, ""),
        (
            ("WORKER_APP_INSTANCE_ARN: is required (ARN): ", "the app instance whose channels we serve."),
            ("WORKER_QUEUE_URL: is required (queue URL): ", "source queue (standard or FIFO)."),
        ),
    ),
    "an env file kept its quotes": Run(
        {
            "WORKER_QUEUE_URL": f'"{QUEUE}"',
            "WORKER_LOG_LEVEL": "'info'",
            "AWS_SECRET_ACCESS_KEY": f'"{SECRET}"',
        },
        (
            ("WORKER_QUEUE_URL: ", QUOTED),
            ("WORKER_LOG_LEVEL: ", QUOTED),
            ("AWS_SECRET_ACCESS_KEY: ", QUOTED),
        ),
    ),
    "a secret ends with a line break": Run(
        {"AWS_SECRET_ACCESS_KEY": f"{SECRET}\n", "WORKER_QUEUE_URL": f"{QUEUE}\n"},
        (("AWS_SECRET_ACCESS_KEY: has white space around it", "`printf %s` does not)."),),
    ),
    "the queue's name for its URL": Run(
        {"WORKER_QUEUE_URL": "jobs"},
        (
            (
                "WORKER_QUEUE_URL: must be a queue's URL",
                "`aws sqs get-queue-url --queue-name NAME` prints it.",
            ),
        ),
    ),
    "ARNs for URLs": Run(
        {
            "WORKER_QUEUE_URL": "arn:aws:sqs:us-east-1:111122223333:jobs",
            "WORKER_LEDGER": "arn:aws:dynamodb:us-east-1:111122223333:table/jobs",
        },
        (
            ("WORKER_QUEUE_URL: is the queue's ARN: ", QUEUE),
            ("WORKER_LEDGER: is the table's ARN: ", "write dynamodb://jobs"),
        ),
    ),
    "the ARN of the user for the app instance's": Run(
        {"WORKER_APP_INSTANCE_ARN": f"{HOME}/user/backend_worker"},
        (("WORKER_APP_INSTANCE_ARN: is a user's ARN: ", f"the app instance's is {HOME}"),),
    ),
    "another region": Run(
        {
            "WORKER_APP_INSTANCE_ARN": HOME.replace("us-east-1", "eu-west-1"),
            "WORKER_DEAD_LETTER_QUEUE_URL": QUEUE.replace("us-east-1", "eu-west-1"),
        },
        (
            ("WORKER_APP_INSTANCE_ARN: is in eu-west-1", "it exists in us-east-1 and eu-central-1."),
            ("WORKER_DEAD_LETTER_QUEUE_URL: is in eu-west-1", "one region for both."),
        ),
    ),
    "the source queue for its dead letter queue, beside empty strings": Run(
        {"WORKER_DEAD_LETTER_QUEUE_URL": QUEUE, "WORKER_BEARER": "", "WORKER_CONCURRENCY": " "},
        (("WORKER_DEAD_LETTER_QUEUE_URL: is the source queue itself: ", "name another queue."),),
    ),
    "a typing error beside what a cluster injects": Run(
        {
            "WORKER_PORT": "tcp://10.0.0.1:80",
            "WORKER_PORT_80_TCP_ADDR": "10.0.0.1",
            "WORKER_SERVICE_HOST": "10.0.0.1",
            "WORKER_QUEU_URL": QUEUE,
        },
        (("WORKER_QUEU_URL: is no setting: ", "did you mean WORKER_QUEUE_URL?"),),
    ),
    "numbers and words with units and synonyms": Run(
        {
            "WORKER_SHUTDOWN_TIMEOUT_S": "25s",
            "WORKER_CONCURRENCY": "64.0.0",
            "WORKER_JOIN_CHANNELS": "jein",
            "WORKER_LOG_LEVEL": "verbose",
        },
        (
            ("WORKER_CONCURRENCY: ", "must be a whole number (integer), like 64."),
            ("WORKER_JOIN_CHANNELS: ", "must be true or false."),
            ("WORKER_SHUTDOWN_TIMEOUT_S: ", "must be a number (seconds)."),
            ("WORKER_LOG_LEVEL: ", "must be debug, info, warning or error."),
        ),
    ),
    "a secret in the wrong place": Run(
        {"WORKER_BEARER": f"{SECRET}/", "WORKER_LEDGER": f"postgres://worker:{SECRET}@db/jobs"},
        (
            ("WORKER_BEARER: must be an app instance user's id", "several separated by commas."),
            ("WORKER_LEDGER: must be memory:, ", "or dynamodb://TABLE."),
        ),
    ),
    "a working directory that cannot be written": Run(
        {"WORKER_LEDGER": ""},
        (
            (
                "WORKER_LEDGER: The ledger /proc/worker-ledger.db cannot be used: ",
                "sqlite:////DIRECTORY/FILE.",
            ),
        ),
        cwd=READ_ONLY,
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_every_mistake_is_named_with_its_mend(name: str) -> None:
    run = RUNS[name]

    done = subprocess.run(
        [sys.executable, "-m", "worker", "run"],
        capture_output=True,
        check=False,
        cwd=run.cwd,
        encoding="utf-8",
        env={**os.environ, **GOOD, **run.wrong, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        timeout=30,
    )

    show(name, run, done)
    lines = done.stderr.splitlines()
    assert (78, "", len(run.said)) == (done.returncode, done.stdout, len(lines))
    assert [] == [
        (line, begins, ends)
        for line, (begins, ends) in zip(lines, run.said, strict=True)
        if not (line.startswith(begins) and line.endswith(ends))
    ]
    assert SECRET not in done.stderr


def show(name: str, run: Run, done: subprocess.CompletedProcess[str]) -> None:
    """Print the run as a reader of a manual would like to see it."""
    place = "" if run.cwd == ROOT else f"cd {run.cwd}; "
    wrong = " ".join(f"{key}={value!r}" for key, value in run.wrong.items()).replace(SECRET, "...")
    command = f"$ {place}{wrong} backend-worker run"
    print(f"\n# {name}", command, done.stderr.rstrip(), f"exit {done.returncode}", sep="\n")  # noqa: T201
