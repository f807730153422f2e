"""Whatever is wrong with the settings is said at once, in sentences that mend it, and no secret is shown."""

import pytest

from worker.settings import Mistaken, Texts, load
from worker.settings.model import Settings
from worker.settings.names import environment_name

QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"
HOME = "arn:aws:chime:us-east-1:111122223333:app-instance/abc-123"
GOOD = {"WORKER_QUEUE_URL": QUEUE, "WORKER_APP_INSTANCE_ARN": HOME}
SQS_EU = "https://sqs.eu-central-1.amazonaws.com/111122223333/jobs"


def mistakes_of(**environment: str) -> list[str]:
    """List the mistakes of good settings changed by *environment*."""
    try:
        load(Texts(environment={**GOOD, **environment}))
    except Mistaken as mistaken:
        return [str(mistake) for mistake in mistaken.mistakes]
    return []


MISTAKES = [
    ("WORKER_QUEUE_URL", "", "is required"),
    ("WORKER_QUEUE_URL", "   ", "is required"),
    ("WORKER_QUEUE_URL", f'"{QUEUE}"', "quotes that an env file put around it"),
    ("WORKER_QUEUE_URL", f"'{QUEUE}", "quotes that an env file put around it"),
    ("WORKER_QUEUE_URL", "arn:aws:sqs:us-east-1:111122223333:jobs", f"its URL is {QUEUE}"),
    (
        "WORKER_QUEUE_URL",
        "arn:aws-cn:sqs:cn-north-1:111122223333:jobs.fifo",
        "its URL is https://sqs.cn-north-1.amazonaws.com.cn/111122223333/jobs.fifo",
    ),
    ("WORKER_QUEUE_URL", "jobs", "get-queue-url --queue-name NAME"),
    ("WORKER_QUEUE_URL", "arn:aws:sns:us-east-1:111122223333:jobs", "must be a queue's URL"),
    (
        "WORKER_QUEUE_URL",
        "https://console.aws.amazon.com/sqs#/queues/https%3A%2F%2Fsqs.us-east-1.amazonaws.com%2F111122223333%2Fjobs",
        f"the queue's URL is {QUEUE}",
    ),
    ("WORKER_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/jobs", "12 digits"),
    (
        "WORKER_QUEUE_URL",
        "https://sqs.us-east-1.amazonaws.com/111122223333/jobs/",
        "must end with the account",
    ),
    ("WORKER_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1111/jobs", "12 digits"),
    ("WORKER_QUEUE_URL", "http://sqs.us-east-1.amazonaws.com/111122223333/jobs", "https"),
    ("WORKER_QUEUE_URL", "https://me:pw@sqs.us-east-1.amazonaws.com/111122223333/jobs", "without user"),
    ("WORKER_QUEUE_URL", "https://[::1/111122223333/jobs", "not a well-formed URL"),
    ("WORKER_APP_INSTANCE_ARN", "", "is required"),
    ("WORKER_APP_INSTANCE_ARN", f"{HOME}/user/backend_worker", f"the app instance's is {HOME}"),
    (
        "WORKER_APP_INSTANCE_ARN",
        f"{HOME}/channel/orders",
        f"is a channel's ARN: the app instance's is {HOME}",
    ),
    ("WORKER_APP_INSTANCE_ARN", HOME.replace("us-east-1", "eu-west-1"), "us-east-1 and eu-central-1"),
    ("WORKER_APP_INSTANCE_ARN", "abc-123", "must be the ARN of an app instance"),
    ("WORKER_BEARER", f"{HOME}/channel/orders", "ARN of a user or bot"),
    ("WORKER_BEARER", HOME, "ARN of a user or bot"),
    ("WORKER_BEARER", HOME.replace("abc", "xyz") + "/user/a", "another app instance"),
    ("WORKER_BEARER", "a,,b", "several separated by commas"),
    ("WORKER_BEARER", f"a,{HOME}/user/a", "names a bearer twice"),
    ("WORKER_BEARER", "bot/helper", "ARN of a user or bot"),
    ("WORKER_ALLOWED_BEARERS", "users/*", "user/..."),
    ("WORKER_ALLOWED_BEARERS", "user/*,", "globs separated by commas"),
    (
        "WORKER_ALLOWED_BEARERS",
        "arn:aws:chime:us-east-1:111122223333:app-instance/other/user/*",
        f"begin with {HOME}/",
    ),
    ("WORKER_DEAD_LETTER_QUEUE_URL", QUEUE, "is the source queue itself"),
    (
        "WORKER_DEAD_LETTER_QUEUE_URL",
        "https://queue.amazonaws.com/111122223333/jobs",
        "is the source queue itself",
    ),
    ("WORKER_DEAD_LETTER_QUEUE_URL", f"{QUEUE}-dlq.fifo", "is a FIFO queue, WORKER_QUEUE_URL a standard one"),
    ("WORKER_DEAD_LETTER_QUEUE_URL", f"{SQS_EU}-dlq", "is in eu-central-1, WORKER_QUEUE_URL in us-east-1"),
    ("WORKER_OUTCOMES", QUEUE, "is the queue of WORKER_QUEUE_URL"),
    ("WORKER_OUTCOMES", "arn:aws:lambda:us-east-1:111122223333:function:f", "SNS topic's ARN"),
    ("WORKER_OUTCOMES", "outcomes", "SNS topic's ARN"),
    ("WORKER_LEDGER", "/data/ledger.db", "sqlite:///PATH"),
    ("WORKER_LEDGER", "sqlite://ledger.db", "three slashes"),
    ("WORKER_LEDGER", "sqlite:///", "must name a file"),
    ("WORKER_LEDGER", "sqlite:///:memory:", "must be memory:"),
    ("WORKER_LEDGER", "dynamodb://a/b", "dynamodb://TABLE"),
    ("WORKER_LEDGER", "arn:aws:dynamodb:us-east-1:111122223333:table/jobs", "write dynamodb://jobs"),
    ("WORKER_LEDGER_RETENTION_S", "60", "must be at least 120"),
    ("WORKER_CONCURRENCY", "0", "must be at least 1"),
    ("WORKER_CONCURRENCY", "many", "must be a whole number (integer), like 64"),
    ("WORKER_CONCURRENCY", "1.5", "must be a whole number"),
    ("WORKER_VISIBILITY_TIMEOUT_S", "0", "must be at least 1"),
    ("WORKER_VISIBILITY_TIMEOUT_S", "43201", "must be at most 43200"),
    ("WORKER_MAX_ATTEMPTS", "0", "must be at least 1"),
    ("WORKER_RETRY_BASE_S", "0", "must be above 0"),
    ("WORKER_RETRY_CAP_S", "0.25", "must be at least WORKER_RETRY_BASE_S (0.5)"),
    ("WORKER_RETRY_CAP_S", "43201", "must be at most 43200"),
    ("WORKER_BEARER_RATE", "0", "must be above 0"),
    ("WORKER_BEARER_RATE", "fast", "must be a number (per second)"),
    ("WORKER_CHANNEL_RATE", "inf", "must be per second"),
    ("WORKER_RECONCILE_INTERVAL_S", "-1", "must be at least 0"),
    ("WORKER_RECONCILE_GRACE_S", "-1", "must be at least 0"),
    ("WORKER_RECONCILE_SHARE", "1.1", "must be at most 1"),
    ("WORKER_MARKER", "none", "must be hash, plain or off"),
    ("WORKER_JOIN_CHANNELS", "maybe", "must be true or false"),
    ("WORKER_SHUTDOWN_TIMEOUT_S", "0", "must be above 0"),
    ("WORKER_ADMIN_HOST", "127.0.0.1/x", "must be host name or IP address"),
    ("WORKER_ADMIN_PORT", "65536", "must be at most 65535"),
    ("WORKER_ADMIN_PORT", "none", "must be a whole number (port or off)"),
    ("WORKER_LOG_LEVEL", "verbose", "must be debug, info, warning or error"),
    ("WORKER_LOG_FORMAT", "xml", "must be auto, json or console"),
    ("AWS_REGION", "Virginia", "must be region like us-east-1"),
    ("AWS_ENDPOINT_URL_SQS", "127.0.0.1:5000", "must be an endpoint's URL"),
    ("WORKER_QUEU_URL", QUEUE, "is no setting: did you mean WORKER_QUEUE_URL?"),
    ("WORKER_XYZ", "1", "is no setting: remove it"),
]


