"""What a good job becomes: names resolved, texts untouched, one hash for all bodies that mean the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract_job.bodies import HOME, SENT_AT, a_job, a_message, message_in, parse, refuse
from worker.contract.job import Job
from worker.contract.requests import Message, Push
from worker.contract.targets import ByArn


def test_the_smallest_job_gets_the_defaults_of_the_contract() -> None:
    """Id, channel and content are enough."""
    parsed = parse(a_job())

    message = Message(
        content="Shipped",
        type="STANDARD",
        persistence="PERSISTENT",
        metadata=None,
        content_type=None,
        attributes=(),
        push=None,
        target_arn=None,
        sub_channel_id=None,
    )
    assert parsed == Job(
        id="order-8812",
        type="send_message",
        target=ByArn(f"{HOME}/channel/orders"),
        request=message,
        bearer_arn=None,
        not_before=None,
        not_after=None,
        context=None,
        payload_hash=parsed.payload_hash,
    )


def test_every_field_of_a_message_arrives() -> None:
    """Nothing a producer says is dropped, and attributes come in one order."""
    parsed = parse(
        a_message(
            type="STANDARD",
            persistence="NON_PERSISTENT",
            metadata={"order": 8812, "name": "Ünal"},
            content_type="text/markdown",
            attributes={"team": ["blue", "red"], "kind": ["order"]},
            push={"title": "Shipped", "body": "Yours", "type": "VOIP"},
            target="alice",
            sub_channel_id="sub-1",
        )
    )

    assert parsed.request == Message(
        content="Shipped",
        type="STANDARD",
        persistence="NON_PERSISTENT",
        metadata='{"order":8812,"name":"Ünal"}',
        content_type="text/markdown",
        attributes=(("kind", ("order",)), ("team", ("blue", "red"))),
        push=Push(title="Shipped", body="Yours", type="VOIP"),
        target_arn=f"{HOME}/user/alice",
        sub_channel_id="sub-1",
    )


def test_every_field_of_a_job_arrives() -> None:
    """The bearer is resolved, instants are UTC, the context is compact JSON."""
    parsed = parse(
        a_job(
            type="send_message",
            bearer=f"{HOME}/bot/helper",
            not_before="2030-01-01T14:00:00+01:00",
            not_after="2030-01-01T15:00:00Z",
            context={"trace": [1, None]},
        )
    )

    assert parsed.bearer_arn == f"{HOME}/bot/helper"
    assert parsed.not_before == datetime(2030, 1, 1, 13, tzinfo=UTC)
    assert parsed.not_after == datetime(2030, 1, 1, 15, tzinfo=UTC)
    assert parsed.context == '{"trace":[1,null]}'


@pytest.mark.parametrize(
    "channel",
    [
        "orders",
        f"{HOME}/channel/orders",
        {"id": "orders"},
        {"arn": f"{HOME}/channel/orders"},
        {"id": "orders", "arn": None},
    ],
    ids=["id", "arn", "id-form", "arn-form", "null-is-absent"],
)
def test_all_forms_of_a_channel_mean_the_same_arn(channel: object) -> None:
    """A producer may name a channel as it likes."""
    assert parse(a_job(channel=channel)).target == ByArn(f"{HOME}/channel/orders")


@pytest.mark.parametrize(
    "text",
    [
        "👩‍👩‍👧‍👦 🏳️‍🌈 \U0001d54f",
        "e\u0301 is not \u00e9",
        "\u202eright to left\u202c שלום مرحبا",
        "  leading, trailing\t\r\n ",
        "\ufeff\ufffe\U0010ffff\x01\x1b[31m",
        "{0.__class__} %(x)s ${jndi:ldap://x} <script>",
    ],
    ids=["emoji", "combining", "bidi", "white-space", "odd-code-points", "templates"],
)
@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "raw"])
def test_content_is_kept_code_point_for_code_point(text: str, ascii_only: bool) -> None:
    """No normalising, trimming or interpreting, however the producer's JSON writes it."""
    assert message_in(json.dumps(a_message(content=text), ensure_ascii=ascii_only)).content == text


def test_null_in_an_optional_field_means_absent() -> None:
    """Producers whose serialiser writes every field are understood."""
    absent = dict.fromkeys(("type", "bearer", "not_before", "not_after", "context"))
    absent_in_message = dict.fromkeys(("type", "persistence", "metadata", "attributes", "push", "target"))

    assert parse(a_job(**absent)) == parse(a_job())
    assert parse(a_message(**absent_in_message)) == parse(a_job())


