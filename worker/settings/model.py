"""Every setting with its rules. `sources` says where the texts come from, `mistakes` words wrong types."""

from typing import Any

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from worker.contract.arns import AppInstance
from worker.settings.kinds import (
    AppInstanceArn,
    BearerPatterns,
    Bearers,
    Endpoint,
    Ledger,
    LogFormat,
    LogLevel,
    Marker,
    Outcomes,
    Port,
    Queue,
    Rate,
)
from worker.settings.mistakes import QUOTES, STILL_QUOTED
from worker.settings.outcomes_target import OutcomesTarget
from worker.settings.queue_url import QueueUrl

CALL_DEADLINE_S = 10.0
MAX_VISIBILITY_S = 43_200  # SQS hides a message for at most 12 hours
MIN_RETENTION_S = 120  # a queue and a DLQ keep a message for a minute each at the very least


def _setting(kind: str, meaning: str, *, by_default: str = "", **rules: Any) -> Any:
    """Describe a setting; *by_default* says in words a default that depends."""
    return Field(title=kind, description=meaning, json_schema_extra={"by_default": by_default}, **rules)


def _ceiling(kind: str, meaning: str, *, by_default: str) -> Any:
    return _setting(kind, meaning, by_default=by_default, default=None, validate_default=True, gt=0)