@pytest.mark.parametrize(
    ("name", "text", "mend"), MISTAKES, ids=[f"{name[7:]}={text}" for name, text, _ in MISTAKES]
)
def test_a_mistake_is_named_with_its_mend(name: str, text: str, mend: str) -> None:
    (mistake,) = mistakes_of(**{name: text})

    assert mistake.startswith(f"{name}: ")
    assert mend in mistake


def test_every_setting_of_the_service_has_its_mistake_in_the_table() -> None:
    assert set() == {environment_name(field) for field in Settings.model_fields} - {
        name for name, _, _ in MISTAKES
    } - {
        "AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING",
        "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY",
        "AWS_ENDPOINT_URL_DYNAMODB",
    }


def test_all_mistakes_are_reported_at_once_rules_between_settings_too() -> None:
    mistakes = mistakes_of(
        WORKER_APP_INSTANCE_ARN="nonsense",
        WORKER_DEAD_LETTER_QUEUE_URL=QUEUE,
        WORKER_RETRY_BASE_S="500",
        WORKER_CONCURRENCY="none",
        WORKER_MARKR="off",
    )

    assert [
        "WORKER_APP_INSTANCE_ARN",
        "WORKER_DEAD_LETTER_QUEUE_URL",
        "WORKER_CONCURRENCY",
        "WORKER_RETRY_CAP_S",
        "WORKER_MARKR",
    ] == [mistake.partition(":")[0] for mistake in mistakes]


