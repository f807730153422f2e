"""The templates by their text: what cfn-lint cannot know, because it does not know the worker."""

from __future__ import annotations

import re

import pytest

from tests.deploy.dockerfile import DOCKERFILE, read_stages
from tests.deploy.template import CHIME, WORKER, container, environment, properties
from worker.adapters.ledger.dynamodb_layout import TIME_TO_LIVE, create_table_request
from worker.loop.settle import FLUSH_S
from worker.settings.model import Settings
from worker.settings.names import environment_name

FARGATE_MOST_S = 120
FOURTEEN_DAYS_S = 14 * 24 * 3600
_, IMAGE = read_stages(DOCKERFILE.read_text())


def test_every_name_in_the_environment_is_a_setting() -> None:
    known = {environment_name(field) for field in Settings.model_fields}

    assert set(environment()) <= known


def test_the_drain_and_the_last_flush_end_before_fargate_kills() -> None:
    """README.md asks for five seconds between the drain limit and the stop timeout."""
    stop_s = container()["StopTimeout"]

    assert stop_s <= FARGATE_MOST_S
    assert float(environment()["WORKER_SHUTDOWN_TIMEOUT_S"]) + max(FLUSH_S, 5) < stop_s


def test_the_queue_hides_a_job_as_long_as_the_worker_does() -> None:
    assert properties("JobQueue")["VisibilityTimeout"] == int(environment()["WORKER_VISIBILITY_TIMEOUT_S"])


@pytest.mark.parametrize("queue", ["JobQueue", "DeadLetterQueue"])
def test_jobs_are_kept_as_long_as_sqs_can(queue: str) -> None:
    assert properties(queue)["MessageRetentionPeriod"] == FOURTEEN_DAYS_S


def test_the_ledger_decides_when_a_job_is_hopeless_and_not_sqs() -> None:
    assert properties("JobQueue")["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]},
        "maxReceiveCount": 1000,
    }


def test_the_dead_letter_queue_takes_from_this_queue_only() -> None:
    (source,) = properties("DeadLetterQueue")["RedriveAllowPolicy"]["sourceQueueArns"]

    assert source["Fn::Sub"].endswith(":" + properties("JobQueue")["QueueName"]["Fn::Sub"])
    assert properties("DeadLetterQueue")["RedriveAllowPolicy"]["redrivePermission"] == "byQueue"


def test_workers_share_the_ledger_so_they_may_overlap() -> None:
    deployment = properties("Service")["DeploymentConfiguration"]

    assert environment()["WORKER_LEDGER"] == {"Fn::Sub": "dynamodb://${LedgerTable}"}
    assert WORKER["Parameters"]["DesiredCount"]["Default"] == 1
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)


def test_the_table_is_laid_out_as_the_worker_demands_of_a_ledger() -> None:
    table = properties("LedgerTable")

    layout = create_table_request("ledger")
    assert {name: value for name, value in layout.items() if name != "TableName"}.items() <= table.items()
    assert table["TimeToLiveSpecification"] == TIME_TO_LIVE


def test_the_table_is_looked_for_in_the_region_of_the_stack() -> None:
    """It would be the app instance's otherwise, and the worker may run in any."""
    assert environment()["AWS_REGION"] == {"Ref": "AWS::Region"}


def test_nothing_in_the_container_can_be_written_to() -> None:
    assert container()["ReadonlyRootFilesystem"] is True
    assert "MountPoints" not in container()
    assert "Volumes" not in properties("TaskDefinition")
    assert IMAGE.all("VOLUME") == []


@pytest.mark.parametrize("rate", ["", "5", "2.5", "10"])
def test_a_raised_quota_may_be_given_and_is_amazons_default_otherwise(rate: str) -> None:
    parameter = WORKER["Parameters"]["BearerRate"]

    assert environment()["WORKER_BEARER_RATE"] == {"Ref": "BearerRate"}
    assert parameter["Default"] == ""
    assert re.fullmatch(parameter["AllowedPattern"], rate)


