"""Bodies that are no job: each is refused with the right reason and a detail that helps, and quickly."""

from __future__ import annotations

import json
import time

import pytest

from tests.contract_job.bodies import HOME, a_job, a_message, message_in, parse, refuse

UNREADABLE = {
    "empty": ("", "empty"),
    "white-space": (" \r\n\t", "empty"),
    "xml": ("<job id='a'/>", "XML"),
    "plain-text": ("hello there", "line 1 column 1"),
    "truncated": ('{"id": "a", "chan', "line 1 column 13"),
    "trailing-text": ('{"id": "a"}\n{"id": "b"}', "goes on after its JSON value, at line 2 column 1"),
    "bom": ('\ufeff{"id": "a"}', "byte order mark"),
    "python-repr": ("{'id': 'a'}", "double quotes, at line 1 column 2"),
    "100k-deep-arrays": ("[" * 100_000 + "]" * 100_000, "32 levels"),
    "100k-unclosed-objects": ('{"a":' * 50_000, "32 levels"),
    "33-deep": ("[" * 33 + "]" * 33, "32 levels"),
    "long-integer": ("9" * 5_000, "5000 characters"),
    "huge-integer": ("-" + "9" * 250_000, "250001 characters"),
    "nan": ('{"id": NaN}', "NaN"),
    "infinity": ('{"id": Infinity}', "Infinity"),
    "minus-infinity": ('{"id": -Infinity}', "-Infinity"),
    "1e999": ('{"id": -1e999}', "1e999"),
    "duplicate-key": ('{"id": "a", "id": "b"}', 'duplicate key "id"'),
    "duplicate-key-inside": ('{"message": {"content": "a", "content": "a"}}', '"content"'),
    "lone-high-surrogate": ('{"id":\n "\\ud83d!"}', "lone surrogate at line 2 column 3"),
    "lone-low-surrogate": ('["\\uDE00"]', "lone surrogate"),
    "swapped-surrogates": ('["\\ude00\\ud83d"]', "lone surrogate"),
    "raw-surrogate": ('["\ud83d"]', "lone surrogate at line 1 column 3"),
    "nul-escape": ('{"id": "a\\u0000"}', r"NUL (\u0000) at line 1 column 10"),
    "nul-after-backslash": ('["\\\\\\u0000"]', "NUL"),
    "raw-control": ('{"id": "a\x00"}', "control character, at line 1 column 10"),
    "1-mib": ('"' + "x" * 1024 * 1024 + '"', "1048578 bytes"),
    "size-in-bytes": ('"' + "é" * 131_072 + '"', "262146 bytes"),
    "base64": ("eyJpZCI6ICJhIiwgImNoYW5uZWwiOiAib3JkZXJzIn0=", "Base64"),
    "base64-gzip": ("H4sIAAAAAAAAA6tWKkotyczPU7JSUKoFAKkZ5tQTAAAA", "Base64"),
    "base64-in-json": ('"eyJpZCI6ICJhIiwgImNoYW5uZWwiOiAib3JkZXJzIn0="', "Base64"),
    "twice-encoded": (json.dumps(json.dumps({"id": "a"})), "encoded twice"),
    "thrice-encoded": (json.dumps(json.dumps(json.dumps({"id": "a"}))), "encoded twice"),
}


@pytest.mark.parametrize(("body", "named"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_not_strict_json_is_unreadable(body: object, named: str) -> None:
    """The detail says what is wrong, and where if that can be said."""
    refusal = refuse(body)

    assert (refusal.reason, refusal.job_id) == ("unreadable", None)
    assert named in refusal.detail


def test_a_backslash_before_a_u_is_text_and_not_nul() -> None:
    """Two backslashes are one character, whatever follows."""
    assert message_in(a_message(content="\\u0000 \\ud800")).content == "\\u0000 \\ud800"


def test_json_may_be_32_levels_deep() -> None:
    """The cap is for absurd depth; the job itself is the first level."""
    deep: object = []
    for _ in range(30):
        deep = [deep]

    assert parse(a_job(context=deep)).context == "[" * 31 + "]" * 31


NOT_A_JOB = {
    "null": (None, "null"),
    "number": ("12", "number"),
    "boolean": (True, "boolean"),
    "string": ('"hello"', "a string"),
    "list": ([{"id": "a"}, {"id": "b"}], "list of 2 values"),
    "batch": ({"jobs": [{"id": "a"}]}, "batch of 1 jobs"),
    "s3-test": ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}, "test event of S3"),
    "s3-event": ({"Records": [{"eventSource": "aws:s3", "s3": {}}]}, "event notification of S3"),
    "records": ({"Records": [{"eventSource": "aws:sqs"}, {}]}, "batch of 2 records"),
    "alarm": ({"AlarmName": "a", "NewStateValue": "ALARM"}, "CloudWatch alarm"),
    "s3-pointer": (["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3Key": "k"}], "S3 pointer"),
}


@pytest.mark.parametrize(("body", "named"), NOT_A_JOB.values(), ids=NOT_A_JOB)
def test_what_is_plainly_something_else_is_named(body: object, named: str) -> None:
    """Whoever reads the dead letter learns what it is and who sent it."""
    refusal = refuse(body)

    assert (refusal.reason, refusal.job_id) == ("not_a_job", None)
    assert named in refusal.detail


