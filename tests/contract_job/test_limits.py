"""Every limit of a job: what just fits is taken, one more is refused under the limit's own name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract_job.bodies import a_job, a_message, message_in, parse, refuse

CONTROL = {"type": "CONTROL"}


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that just fits, one that is a step too large, and how the refusal names it."""

    fits: Any
    too_large: Any
    reason: str
    named: str


MESSAGE_LIMITS = {
    "content": Limit(
        {"content": "x" * 4096}, {"content": "x" * 4097}, "content_too_large", "content: has 4097 bytes"
    ),
    "content-in-bytes": Limit(
        {"content": "é" * 2048}, {"content": "é" * 2048 + "x"}, "content_too_large", "content"
    ),
    "content-astral": Limit(
        {"content": "😀" * 1024}, {"content": "😀" * 1024 + "x"}, "content_too_large", "content"
    ),
    "content-empty": Limit({"content": "x"}, {"content": ""}, "invalid_job", "message.content"),
    "control": Limit(
        CONTROL | {"content": "x" * 30}, CONTROL | {"content": "x" * 31}, "content_too_large", "31 bytes"
    ),
    "control-in-bytes": Limit(
        CONTROL | {"content": "é" * 15},
        CONTROL | {"content": "é" * 15 + "x"},
        "content_too_large",
        "31 bytes",
    ),
    "control-metadata": Limit(CONTROL, CONTROL | {"metadata": ""}, "invalid_job", "message.metadata"),
    "metadata": Limit({"metadata": "x" * 1024}, {"metadata": "x" * 1025}, "metadata_too_large", "1025 bytes"),
    "metadata-object": Limit(
        {"metadata": {"a": "é" * 508}},
        {"metadata": {"a": "é" * 508 + "x"}},
        "metadata_too_large",
        "1025 bytes",
    ),
    "content-type": Limit(
        {"content_type": "é" * 45}, {"content_type": "x" * 46}, "invalid_job", "45 characters"
    ),
    "push-title": Limit(
        {"push": {"title": "😀" * 50}}, {"push": {"title": "x" * 51}}, "invalid_job", "push.title"
    ),
    "push-body": Limit(
        {"push": {"body": "😀" * 150}}, {"push": {"body": "x" * 151}}, "invalid_job", "push.body"
    ),
    "attribute-name": Limit(
        {"attributes": {"é" * 64: ["x"]}}, {"attributes": {"x" * 65: ["x"]}}, "invalid_job", "64 characters"
    ),
    "attribute-value": Limit(
        {"attributes": {"a": ["x" * 512]}},
        {"attributes": {"a": ["x" * 513]}},
        "invalid_job",
        "512 characters",
    ),
    "attributes-in-all": Limit(
        {"attributes": {"ab": ["é" * 239, "x" * 480]}},
        {"attributes": {"abc": ["é" * 239, "x" * 480]}},
        "invalid_job",
        "961 bytes",
    ),
    "marker-key": Limit(
        {"attributes": {"jobs": ["x"]}}, {"attributes": {"job": ["x"]}}, "invalid_job", '"job"'
    ),
    "target": Limit({"target": "u" * 64}, {"target": "u" * 65}, "invalid_job", "message.target"),
    "one-target": Limit({"target": "u"}, {"target": ["u"]}, "invalid_job", "message.target"),
    "sub-channel": Limit(
        {"sub_channel_id": "s" * 128}, {"sub_channel_id": "s" * 129}, "invalid_job", "message.sub_channel_id"
    ),
}


@pytest.mark.parametrize("limit", MESSAGE_LIMITS.values(), ids=MESSAGE_LIMITS)
def test_a_message_may_fill_each_limit_and_not_pass_it(limit: Limit) -> None:
    """Chime's limits are checked before a call is spent."""
    parse(a_message(**limit.fits))

    refusal = refuse(a_message(**limit.too_large))

    assert (limit.reason, "order-8812") == (refusal.reason, refusal.job_id)
    assert limit.named in refusal.detail


JOB_LIMITS = {
    "id": Limit({"id": "x" * 128}, {"id": "x" * 129}, "invalid_job", "id: must match"),
    "id-empty": Limit({"id": "x"}, {"id": ""}, "invalid_job", "id: must match"),
    "channel-id": Limit({"channel": "c" * 64}, {"channel": "c" * 65}, "invalid_job", "channel"),
    "bearer": Limit({"bearer": "b" * 64}, {"bearer": "b" * 65}, "invalid_job", "bearer"),
    "context": Limit(
        {"context": "é" * 511}, {"context": "é" * 511 + "x"}, "invalid_job", "context: has 1025 bytes"
    ),
}


@pytest.mark.parametrize("limit", JOB_LIMITS.values(), ids=JOB_LIMITS)
def test_a_job_may_fill_each_limit_and_not_pass_it(limit: Limit) -> None:
    """The worker's own limits hold to the byte as well."""
    parse(a_job(**limit.fits))

    refusal = refuse(a_job(**limit.too_large))

    assert refusal.reason == limit.reason
    assert limit.named in refusal.detail


@pytest.mark.parametrize("line_break", "\n\r\v\f\x85\u2028\u2029", ids=ascii)
@pytest.mark.parametrize("field", ["metadata", "title", "body"])
def test_one_line_texts_hold_no_line_break_of_any_kind(field: str, line_break: str) -> None:
    """Chime's pattern for these texts stops at every line break, not only at newlines."""
    text = f"one{line_break}two"
    fields = {"metadata": text} if field == "metadata" else {"push": {field: text}}

    refusal = refuse(a_message(**fields))

    assert refusal.reason == "invalid_job"
    assert f"{field}: must not hold a line break" in refusal.detail


def test_a_newline_inside_a_metadata_object_is_escaped_and_so_no_line_break() -> None:
    """What counts is the text that Chime gets."""
    assert message_in(a_message(metadata={"a": "x\ny"})).metadata == r'{"a":"x\ny"}'


def test_a_size_has_its_own_reason_only_if_nothing_else_is_wrong() -> None:
    """A job that must be mended in several places is invalid, and every place is named."""
    refusal = refuse(a_message(content="x" * 4097, metadata="x" * 1025, colour="red"))

    assert refusal.reason == "invalid_job"
    for named in ("content: has 4097", "metadata: has 1025", "message.colour: unknown field"):
        assert named in refusal.detail


def test_at_most_five_problems_are_named() -> None:
    """A detail is for reading."""
    refusal = refuse(a_job(**{f"field_{n}": n for n in range(1000)}))

    assert refusal.detail.count("unknown field") == 5
    assert refusal.detail.endswith("; and more.")