@pytest.mark.parametrize(
    ("target", "is_one"),
    [
        ("", True),
        ("https://sqs.us-east-1.amazonaws.com/123456789012/outcomes.fifo", True),
        ("arn:aws:sns:us-east-1:123456789012:outcomes", True),
        ("arn:aws:events:us-east-1:123456789012:event-bus/outcomes", True),
        ("arn:aws:sqs:us-east-1:123456789012:outcomes", False),
        ("outcomes", False),
    ],
)
def test_outcomes_go_to_what_the_worker_takes_for_a_target(target: str, is_one: bool) -> None:
    pattern = WORKER["Parameters"]["OutcomesTarget"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, target)) == is_one
    assert environment()["WORKER_OUTCOMES"] == {"Ref": "OutcomesTarget"}


def test_ecs_checks_health_as_the_image_does() -> None:
    """ECS does not read the image's HEALTHCHECK, so it is said twice, and must be the same."""
    check = container()["HealthCheck"]
    times, command = IMAGE.only("HEALTHCHECK").rest.split(" CMD ")

    assert command == '["backend-worker", "healthcheck"]'
    assert check["Command"] == ["CMD", "backend-worker", "healthcheck"]
    assert times == (
        f"--interval={check['Interval']}s --timeout={check['Timeout']}s "
        f"--start-period={check['StartPeriod']}s --retries={check['Retries']}"
    )


def test_a_blocked_log_does_not_block_the_worker() -> None:
    options = container()["LogConfiguration"]["Options"]

    assert (options["mode"], options["max-buffer-size"]) == ("non-blocking", "25m")


def test_nothing_gets_in_and_only_https_gets_out() -> None:
    group = properties("SecurityGroup")

    assert "SecurityGroupIngress" not in group
    assert [("tcp", 443, 443)] == [
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]
    ]
    assert properties("Service")["EnableExecuteCommand"] is False
    assert container()["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"]


def test_a_bad_image_is_rolled_back() -> None:
    assert properties("Service")["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
        "Enable": True,
        "Rollback": True,
    }


@pytest.mark.parametrize(
    "logical_id", ["JobQueue", "DeadLetterQueue", "LedgerTable", "AppInstance", "Bearer"]
)
def test_what_holds_jobs_messages_or_memory_outlives_its_stack(logical_id: str) -> None:
    resource = {**WORKER["Resources"], **CHIME["Resources"]}[logical_id]

    assert ("Retain", "Retain") == (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])


@pytest.mark.parametrize("queue", ["JobQueue", "DeadLetterQueue"])
def test_queues_are_encrypted_at_rest_and_refuse_whoever_comes_without_tls(queue: str) -> None:
    policy = properties(f"{queue}Policy")
    refusal = policy["PolicyDocument"]["Statement"][0]

    assert properties(queue)["SqsManagedSseEnabled"] is True
    assert policy["Queues"] == [{"Ref": queue}]
    assert ("Deny", "*", "sqs:*") == (refusal["Effect"], refusal["Principal"], refusal["Action"])
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("alarm", "metric", "missing"),
    [
        ("DeadLettersAlarm", "ApproximateNumberOfMessagesVisible", "notBreaching"),
        ("OldestJobAlarm", "ApproximateAgeOfOldestMessage", "notBreaching"),
        ("NoWorkerAlarm", "CPUUtilization", "breaching"),
    ],
)
def test_somebody_is_told_of_dead_letters_old_jobs_and_a_missing_worker(
    alarm: str, metric: str, missing: str
) -> None:
    """A queue that nobody used has no figures, which is well; a worker that has none does not run."""
    given = properties(alarm)

    assert (metric, missing) == (given["MetricName"], given["TreatMissingData"])
    assert {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]} == given[
        "AlarmActions"
    ]
