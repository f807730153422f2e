"""A queue's URL tells region and endpoint in every form that queue URLs have had."""

import pytest

from worker.settings import Texts, load

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


def test_an_endpoint_that_is_set_goes_before_the_urls_own_without_its_trailing_slash() -> None:
    environment = {
        "WORKER_QUEUE_URL": f"https://{VPC}/111122223333/jobs",
        "WORKER_APP_INSTANCE_ARN": HOME,
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:5000/",
    }

    assert "http://127.0.0.1:5000" == load(Texts(environment)).queue_endpoint


def test_the_sdks_older_name_of_the_region_serves_too() -> None:
    environment = {
        "WORKER_QUEUE_URL": "http://127.0.0.1:5000/111122223333/jobs",
        "WORKER_APP_INSTANCE_ARN": HOME,
        "AWS_DEFAULT_REGION": "eu-west-1",
    }

    assert "eu-west-1" == load(Texts(environment)).queue_region
