"""What settings must keep to one another, told without asking anybody; the line printed makes them agree."""

from __future__ import annotations

import shlex

import pytest

from worker.ops.doctor.agreement import setting_findings
from worker.ops.doctor.finding import Finding, Level
from worker.ops.doctor.queues import Queue, Queues
from worker.settings.sources import Texts, load

GOOD = {
    "WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/shop",
}
SOURCE = Queue(GOOD["WORKER_QUEUE_URL"], "us-east-1", {"MessageRetentionPeriod": "1209600"})


def troubles(environment: dict[str, str]) -> list[Finding]:
    settings = load(Texts(environment=environment))
    findings = setting_findings(settings, Queues(SOURCE, None, ()))
    return [each for each in findings if each.level != "ok"]


def test_the_defaults_agree() -> None:
    assert [] == troubles(GOOD)


@pytest.mark.parametrize(
    ("name", "value", "level", "says"),
    [
        ("WORKER_SHUTDOWN_TIMEOUT_S", "30", "warning", "SIGKILL cuts the drain off"),
        ("WORKER_RECONCILE_GRACE_S", "21", "warning", "later jobs of its channel overtake it"),
        ("WORKER_RECONCILE_GRACE_S", "0", "problem", "is sent again"),
        ("WORKER_RECONCILE_INTERVAL_S", "0", "warning", "no final outcome"),
        ("WORKER_MARKER", "off", "warning", "unverifiable"),
        ("WORKER_MAX_ATTEMPTS", "5000", "warning", "the queue keeps a job for 14 days"),
    ],
)
def test_what_does_not_fit_is_named_and_the_line_mends_it(
    name: str, value: str, level: Level, says: str
) -> None:
    environment = GOOD | {name: value}

    [found] = troubles(environment)

    assert level == found.level
    assert f"{name}={value}" in found.found
    assert says in found.found
    export, assignment = shlex.split(str(found.mend))
    mended, _, to = assignment.partition("=")
    assert "export" == export
    assert [] == troubles(environment | {mended: to})


@pytest.mark.parametrize(
    ("name", "value", "quota", "code"),
    [
        ("WORKER_BEARER_RATE", "10.5", "us-east-1, 10 a second", "L-A92E8EF9"),
        ("WORKER_CHANNEL_RATE", "31", "us-east-1, 30 a second", "L-FE35185B"),
    ],
)
def test_a_rate_above_the_quota_comes_with_the_line_that_asks_for_more(
    name: str, value: str, quota: str, code: str
) -> None:
    [found] = troubles(GOOD | {name: value})

    assert "warning" == found.level
    assert f"{name}={value}" in found.found
    assert quota in found.found
    assert f"--quota-code {code} --desired-value {value}" in str(found.mend)


def test_a_rate_is_judged_by_the_app_instances_region() -> None:
    frankfurt = GOOD["WORKER_APP_INSTANCE_ARN"].replace("us-east-1", "eu-central-1")

    [found] = troubles(GOOD | {"WORKER_APP_INSTANCE_ARN": frankfurt, "WORKER_BEARER_RATE": "10"})

    assert "eu-central-1, 5 a second" in found.found