INVALID: dict[str, tuple[dict[str, object], str]] = {
    "no-fields": ({"id": None, "channel": None, "message": None}, "id: is required; channel: is required"),
    "number-for-string": ({"channel": 3}, "channel: must be a channel ARN"),
    "boolean-for-string": ({"bearer": True}, "bearer: must be a valid string"),
    "string-for-object": ({"message": "hi"}, "message: must be"),
    "list-for-type": ({"type": ["send_message"]}, "type: must be"),
    "unknown-type": ({"type": "send_mesage"}, "type: must be one of send_message, update_message, "),
    "typo": ({"chanel": "orders"}, "chanel: unknown field (did you mean channel?)."),
    "camel-case": ({"notBefore": "x"}, "did you mean not_before?"),
    "wrong-place": ({"content": "x"}, "did you mean message.content?"),
    "endpoint-url": ({"endpoint_url": "http://x"}, "endpoint_url: unknown field"),
    "dunder": ({"__class__": "x"}, "__class__: unknown field"),
    "schema-version": ({"version": 2}, "version: unknown field"),
    "unknown-and-null": ({"colour": None}, "colour: unknown field"),
    "sentence-as-key": ({"Dear Ann, your order": 1}, "the job: holds an unknown field"),
    "tag-as-key": ({"(id)": 1}, "the job: holds an unknown field"),
    "number-as-channel-id": ({"channel": {"id": 3}}, "channel.id: must be a valid string."),
    "channel-null-form": ({"channel": {"id": None}}, "channel: must be"),
    "channel-unknown-form": ({"channel": {"colour": "red"}}, "channel: must be"),
    "channel-unknown-field": ({"channel": {"id": "a", "colour": None}}, "channel.colour: unknown field"),
    "channel-typo": (
        {"channel": {"name": "a", "creat": True}},
        "channel.creat: unknown field (did you mean channel.create?).",
    ),
    "12k-unknown-keys": ({f"k{n}": n for n in range(12_000)}, "k0: unknown field"),
    "channel-by-number": ({"channel": {"name": 3}}, "channel.name: must be a valid string."),
    "channel-by-two-names": ({"channel": {"name": "a", "members": ["b"]}}, "channel: must be"),
    "channel-of-nobody": ({"channel": {"members": []}}, "channel.members: must have at least 1 item"),
    "channel-of-one-text": ({"channel": {"members": "ana"}}, "channel.members: must be a valid list."),
    "channel-of-a-channel": (
        {"channel": {"members": [f"{HOME}/channel/a"]}},
        "channel.members: this is the ARN of a channel",
    ),
    "create-by-id": (
        {"channel": {"id": "a", "create": True}},
        "channel: create goes with a name or with members",
    ),
    "create-by-arn": ({"channel": {"arn": f"{HOME}/channel/a", "create": True}}, "channel: must be"),
    "create-alone": ({"channel": {"create": True}}, "channel: must be"),
    "create-false": (
        {"channel": {"name": "a", "create": False}},
        "channel.create: must be true, or an object",
    ),
    "create-number": ({"channel": {"name": "a", "create": 1}}, "channel.create: must be true, or an object"),
    "create-typo": (
        {"channel": {"name": "a", "create": {"privcy": "PUBLIC"}}},
        "channel.create.privcy: unknown field (did you mean channel.create.privacy?).",
    ),
    "create-true-days": (
        {"channel": {"name": "a", "create": {"expiration_days": True}}},
        "channel.create.expiration_days: must be a valid integer.",
    ),
    "channel-twice": ({"channel": {"id": "a", "arn": f"{HOME}/channel/a"}}, "channel: must be"),
    "channel-empty": ({"channel": ""}, 'channel: "" is not a channel id'),
    "id-in-arn-form": ({"channel": {"arn": "orders"}}, "is not an ARN"),
    "arn-in-id-form": ({"channel": {"id": f"{HOME}/channel/a"}}, "is not a channel id"),
    "user-for-channel": ({"channel": f"{HOME}/user/alice"}, "the ARN of a user, not of a channel"),
    "flow-for-channel": ({"channel": f"{HOME}/channel-flow/f"}, "the ARN of a channel-flow"),
    "app-instance-for-channel": ({"channel": HOME}, "the ARN of an app instance"),
    "channel-for-bearer": ({"bearer": f"{HOME}/channel/a"}, "bearer: this is the ARN of a channel"),
    "foreign-bearer": ({"bearer": f"{HOME}x/user/alice"}, "bearer: its app instance is 3ab1f1b6x"),
    "other-service": ({"channel": "arn:aws:sqs:us-east-1:123456789012:orders"}, "is not an ARN of Chime"),
    "epoch": ({"not_after": 1893456000}, "not_after: must be an RFC 3339 string with offset, never a number"),
    "no-offset": (
        {"not_before": "2030-01-01T12:00:00"},
        "not_before: must be an RFC 3339 instant with offset",
    ),
    "empty-window": (
        {"not_before": "2030-01-01T14:00:00Z", "not_after": "2030-01-01T13:59:59Z"},
        "not_after: lies before not_before",
    ),
}