SAME = {
    "channel-arn": ({"channel": "orders"}, {"channel": f"{HOME}/channel/orders"}),
    "bearer-arn": ({"bearer": "alice"}, {"bearer": f"{HOME}/user/alice"}),
    "context": ({"context": 1}, {"context": 2}),
    "window": ({"not_after": "2030-01-01T13:00:00Z"}, {"not_before": "2030-01-01T12:30:00Z"}),
    "default-type": ({}, {"type": "send_message"}),
}


@pytest.mark.parametrize(("ours", "theirs"), SAME.values(), ids=SAME)
def test_bodies_that_mean_the_same_have_one_hash(ours: dict[str, object], theirs: dict[str, object]) -> None:
    """How a job is written, and what is not part of it, makes no other job."""
    assert parse(a_job(**ours)).payload_hash == parse(a_job(**theirs)).payload_hash


SAME_MESSAGE = {
    "metadata-string": ({"metadata": {"a": 1}}, {"metadata": '{"a":1}'}),
    "attribute-order": ({"attributes": {"a": ["1"], "b": []}}, {"attributes": {"b": [], "a": ["1"]}}),
    "target-arn": ({"target": "bob"}, {"target": f"{HOME}/user/bob"}),
    "defaults": ({}, {"type": "STANDARD", "persistence": "PERSISTENT"}),
}


@pytest.mark.parametrize(("ours", "theirs"), SAME_MESSAGE.values(), ids=SAME_MESSAGE)
def test_messages_that_mean_the_same_share_a_hash(ours: dict[str, object], theirs: dict[str, object]) -> None:
    """The resolved message counts, not its spelling."""
    assert parse(a_message(**ours)).payload_hash == parse(a_message(**theirs)).payload_hash


OTHER = {
    "content": {"content": "Shipped!"},
    "type": {"content": "Shipped", "type": "CONTROL"},
    "persistence": {"content": "Shipped", "persistence": "NON_PERSISTENT"},
    "metadata": {"content": "Shipped", "metadata": ""},
    "content-type": {"content": "Shipped", "content_type": ""},
    "attributes": {"content": "Shipped", "attributes": {"a": ["1"]}},
    "attribute-values": {"content": "Shipped", "attributes": {"a": ["1", "2"]}},
    "push": {"content": "Shipped", "push": {"title": "a"}},
    "push-body": {"content": "Shipped", "push": {"body": "a"}},
    "target": {"content": "Shipped", "target": "bob"},
    "sub-channel": {"content": "Shipped", "sub_channel_id": "s"},
}


def test_any_other_value_is_another_job() -> None:
    """The same id with another hash is a conflict, so no field may be forgotten."""
    bodies = [
        a_job(),
        a_job(channel="other"),
        a_job(bearer="alice"),
        *(a_job(message=each) for each in OTHER.values()),
    ]

    assert len({parse(body).payload_hash for body in bodies}) == len(bodies)


def test_the_hash_of_a_job_never_changes_between_versions() -> None:
    """Ledger rows outlive an update of the worker: a changed hash would refuse every job in flight."""
    assert parse(a_job()).payload_hash == "52395ba04038b9b7a9c47a919e80b56dc568c1836bfae48a0151cfa020025311"


def test_a_job_may_wait_12_h_but_no_longer() -> None:
    """SQS cannot hold a job longer; EventBridge Scheduler can."""
    longest = SENT_AT + timedelta(hours=12)

    assert parse(a_job(not_before=longest.isoformat())).not_before == longest
    refusal = refuse(a_job(not_before=(longest + timedelta(microseconds=1)).isoformat()))
    assert (refusal.reason, refusal.job_id) == ("invalid_job", "order-8812")
    assert "EventBridge Scheduler" in refusal.detail


def test_a_job_shows_no_text_in_its_repr() -> None:
    """A job that slips into a log line or an assertion error stays quiet."""
    secret = "s3cret"
    body = a_message(
        content=secret, metadata=secret, push={"title": secret, "body": secret}, attributes={secret: [secret]}
    )

    assert secret not in repr(parse(body | {"context": secret}))
