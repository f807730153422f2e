"""What comes to a queue and is no job: each told by the keys that its sender always sets, and named."""

from __future__ import annotations

from collections.abc import Mapping

from worker.contract.outcome_body import EVENT_SOURCE
from worker.contract.rejected import quoted

OUTCOME = "an outcome of this worker: neither WORKER_OUTCOMES nor a rule may lead back to the source queue"

_S3_POINTERS = (
    "software.amazon.payloadoffloading.PayloadS3Pointer",
    "com.amazon.sqs.javamessaging.MessageS3Pointer",
)
_S3_POINTER = "an S3 pointer of the SQS extended client: the job itself must be in the body"


def is_outcome(value: Mapping[str, object]) -> bool:
    """Tell whether an object is an outcome of a worker, or the EventBridge event of one."""
    match value:
        case {"version": _, "job_id": _, "outcome": _}:
            return True
        case {"detail-type": _, "source": str(source)}:
            return source == EVENT_SOURCE
        case _:
            return False


def plain_name_of(value: object) -> str:
    """Name a value that is no object."""
    match value:
        case [str(tag), *_] if tag in _S3_POINTERS:
            return _S3_POINTER
        case list():
            return f"a list of {len(value)} values: enqueue each job as a body of its own"
        case None:
            return "null, not a JSON object"
        case str():
            return "a string, not a JSON object"
        case _:
            return "a number or a boolean, not a JSON object"


def name_of(value: Mapping[str, object]) -> str | None:
    """Name an object that is plainly something else than a job or its wrapping; None if it is not."""
    match value:
        case {"Type": "SubscriptionConfirmation"}:
            return "a SubscriptionConfirmation of SNS: confirm it by hand, no URL in a body is ever fetched"
        case {"Type": "UnsubscribeConfirmation"}:
            return "an UnsubscribeConfirmation of SNS: a subscription of this queue was deleted"
        case {"detail-type": _, "source": str(source)} if source.startswith("aws."):
            return _service_event_name(source)
        case {"Records": [*records]}:
            return _records_name(records)
        case {"Service": "Amazon S3", "Event": "s3:TestEvent"}:
            return "a test event of S3: remove the bucket's notification to this queue"
        case {"AlarmName": _, "NewStateValue": _}:
            return "a CloudWatch alarm"
        case {"requestContext": {"functionArn": _}, "requestPayload": _}:
            return "a record of a Lambda destination: let the function itself enqueue the job"
        case {"s3BucketName": _, "s3Key": _} | {"S3BucketName": _, "S3Key": _}:
            return _S3_POINTER
        case {"jobs": [*jobs]}:
            return f"a batch of {len(jobs)} jobs: enqueue each job as a body of its own"
        case _:
            return None


def _service_event_name(source: str) -> str:
    """Name an event that an AWS service put on its bus: `aws.` is reserved for them, partners included."""
    match source:
        case "aws.cloudwatch":
            return "a CloudWatch alarm, sent by EventBridge"
        case "aws.s3":
            return "an event notification of S3, sent by EventBridge"
        case _:
            return f"an event of the AWS service {quoted(source)}, sent by EventBridge"


def _records_name(records: list[object]) -> str:
    """Name a batch of records by the service that its first record comes from."""
    match records:
        case [{"eventSource": "aws:s3"}, *_]:
            return "an event notification of S3"
        case _:
            return f"a batch of {len(records)} records of an AWS service, not one job"
