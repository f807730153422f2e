"""A queue's URL tells region and endpoint in every form that queue URLs have had."""

import pytest

from worker.settings import Mistaken, Texts, load
from worker.settings.queue_url import QueueUrl
from worker.settings.table import rows_of

HOME = "arn:aws:chime:us-east-1:111122223333:app-instance/abc-123"
VPC = "vpce-0a1b-c2d3.sqs.eu-west-1.vpce.amazonaws.com"

FORMS: list[tuple[str, str, str | None]] = [
    ("https://sqs.eu-west-1.amazonaws.com", "eu-west-1", None),
    ("https://sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1", None),
    ("https://sqs.cn-north-1.amazonaws.com.cn", "cn-north-1", None),
    ("https://sqs.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", None),
    ("https://sqs.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", None),
    ("https://sqs.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", None),
    ("https://eu-west-1.queue.amazonaws.com", "eu-west-1", None),
    ("https://queue.amazonaws.com", "us-east-1", None),
    ("https://cn-north-1.queue.amazonaws.com.cn", "cn-north-1", None),
    (f"https://{VPC}", "eu-west-1", f"https://{VPC}"),
    ("https://sqs-fips.us-east-1.amazonaws.com", "us-east-1", "https://sqs-fips.us-east-1.amazonaws.com"),
    ("https://sqs.eu-west-1.api.aws", "eu-west-1", "https://sqs.eu-west-1.api.aws"),
    ("http://127.0.0.1:5000", "ap-south-1", "http://127.0.0.1:5000"),
    ("http://localstack:4566/queue/eu-west-1", "ap-south-1", "http://localstack:4566"),
    (
        "https://evil-sqs.eu-west-1.amazonaws.com.example.org",
        "ap-south-1",
        "https://evil-sqs.eu-west-1.amazonaws.com.example.org",
    ),
]


@pytest.mark.parametrize(("base", "region", "endpoint"), FORMS, ids=[base for base, _, _ in FORMS])
def test_a_queue_url_tells_region_and_endpoint(base: str, region: str, endpoint: str | None) -> None:
    environment = {
        "WORKER_QUEUE_URL": f"{base}/111122223333/jobs.fifo",
        "WORKER_APP_INSTANCE_ARN": HOME,
        "AWS_REGION": "ap-south-1",
    }

    settings = load(Texts(environment))

    assert (region, endpoint) == (settings.queue_region, settings.queue_endpoint)
    assert ("111122223333", "jobs.fifo", True) == (
        settings.queue_url.account,
        settings.queue_url.name,
        settings.queue_url.is_fifo,
    )


def test_an_endpoint_that_is_set_goes_before_the_urls_own() -> None:
    environment = {
        "WORKER_QUEUE_URL": f"https://{VPC}/111122223333/jobs",
        "WORKER_APP_INSTANCE_ARN": HOME,
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:5000",
    }

    assert "http://127.0.0.1:5000" == load(Texts(environment)).queue_endpoint


@pytest.mark.parametrize("service", ["sqs", "chime_sdk_messaging", "chime_sdk_identity", "dynamodb"])
def test_an_endpoint_loses_its_trailing_slash(service: str) -> None:
    """A client would put its own path behind it, and sign another one than the server sees."""
    environment = {
        "WORKER_QUEUE_URL": f"https://{VPC}/111122223333/jobs",
        "WORKER_APP_INSTANCE_ARN": HOME,
        f"AWS_ENDPOINT_URL_{service.upper()}": "http://127.0.0.1:5000/base//",
    }

    settings = load(Texts(environment))

    assert "http://127.0.0.1:5000/base" == getattr(settings, f"aws_endpoint_url_{service}")


@pytest.mark.parametrize("home_region", ["us-east-1", "eu-central-1"])
def test_a_host_that_tells_no_region_is_in_the_app_instances_if_none_is_set(home_region: str) -> None:
    environment = {
        "WORKER_QUEUE_URL": "http://127.0.0.1:5000/111122223333/jobs",
        "WORKER_OUTCOMES": "http://127.0.0.1:5000/111122223333/outcomes",
        "WORKER_APP_INSTANCE_ARN": HOME.replace("us-east-1", home_region),
    }

    settings = load(Texts(environment))

    assert isinstance(settings.outcomes, QueueUrl)
    assert (home_region, home_region) == (settings.queue_region, settings.outcomes.region)


def test_a_queue_is_judged_also_while_the_app_instance_is_mistaken() -> None:
    """And is not blamed for a region that only the app instance could have told."""
    environment = {
        "WORKER_QUEUE_URL": "http://127.0.0.1:5000/111122223333/jobs",
        "WORKER_APP_INSTANCE_ARN": "abc-123",
    }

    with pytest.raises(Mistaken) as caught:
        load(Texts(environment))

    assert ["WORKER_APP_INSTANCE_ARN"] == [mistake.name for mistake in caught.value.mistakes]


def test_the_settings_say_whose_region_serves_where_none_is_set() -> None:
    [row] = [row for row in rows_of(Texts({})) if row.name == "AWS_REGION"]

    assert ("the app instance's", "default") == (row.value, row.source)


def test_the_sdks_older_name_of_the_region_serves_too() -> None:
    environment = {
        "WORKER_QUEUE_URL": "http://127.0.0.1:5000/111122223333/jobs",
        "WORKER_APP_INSTANCE_ARN": HOME,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }

    assert "eu-west-1" == load(Texts(environment)).queue_region