class Settings(BaseSettings):
    """
    All settings, checked. Made by `load`, so that mistakes are named by their environment names.

    The order matters: a validator sees the settings above its own, and those of them only that are right.
    That is how rules between two settings are checked although others are broken.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    aws_region: str | None = _setting(
        "region like us-east-1",
        "serves what does not tell its own region, like a queue on 127.0.0.1",
        by_default="the app instance's",
        default=None,
        pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d+$",
    )
    aws_endpoint_url_sqs: Endpoint | None = _setting("URL", "endpoint of SQS", default=None)
    aws_endpoint_url_chime_sdk_messaging: Endpoint | None = _setting(
        "URL", "endpoint of Chime messaging", default=None
    )
    aws_endpoint_url_chime_sdk_identity: Endpoint | None = _setting(
        "URL", "endpoint of Chime identity", default=None
    )
    aws_endpoint_url_dynamodb: Endpoint | None = _setting("URL", "endpoint of DynamoDB", default=None)

    app_instance_arn: AppInstanceArn = _setting("ARN", "the app instance whose channels we serve")
    queue_url: Queue = _setting("queue URL", "source queue (standard or FIFO)")
    bearer: Bearers = _setting(
        "user id, user or bot ARN",
        "app instance user we send as (a bot needs its ARN); a comma-separated list is a pool",
        default="backend_worker",
        validate_default=True,
    )
    allowed_bearers: BearerPatterns = _setting(
        "globs",
        "comma-separated globs of bearers a job may name (`user/*`: act for the people who use the app)",
        by_default="only WORKER_BEARER",
        default=None,
        validate_default=True,
    )
    dead_letter_queue_url: Queue | None = _setting(
        "queue URL",
        "where rejected and exhausted jobs go, with their reason; never the source queue, of the same type",
        by_default="from the queue's redrive policy",
        default=None,
    )
    ledger: Ledger = _setting(
        "ledger URL",
        "memory:, sqlite:///PATH (one worker's own; three slashes: relative, four: absolute) "
        "or dynamodb://TABLE (shared); on ECS it has no default",
        default="sqlite:///worker-ledger.db",
        validate_default=True,
    )
    ledger_retention_s: float = _setting(
        "seconds",
        "how long finished jobs are remembered: at least as long as queue and DLQ keep messages",
        default=2_592_000,
        ge=MIN_RETENTION_S,
    )
    outcomes: Outcomes | None = _setting(
        "queue URL, topic or bus ARN",
        "where outcomes are published: SQS queue URL, SNS topic ARN or EventBridge bus ARN; "
        "never the source queue",
        by_default="none",
        default=None,
    )
    concurrency: int = _setting("integer", "jobs in hand at once", default=64, ge=1)
    visibility_timeout_s: int = _setting(
        "seconds",
        "visibility timeout of a delivery, extended while its job is in hand; a third of it, at most 10 s, "
        "is the deadline of one Chime call",
        default=60,
        ge=1,
        le=MAX_VISIBILITY_S,
    )
    max_attempts: int = _setting("integer", "counted attempts before a job is exhausted", default=8, ge=1)
    retry_base_s: float = _setting(
        "seconds", "base of the full-jitter exponential backoff", default=0.5, gt=0
    )
    retry_cap_s: float = _setting(
        "seconds", "cap of the full-jitter exponential backoff", default=300, gt=0, le=MAX_VISIBILITY_S
    )
    bearer_rate: Rate = _ceiling(
        "per second", "ceiling of one bearer's calls", by_default="10 (us-east-1), 5 (eu-central-1)"
    )
    channel_rate: Rate = _ceiling(
        "per second", "ceiling of the sends to one channel", by_default="30 (us-east-1), 10 (eu-central-1)"
    )
    reconcile_interval_s: float = _setting(
        "seconds", "how often recent messages are listed; 0 = never", default=30, ge=0
    )
    reconcile_grace_s: float = _setting(
        "seconds",
        "a stored message may be missing from lists this long; only then does absence count",
        default=10,
        ge=0,
    )
    reconcile_share: float = _setting(
        "share",
        "while sends wait, at most this share of the bearer's rate reconciles",
        default=0.1,
        ge=0,
        le=1,
    )
    marker: Marker = _setting(
        "hash, plain or off",
        "how a message is found again: by a hash of the job id in its attributes, the job id itself, or not",
        default="hash",
    )
    join_channels: bool = _setting(
        "true or false", 'on "not a member" an admin bearer adds itself once, then sends', default=True
    )
    shutdown_timeout_s: float = _setting(
        "seconds", "drain limit after SIGTERM; must be below the container's stop timeout", default=25, gt=0
    )
    admin_host: str = _setting(
        "host name or IP address",
        "where `/healthz` and `/readyz` listen",
        default="127.0.0.1",
        pattern=r"^[A-Za-z0-9.:_-]+$",
    )
    admin_port: Port = _setting(
        "port or off", "their port; 0 = a free one (logged)", default=8080, ge=0, le=65_535
    )
    log_level: LogLevel = _setting(
        "debug, info, warning or error", "least level that is logged", default="info"
    )
    log_format: LogFormat = _setting(
        "auto, json or console", "form of log lines; auto = console on a terminal", default="auto"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _has_no_quotes(cls, value: object) -> object:
        if isinstance(value, str) and value.strip(QUOTES) != value:
            raise ValueError(STILL_QUOTED)
        return value

    @field_validator("dead_letter_queue_url")
    @classmethod
    def _fits_the_queue(cls, dlq: QueueUrl | None, info: ValidationInfo) -> QueueUrl | None:
        queue: QueueUrl | None = info.data.get("queue_url")
        if dlq and queue:
            if dlq.is_same_queue_as(queue):
                raise ValueError("is the source queue itself: name another queue.")
            if dlq.is_fifo != queue.is_fifo:
                raise ValueError(
                    f"is a {dlq.type} queue, WORKER_QUEUE_URL a {queue.type} one: one type for both."
                )
            if dlq.region != queue.region:
                raise ValueError(
                    f"is in {dlq.region}, WORKER_QUEUE_URL in {queue.region}: one region for both."
                )
        return dlq

    @field_validator("outcomes")
    @classmethod
    def _is_no_other_queue(
        cls, outcomes: OutcomesTarget | None, info: ValidationInfo
    ) -> OutcomesTarget | None:
        for name in ("queue_url", "dead_letter_queue_url"):
            other: QueueUrl | None = info.data.get(name)
            if other and isinstance(outcomes, QueueUrl) and outcomes.is_same_queue_as(other):
                raise ValueError(f"is the queue of WORKER_{name.upper()}: outcomes need one of their own.")
        return outcomes

    @field_validator("retry_cap_s")
    @classmethod
    def _is_at_least_the_base(cls, cap_s: float, info: ValidationInfo) -> float:
        base_s = info.data.get("retry_base_s", cap_s)
        if cap_s < base_s:
            raise ValueError(
                f"must be at least WORKER_RETRY_BASE_S ({base_s:g}): raise the cap, or lower the base."
            )
        return cap_s

    @property
    def app_instance(self) -> AppInstance:
        """The app instance whose channels we serve."""
        return self.app_instance_arn

    @property
    def bearer_arns(self) -> tuple[str, ...]:
        """The bearers of the pool, the first one being the default."""
        return self.bearer

    @property
    def region(self) -> str:
        """The region of what does not tell its own: DynamoDB's."""
        return self.aws_region or self.app_instance.region

    @property
    def chime_region(self) -> str:
        """Chime's region: the app instance's."""
        return self.app_instance.region

    @property
    def queue_region(self) -> str:
        """The region of SQS: the queue's."""
        return self.queue_url.region

    @property
    def queue_endpoint(self) -> str | None:
        """The endpoint of SQS; None for the SDK's own."""
        return self.aws_endpoint_url_sqs or self.queue_url.endpoint

    @property
    def call_deadline_s(self) -> float:
        """The deadline of one Chime call, so that three fit into a claim."""
        return min(CALL_DEADLINE_S, self.visibility_timeout_s / 3)
