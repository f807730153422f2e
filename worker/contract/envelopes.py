"""What a readable body is: a job, or something else by name. Wrappings are named, not yet opened."""

from __future__ import annotations

from collections.abc import Mapping

from worker.contract.reasons import Reason
from worker.contract.rejected import Rejected

_S3_POINTERS = (
    "software.amazon.payloadoffloading.PayloadS3Pointer",
    "com.amazon.sqs.javamessaging.MessageS3Pointer",
)
_UNWRAP = "wrapped jobs are not supported by this version of the worker"


def opened(value: object) -> dict[str, object]:
    """Return the job object of a parsed body, or raise Rejected (`not_a_job`) naming what it is."""
    if not isinstance(value, dict):
        raise Rejected(Reason.NOT_A_JOB, f"The body is {_plain_name(value)}.")
    if name := _name_of(value):
        raise Rejected(Reason.NOT_A_JOB, f"The body is {name}.")
    return value


def _plain_name(value: object) -> str:
    """Name what is no object."""
    match value:
        case [str(tag), *_] if tag in _S3_POINTERS:
            return "an S3 pointer of the SQS extended client: the job itself must be in the body"
        case list():
            return f"a list of {len(value)} values: enqueue each job as a body of its own"
        case None:
            return "null, not a JSON object"
        case str():
            return "a string, not a JSON object"
        case _:
            return "a number or a boolean, not a JSON object"


def _name_of(body: Mapping[str, object]) -> str | None:
    """Name an object by the keys that its sender always sets; None means that it must be a job."""
    match body:
        case {"Type": "SubscriptionConfirmation" | "UnsubscribeConfirmation" as kind, "TopicArn": _}:
            return f"a {kind} of SNS: someone must confirm it by hand, no URL in a body is ever fetched"
        case {"Type": "Notification", "TopicArn": _, "Message": _}:
            return f"an SNS notification: {_UNWRAP}; switch on raw message delivery"
        case {"specversion": _, "source": _, "type": _}:
            return f"a CloudEvent: {_UNWRAP}"
        case {"detail-type": _, "source": _, "detail": _}:
            return _event_bridge_name(body)
        case {"Service": "Amazon S3", "Event": "s3:TestEvent"}:
            return "a test event of S3: remove the bucket's notification to this queue"
        case {"Records": [*records]}:
            return _records_name(records)
        case {"AlarmName": _, "NewStateValue": _}:
            return "a CloudWatch alarm"
        case {"version": _, "job_id": _, "outcome": _}:
            return "an outcome of this worker: WORKER_OUTCOMES must not lead back to the source queue"
        case {"jobs": [*jobs]}:
            return f"a batch of {len(jobs)} jobs: enqueue each job as a body of its own"
        case _:
            return None


def _event_bridge_name(event: Mapping[str, object]) -> str:
    match event:
        case {"source": "chime-backend-worker"}:
            return (
                "an outcome of this worker, sent by EventBridge: no rule may lead it back to the source queue"
            )
        case {"source": "aws.cloudwatch"}:
            return "a CloudWatch alarm, sent by EventBridge"
        case _:
            return f"an EventBridge event: {_UNWRAP}; let the rule send $.detail"


def _records_name(records: list[object]) -> str:
    """Name a batch of records by the service that its first record comes from."""
    match records:
        case [{"eventSource": "aws:s3"}, *_]:
            return "an event notification of S3"
        case _:
            return f"a batch of {len(records)} records of an AWS service, not one job"