@pytest.mark.parametrize(("fields", "named"), INVALID.values(), ids=INVALID)
def test_a_job_that_breaks_the_schema_is_told_how(fields: dict[str, object], named: str) -> None:
    """Each problem is named by its field, and the job by its id if that is sound."""
    body = a_job(**fields)

    refusal = refuse(body)

    assert (refusal.reason, refusal.job_id) == ("invalid_job", body["id"])
    assert named in refusal.detail


UNTOLD = {
    "attribute-name": a_message(attributes={"Ann": 1}),
    "attribute-value": a_message(attributes={"a": ["Ann" * 200]}),
    "duplicate-metadata-key": '{"message": {"metadata": {"Ann": 1, "Ann": 2}}}',
    "duplicate-context-key": '{"context": {"Ann": 1, "Ann": 2}}',
    "context": a_job(context="Ann" * 400),
    "enumeration": a_message(type="Ann"),
    "instant": a_job(not_after="Ann"),
}


@pytest.mark.parametrize("body", UNTOLD.values(), ids=UNTOLD)
def test_a_detail_names_fields_and_never_what_the_producer_put_in_them(body: object) -> None:
    """Names of attributes and keys of metadata are message data too."""
    assert "Ann" not in refuse(body).detail


@pytest.mark.parametrize(
    "job_id",
    ["", "x" * 129, "a\n", "a b", "a\\b", "ö", "😀", "<script>", "{0.__class__}", 7, True, ["a"]],
    ids=ascii,
)
def test_an_unsound_id_is_refused_and_not_passed_on(job_id: object) -> None:
    """Ids go into logs, pages and attributes: only the contract's characters do."""
    refusal = refuse(a_job(id=job_id))

    assert (refusal.reason, refusal.job_id) == ("invalid_job", None)
    assert refusal.detail.startswith("id: ")


@pytest.mark.parametrize("job_id", ["a", "svc/2030:order@8812_x.y-z", "../..", "A" * 128], ids=ascii)
def test_an_id_of_the_contracts_characters_is_taken(job_id: object) -> None:
    """An id is opaque: dots and slashes mean nothing."""
    assert parse(a_job(id=job_id)).id == job_id


FOREIGN = {
    "partition": ("arn:aws-cn:chime:us-east-1:123456789012:app-instance/3ab1f1b6", "partition is aws-cn"),
    "region": ("arn:aws:chime:eu-central-1:123456789012:app-instance/3ab1f1b6", "region is eu-central-1"),
    "account": ("arn:aws:chime:us-east-1:999999999999:app-instance/3ab1f1b6", "account is 999999999999"),
    "app-instance": ("arn:aws:chime:us-east-1:123456789012:app-instance/other", "app instance is other"),
}


@pytest.mark.parametrize(("instance", "named"), FOREIGN.values(), ids=FOREIGN)
def test_a_channel_of_another_app_instance_is_foreign(instance: str, named: str) -> None:
    """The detail says where the channel leaves our app instance."""
    refusal = refuse(a_job(channel=f"{instance}/channel/orders"))

    assert (refusal.reason, refusal.job_id) == ("foreign_channel", "order-8812")
    assert named in refusal.detail


@pytest.mark.parametrize(
    "end",
    ["*", "a\r\nb", "a b", "../x", "a/../b", "a%2fb", "a\n", "-a", "a-", "a/message/b", "é", "?", ""],
    ids=ascii,
)
@pytest.mark.parametrize("start", ["", f"{HOME}/channel/"], ids=["id", "arn"])
def test_a_channel_of_odd_characters_is_refused(start: str, end: str) -> None:
    """Nothing reaches a request path but what Chime allows in an id."""
    refusal = refuse(a_job(channel=start + end))

    assert refusal.reason == "invalid_job"
    assert refusal.detail.isprintable()


SLOW = {
    "integers": "[" + "1," * 130_000 + "1]",
    "empty-objects": "[" + "{}," * 87_000 + "{}]",
    "escapes": '"' + r"\n" * 131_000 + '"',
    "backslashes": '"' + "\\\\" * 131_000 + '"',
    "unknown-keys": json.dumps({f"k{n}": n for n in range(14_000)}),
    "attributes": json.dumps({"message": {"attributes": {f"k{n}": n for n in range(15_000)}}}),
    "attribute-values": '{"message": {"attributes": {"a": [' + "1," * 125_000 + "1]}}}",
    "long-key": '{"' + "x" * 250_000 + '": 1}',
    "base64": "eyJ" + "A" * 250_000 + "!",
    "1-mib": "[" * 1024 * 1024,
}


@pytest.mark.parametrize("body", SLOW.values(), ids=SLOW)
def test_no_body_takes_long(body: object) -> None:
    """50 ms of CPU on a machine of its own; the test allows for a slow one, but not for quadratic work."""
    refuse(body)
    before = time.process_time()

    refuse(body)

    assert time.process_time() - before < 0.25
