"""The table of wrappings: what comes to the queue, and its end. `test_wrappings.py` plays and prints it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from tests.contract_job.bodies import HOME, a_job, a_message
from tests.contract_job.wrappings import (
    cloud_event,
    cloud_event_base64,
    event_bridge,
    only,
    sns,
    without,
)

JOB = a_job()
WITHOUT_ID = without(JOB, "id")
EVENT_ID = "ce:8cbdebdcd2941218a6663bf0eadcaa5a0d3a1d9036f1a3e65256fc60e36782e5"
"""What stands for the CloudEvent of these tests."""

OUTCOME = {"version": 1, "job_id": "order-8812", "outcome": "delivered", "final": True}
ALARM = {"AlarmName": "age", "NewStateValue": "ALARM", "OldStateValue": "OK"}
FIXED_SNS = ("Type", "MessageId", "TopicArn", "Message", "Timestamp")
FIXED_EVENT = ("id", "detail-type", "source", "detail")
FIXED_CLOUD = ("specversion", "id", "source", "type", "data")


@dataclass(frozen=True, slots=True)
class Good:
    """A body that is a job, under this id."""

    body: object
    job_id: str = "order-8812"


@dataclass(frozen=True, slots=True)
class Refused:
    """A body that is refused, and what the detail names."""

    body: object
    reason: str
    named: str
    job_id: str | None = None


def not_a_job(body: object, named: str) -> Refused:
    """Expect the commonest refusal of this table."""
    return Refused(body, "not_a_job", named)


GOOD: dict[str, Good] = {
    "bare, also raw from SNS: good": Good(JOB),
    "SNS: good": Good(sns(JOB)),
    "SNS: FIFO topic": Good(sns(JOB, TopicArn="arn:aws:sns:us-east-1:1:orders.fifo", SequenceNumber="1000")),
    "SNS: optional keys missing": Good(only(sns(JOB), *FIXED_SNS)),
    "SNS: optional keys null": Good(sns(JOB, Subject=None, Signature=None, MessageAttributes=None)),
    "SNS: optional keys of other spelling": Good(
        only(sns(JOB), *FIXED_SNS) | {"SigningCertUrl": "u", "UnsubscribeUrl": "u", "signatureVersion": 2}
    ),
    "SNS: pretty-printed message": Good(sns(json.dumps(JOB, indent=2) + "\n")),
    "EventBridge: good": Good(event_bridge(JOB)),
    "EventBridge: optional keys missing": Good(only(event_bridge(JOB), *FIXED_EVENT)),
    "EventBridge: optional keys null": Good(event_bridge(JOB, version=None, resources=None)),
    "CloudEvent: good": Good(cloud_event(JOB)),
    "CloudEvent: optional keys missing": Good(only(cloud_event(JOB), *FIXED_CLOUD)),
    "CloudEvent: optional keys null": Good(cloud_event(JOB, datacontenttype=None, data_base64=None)),
    "CloudEvent: id of the job absent": Good(cloud_event(WITHOUT_ID), EVENT_ID),
    "CloudEvent: id of the job null": Good(cloud_event(a_job(id=None)), EVENT_ID),
    "CloudEvent: data_base64": Good(cloud_event_base64(JOB)),
    "CloudEvent: data_base64, data null": Good(cloud_event_base64(JOB, data=None)),
    "CloudEvent: data_base64, id of the job absent": Good(cloud_event_base64(WITHOUT_ID), EVENT_ID),
    "CloudEvent: data_base64, no media type": Good(without(cloud_event_base64(JOB), "datacontenttype")),
    "CloudEvent: data_base64, JSON by suffix": Good(
        cloud_event_base64(JOB, datacontenttype="application/vnd.shop.job+JSON; charset=utf-8")
    ),
    "nested: EventBridge in SNS": Good(sns(event_bridge(JOB))),
    "nested: SNS in EventBridge": Good(event_bridge(sns(JOB))),
    "nested: CloudEvent in SNS": Good(sns(cloud_event(WITHOUT_ID)), EVENT_ID),
    "nested: CloudEvent in EventBridge in SNS": Good(sns(event_bridge(cloud_event(WITHOUT_ID))), EVENT_ID),
    "nested: SNS in SNS in SNS": Good(sns(sns(sns(JOB)))),
    "nested: SNS in CloudEvent (Base64) in SNS": Good(sns(cloud_event_base64(sns(JOB)))),
}

WRONG: dict[str, Refused] = {
    "SNS: fixed keys missing": not_a_job(
        without(sns(JOB), "MessageId", "Timestamp"), "missing, empty or no text: MessageId, Timestamp"
    ),
    "SNS: fixed key null": not_a_job(sns(JOB, TopicArn=None), "no text: TopicArn"),
    "SNS: message is no string": not_a_job(sns(JOB, Message=JOB), "no text: Message"),
    "SNS: message is plain text": Refused(sns("hello"), "unreadable", "The Message of the SNS notification"),
    "SNS: message is no job": not_a_job(sns({"order": 8812, "id": "a"}), "it has none of bearer, channel"),
    "SNS: message is a list": not_a_job(sns([JOB, JOB]), "a list of 2 values"),
    "SNS: message encoded twice": Refused(sns(json.dumps(json.dumps(JOB))), "unreadable", "encoded twice"),
    "SNS: BOM in the message": Refused(sns("\ufeff" + json.dumps(JOB)), "unreadable", "byte order mark"),
    "SNS: Base64 in the message": Refused(sns("eyJpZCI6ICJhIiwgImNoYW5uZWwi"), "unreadable", "Base64"),
    "SNS: doubled key in the message": Refused(sns('{"id":"a","id":"b"}'), "unreadable", 'key "id"'),
    "SNS: bad job": Refused(sns(a_job(chanel="x")), "invalid_job", "did you mean channel?", "order-8812"),
    "SNS: text of 4097 bytes": Refused(
        sns(a_message(content="x" * 4097)), "content_too_large", "4097 bytes", "order-8812"
    ),
    "SNS: fourth wrapping": not_a_job(sns(sns(sns(sns(JOB)))), "an SNS notification, the fourth wrapping"),
    "SNS: subscription to confirm": not_a_job(
        sns("You have chosen", Type="SubscriptionConfirmation", SubscribeURL="u", Token="t"), "by hand"
    ),
    "SNS: subscription ended": not_a_job(sns("Deactivated", Type="UnsubscribeConfirmation"), "was deleted"),
    "SNS: CloudWatch alarm": not_a_job(sns(ALARM), "is a CloudWatch alarm"),
    "SNS: S3 test event": not_a_job(
        sns({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}), "test event of S3"
    ),
    "SNS: S3 event": not_a_job(sns({"Records": [{"eventSource": "aws:s3"}]}), "event notification of S3"),
    "SNS: S3 pointer": not_a_job(
        sns(["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "b", "s3Key": "k"}]),
        "S3 pointer of the SQS extended client",
    ),
    "EventBridge: fixed keys missing": not_a_job(
        without(event_bridge(JOB), "id", "source"), "no text: id, source"
    ),
    "EventBridge: detail missing": not_a_job(without(event_bridge(JOB), "detail"), "is null"),
    "EventBridge: detail is no job": not_a_job(event_bridge({"order": 8812}), 'from "shop.orders" is no job'),
    "EventBridge: detail encoded twice": Refused(
        event_bridge(json.dumps(JOB)), "unreadable", "encoded twice"
    ),
    "EventBridge: BOM in the detail": Refused(
        event_bridge("\ufeff" + json.dumps(JOB)), "unreadable", "encoded twice"
    ),
    "EventBridge: Base64 in the detail": Refused(
        event_bridge("eyJpZCI6ICJhIiwgImNoYW5uZWwi"), "unreadable", "Base64"
    ),
    "EventBridge: bad job": Refused(
        event_bridge(a_job(channel=f"{HOME}x/channel/a")), "foreign_channel", "3ab1f1b6x", "order-8812"
    ),
    "EventBridge: event of an AWS service": not_a_job(
        event_bridge({"state": "running"}, source="aws.ec2"), 'the AWS service "aws.ec2"'
    ),
    "EventBridge: CloudWatch alarm": not_a_job(event_bridge({}, source="aws.cloudwatch"), "CloudWatch alarm"),
    "EventBridge: S3 event": not_a_job(event_bridge({}, source="aws.s3"), "event notification of S3"),
    "EventBridge: scheduled event": not_a_job(event_bridge("{}", source="aws.scheduler"), "aws.scheduler"),
    "EventBridge: Lambda destination": not_a_job(
        event_bridge({"requestContext": {"functionArn": "f"}, "requestPayload": JOB}), "a Lambda destination"
    ),
    "CloudEvent: other specversion": not_a_job(cloud_event(JOB, specversion="0.3"), 'is "0.3": only 1.0'),
    "CloudEvent: fixed keys missing": not_a_job(
        cloud_event(JOB, id="", source=None, type=1), "no text: id, source, type"
    ),
    "CloudEvent: no data": not_a_job(without(cloud_event(JOB), "data"), "is null"),
    "CloudEvent: data twice": not_a_job(cloud_event(JOB, data_base64="e30="), "both data and data_base64"),
    "CloudEvent: data encoded twice": Refused(cloud_event(json.dumps(JOB)), "unreadable", "encoded twice"),
    "CloudEvent: binary data of another media type": not_a_job(
        cloud_event_base64(JOB, datacontenttype="image/png"), 'is "image/png": a job is JSON'
    ),
    "CloudEvent: media type is no text": not_a_job(cloud_event_base64(JOB, datacontenttype=1), "no text"),
    "CloudEvent: data_base64 is no Base64": Refused(
        cloud_event_base64(JOB, data_base64="e30"), "unreadable", "is not Base64"
    ),
    "CloudEvent: data_base64 is URL-safe Base64": Refused(
        cloud_event_base64(JOB, data_base64="e3_0="), "unreadable", "is not Base64"
    ),
    "CloudEvent: data_base64 with characters of other scripts": Refused(
        cloud_event_base64(JOB, data_base64="é30="), "unreadable", "is not Base64"
    ),
    "CloudEvent: data_base64 is no string": Refused(
        cloud_event_base64(JOB, data_base64=JOB), "unreadable", "is not a string"
    ),
    "CloudEvent: data_base64 is not UTF-8": Refused(
        cloud_event_base64(JOB, data_base64="/////w=="), "unreadable", "is not UTF-8"
    ),
    "CloudEvent: BOM in data_base64": Refused(
        cloud_event_base64("\ufeff" + json.dumps(JOB)), "unreadable", "byte order mark"
    ),
    "CloudEvent: bad job without id": Refused(
        cloud_event(WITHOUT_ID | {"colour": "red"}), "invalid_job", "colour: unknown field", EVENT_ID
    ),
    "CloudEvent: id of a job deeper than its data": Refused(
        cloud_event(sns(WITHOUT_ID)), "invalid_job", "id: is required"
    ),
    "nested: fourth wrapping": not_a_job(
        event_bridge(sns(event_bridge(cloud_event(JOB)))), "a CloudEvent, the fourth wrapping"
    ),
    "nested: alarm in SNS in EventBridge": not_a_job(event_bridge(sns(ALARM)), "a CloudWatch alarm"),
    "bare: BOM before a notification": Refused(
        "\ufeff" + json.dumps(sns(JOB)), "unreadable", "byte order mark"
    ),
    "bare: Base64 of a notification": Refused(
        base64.b64encode(json.dumps(sns(JOB)).encode()).decode(), "unreadable", "looks like Base64"
    ),
    "bare: notification encoded twice": Refused(
        json.dumps(json.dumps(sns(JOB))), "unreadable", "The body is a JSON string that holds JSON"
    ),
    "bare: S3 pointer of Go's extended client": not_a_job({"s3BucketName": "b", "s3Key": "k"}, "S3 pointer"),
    "bare: S3 pointer of .NET's extended client": not_a_job(
        {"S3BucketName": "b", "S3Key": "k"}, "S3 pointer"
    ),
    "bare: Lambda destination": not_a_job(
        {"version": "1.0", "requestContext": {"functionArn": "f"}, "requestPayload": {}}, "Lambda destination"
    ),
}

OUTCOMES = {
    "outcome: bare": OUTCOME,
    "outcome: of a job without id": OUTCOME | {"job_id": None},
    "outcome: in SNS": sns(OUTCOME),
    "outcome: in EventBridge": event_bridge(OUTCOME, source="chime-backend-worker"),
    "outcome: in EventBridge, reshaped": event_bridge({"text": "x"}, source="chime-backend-worker"),
    "outcome: in EventBridge under another source": event_bridge(OUTCOME),
    "outcome: in a CloudEvent": cloud_event(OUTCOME),
    "outcome: in EventBridge in SNS": sns(event_bridge(OUTCOME, source="chime-backend-worker")),
    "outcome: in three wrappings": sns(sns(sns(OUTCOME))),
}