def test_on_ecs_the_ledger_must_be_named() -> None:
    on_ecs = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/abc"}

    (mistake,) = mistakes_of(**on_ecs)

    assert "WORKER_LEDGER: must be named on ECS" in mistake
    assert [] == mistakes_of(**on_ecs, WORKER_LEDGER="dynamodb://jobs")


@pytest.mark.parametrize(
    "name", [environment_name(field) for field in Settings.model_fields] + ["WORKER_SECRET"]
)
@pytest.mark.parametrize("around", ["{}", '"{}"', "https://x:{}@h/1/q", "{}://", "arn:aws:sqs:{}"])
def test_a_secret_in_the_wrong_place_is_never_shown(name: str, around: str) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY"

    mistakes = mistakes_of(**{name: around.format(secret)})

    assert mistakes
    assert secret not in "\n".join(mistakes)


def test_what_kubernetes_and_docker_links_inject_is_no_mistake() -> None:
    injected = {
        "WORKER_PORT": "tcp://10.0.0.1:80",
        "WORKER_PORT_80_TCP_ADDR": "10.0.0.1",
        "WORKER_SERVICE_HOST": "10.0.0.1",
        "WORKER_SERVICE_PORT_HTTP": "80",
    }

    assert [] == mistakes_of(**injected)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize(
    ("around", "mend"),
    [
        ("{}\n", "`printf %s` does not"),
        (" {}", "`printf %s` does not"),
        ('"{}"', "quotes that an env file put around it"),
        ("{}'", "quotes that an env file put around it"),
    ],
)
def test_a_key_of_aws_that_was_spoilt_on_its_way_is_named_and_never_shown(
    name: str, around: str, mend: str
) -> None:
    (mistake,) = mistakes_of(**{name: around.format("s3cret/key")})

    assert mistake.startswith(f"{name}: ")
    assert mend in mistake
    assert "s3cret" not in mistake


def test_a_key_of_aws_that_is_sound_or_empty_is_no_mistake() -> None:
    assert [] == mistakes_of(AWS_ACCESS_KEY_ID="AKIA", AWS_SECRET_ACCESS_KEY="a/b+c=", AWS_SESSION_TOKEN="")


def test_an_empty_unknown_name_is_unset() -> None:
    assert [] == mistakes_of(WORKER_OLD="")
