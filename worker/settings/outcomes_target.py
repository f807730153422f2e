"""Where outcomes are published: an SQS queue, an SNS topic or an EventBridge bus."""

import re
from dataclasses import dataclass

from worker.settings.queue_url import QueueUrl

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_BUS = re.compile(r"arn:aws[a-z-]*:events:(?P<region>[a-z0-9-]+):[0-9]{12}:event-bus/[A-Za-z0-9/._-]{1,256}")


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic."""

    arn: str
    region: str


@dataclass(frozen=True, slots=True)
class EventBus:
    """An EventBridge bus."""

    arn: str
    region: str


OutcomesTarget = QueueUrl | Topic | EventBus


def parse_outcomes_target(text: str, default_region: str) -> OutcomesTarget:
    """Parse a queue's URL, a topic's ARN or a bus's ARN. Raises ValueError with the mend."""
    if found := _TOPIC.fullmatch(text):
        return Topic(text, found["region"])
    if found := _BUS.fullmatch(text):
        return EventBus(text, found["region"])
    if "://" not in text and ":sqs:" not in text:
        raise ValueError("must be an SQS queue's URL, an SNS topic's ARN or an EventBridge bus's ARN.")
    return QueueUrl.parse(text, default_region)
