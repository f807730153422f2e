"""The kinds of value a setting can have: how each is read from text, given the settings before it."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainValidator, ValidationInfo

from worker.contract.arns import AppInstance
from worker.settings.identity import CHIME_REGIONS, parse_app_instance, parse_bearer_patterns, parse_bearers
from worker.settings.ledger_url import LedgerUrl, parse_ledger_url
from worker.settings.outcomes_target import OutcomesTarget, parse_outcomes_target
from worker.settings.queue_url import QueueUrl

# Chime's quotas per bearer and, for sends, per channel.
CEILINGS_PER_S = {
    "us-east-1": {"bearer": 10.0, "channel": 30.0},
    "eu-central-1": {"bearer": 5.0, "channel": 10.0},
}

_ENDPOINT = re.compile(
    r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?/?"
)


def _queue_url(text: str, info: ValidationInfo) -> QueueUrl:
    return QueueUrl.parse(text, _region(info))


def _outcomes_target(text: str, info: ValidationInfo) -> OutcomesTarget:
    return parse_outcomes_target(text, _region(info))


# What rests on a setting that is itself mistaken is not judged: one mistake, one sentence.
def _region(info: ValidationInfo) -> str:
    """Give the region of what does not tell its own: AWS_REGION, else the app instance's."""
    home = info.data.get("app_instance_arn")
    return info.data.get("aws_region") or (home.region if home else CHIME_REGIONS[0])


def _bearers(text: str, info: ValidationInfo) -> tuple[str, ...]:
    home = info.data.get("app_instance_arn")
    return parse_bearers(text, home) if home else ()


def _bearer_patterns(text: str | None, info: ValidationInfo) -> tuple[str, ...]:
    home = info.data.get("app_instance_arn")
    if text is None or home is None:
        bearers: tuple[str, ...] = info.data.get("bearer", ())
        return bearers
    return parse_bearer_patterns(text, home)


def _rate(text: str | None, info: ValidationInfo) -> str | float:
    if text is not None:
        return text
    home = info.data.get("app_instance_arn")
    ceilings = CEILINGS_PER_S[home.region if home else CHIME_REGIONS[0]]
    return ceilings["bearer" if info.field_name == "bearer_rate" else "channel"]


def _endpoint(text: str) -> str:
    if not _ENDPOINT.fullmatch(text):
        raise ValueError("must be an endpoint's URL, like http://127.0.0.1:5000")
    return text.rstrip("/")


def _port(text: str | int) -> str | int | None:
    return None if isinstance(text, str) and text.lower() == "off" else text


AppInstanceArn = Annotated[AppInstance, PlainValidator(parse_app_instance)]
Queue = Annotated[QueueUrl, PlainValidator(_queue_url)]
Bearers = Annotated[tuple[str, ...], PlainValidator(_bearers)]
BearerPatterns = Annotated[tuple[str, ...], PlainValidator(_bearer_patterns)]
Ledger = Annotated[LedgerUrl, PlainValidator(parse_ledger_url)]
Outcomes = Annotated[OutcomesTarget, PlainValidator(_outcomes_target)]
Rate = Annotated[float, BeforeValidator(_rate)]
Endpoint = Annotated[str, PlainValidator(_endpoint)]
Port = Annotated[int | None, BeforeValidator(_port)]
Marker = Annotated[Literal["hash", "plain", "off"], BeforeValidator(str.lower)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)]
LogFormat = Annotated[Literal["auto", "json", "console"], BeforeValidator(str.lower)]
