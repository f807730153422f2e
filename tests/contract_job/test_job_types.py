"""Jobs that do something else than send: what each becomes, and whose fields are whose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract_job.bodies import HOME, parse, refuse
from tests.contract_job.type_cases import (
    LIMITED,
    MISPLACED,
    ORDERS_ARN,
    OWN,
    REFUSED,
    SMALLEST,
    typed,
    update,
)
from worker.contract.requests import (
    AddMembers,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    OfJob,
    OfMessage,
    RedactMessage,
    RemoveMembers,
    Request,
    UpdateMessage,
)
from worker.contract.targets import ByArn, Creation, Named, OfMembers, Target
from worker.contract.wire import FIELDS, WIRES

ANA, BEN, BOT = f"{HOME}/user/ana", f"{HOME}/user/ben", f"{HOME}/bot/helper"
ORDERS = ByArn(ORDERS_ARN)
OPEN = Creation(privacy="PUBLIC", mode="UNRESTRICTED")
CLOSED = Creation(privacy="PRIVATE", mode="RESTRICTED")


OF_JOB, BY_ID = OfJob("order-8812"), OfMessage("m-1")
IN_SUB_CHANNEL = {"message_id": "m-1", "sub_channel_id": "s-1"}
MADE = Creation(privacy="PUBLIC", mode="UNRESTRICTED", name="orders")

REQUESTS: dict[str, tuple[dict[str, Any], Request]] = {
    "update": (SMALLEST["update_message"], UpdateMessage(OF_JOB, "Shipped", None, None, None)),
    "update-in-full": (
        typed(
            "update_message",
            message_of=IN_SUB_CHANNEL,
            message={"content": "é", "metadata": {"a": 1}, "content_type": "text/plain"},
        ),
        UpdateMessage(BY_ID, "é", '{"a":1}', "text/plain", "s-1"),
    ),
    "redact": (SMALLEST["redact_message"], RedactMessage(OF_JOB, None)),
    "redact-in-sub-channel": (
        typed("redact_message", message_of=IN_SUB_CHANNEL),
        RedactMessage(BY_ID, "s-1"),
    ),
    "delete": (SMALLEST["delete_message"], DeleteMessage(OF_JOB, None)),
    "delete-by-id": (typed("delete_message", message_of={"message_id": "m-1"}), DeleteMessage(BY_ID, None)),
    "create": (SMALLEST["create_channel"], CreateChannel(MADE, (), "DEFAULT")),
    "delete-channel": (SMALLEST["delete_channel"], DeleteChannel()),
    "add": (SMALLEST["add_members"], AddMembers((ANA,), "DEFAULT")),
    "add-in-full": (
        typed("add_members", members=["ben", ANA, "ana", BOT], membership_type="HIDDEN"),
        AddMembers((BOT, ANA, BEN), "HIDDEN"),
    ),
    "remove": (typed("remove_members", members=["ben", BEN, "ana"]), RemoveMembers((ANA, BEN))),
}


@pytest.mark.parametrize(("body", "request_"), REQUESTS.values(), ids=REQUESTS)
def test_a_job_asks_for_what_its_type_says(body: dict[str, Any], request_: Request) -> None:
    """Members are resolved and sorted, and each is there once."""
    parsed = parse(body)

    assert (body["type"], ORDERS, request_) == (parsed.type, parsed.target, parsed.request)


IN_FULL = {"privacy": "PRIVATE", "mode": "RESTRICTED", "name": "Team", "moderators": ["ana"]}
TEAM = Creation(privacy="PRIVATE", mode="RESTRICTED", name="Team", moderator_arns=(ANA,))
CREATIONS: dict[str, tuple[dict[str, Any], Target, CreateChannel]] = {
    "arn": ({"channel": {"arn": ORDERS_ARN}}, ORDERS, CreateChannel(MADE, (), "DEFAULT")),
    "id": ({"channel": {"id": "orders"}}, ORDERS, CreateChannel(MADE, (), "DEFAULT")),
    "id-create": ({"channel": {"id": "orders", "create": True}}, ORDERS, CreateChannel(MADE, (), "DEFAULT")),
    "id-in-full": (
        {"channel": {"id": "orders", "create": IN_FULL}},
        ORDERS,
        CreateChannel(TEAM, (), "DEFAULT"),
    ),
    "members-to-add": (
        {"members": ["ben", "ana"], "membership_type": "HIDDEN"},
        ORDERS,
        CreateChannel(MADE, (ANA, BEN), "HIDDEN"),
    ),
    "name": ({"channel": {"name": "a"}}, Named("a", OPEN), CreateChannel(OPEN, (), "DEFAULT")),
    "name-in-full": (
        {"channel": {"name": "a", "create": IN_FULL}, "members": ["ben"]},
        Named("a", TEAM),
        CreateChannel(TEAM, (BEN,), "DEFAULT"),
    ),
    "members": (
        {"channel": {"members": ["ben", "ana"]}},
        OfMembers((ANA, BEN), CLOSED),
        CreateChannel(CLOSED, (ANA, BEN), "DEFAULT"),
    ),
    "members-in-full": (
        {"channel": {"members": ["ben"], "create": IN_FULL}},
        OfMembers((BEN,), TEAM),
        CreateChannel(TEAM, (BEN,), "DEFAULT"),
    ),
}


@pytest.mark.parametrize(("fields", "target", "request_"), CREATIONS.values(), ids=CREATIONS)
def test_a_channel_is_made_whether_the_job_says_create_or_not(
    fields: dict[str, Any], target: Target, request_: CreateChannel
) -> None:
    """Under a given id it is called as that, unless it is given a name."""
    parsed = parse(typed("create_channel", **fields))

    assert (target, request_) == (parsed.target, parsed.request)


def test_a_job_may_add_members_to_a_channel_that_is_made_on_the_way() -> None:
    body = typed("add_members", channel={"name": "a", "create": True}, members=["ana"])

    assert Named("a", OPEN) == parse(body).target


@pytest.mark.parametrize(("body", "said"), MISPLACED, ids=str)
def test_a_field_of_other_types_is_refused_by_name(body: object, said: str) -> None:
    refusal = refuse(body)

    assert ("invalid_job", f"{said}.", "order-8812/2") == (refusal.reason, refusal.detail, refusal.job_id)


MISSING = [(kind, name) for kind, body in SMALLEST.items() for name in body if name not in ("id", "type")]


@pytest.mark.parametrize(("kind", "name"), MISSING, ids=str)
def test_a_field_that_a_type_needs_is_demanded_by_name(kind: str, name: str) -> None:
    body = {each: value for each, value in SMALLEST[kind].items() if each != name}

    for without in (body, body | {name: None}):
        assert f"{name}: is required." == refuse(without).detail


def test_every_type_and_every_field_of_the_contract_is_here() -> None:
    assert list(SMALLEST) == list(WIRES)
    assert {"id", "type", "channel", "bearer", "not_before", "not_after", "context", *OWN} == set(FIELDS[""])


@pytest.mark.parametrize(("body", "said"), REFUSED.values(), ids=REFUSED)
def test_a_job_that_breaks_a_rule_of_its_type_is_told_how(body: object, said: str) -> None:
    refusal = refuse(body)

    assert ("invalid_job", "order-8812/2") == (refusal.reason, refusal.job_id)
    assert said in refusal.detail


OWN_REASONS = {"content": "content_too_large", "metadata": "metadata_too_large"}


@pytest.mark.parametrize("name", LIMITED)
def test_a_job_of_any_type_may_fill_each_limit_and_not_pass_it(name: str) -> None:
    fits, too_large = LIMITED[name]
    parse(fits)

    assert OWN_REASONS.get(name, "invalid_job") == refuse(too_large).reason


def test_jobs_that_mean_the_same_have_one_hash_and_others_have_their_own() -> None:
    same = [
        (typed("add_members", members=["ben", "ana"]), typed("add_members", members=[ANA, BEN, "ana"])),
        (
            typed("create_channel"),
            typed("create_channel", channel={"id": "orders", "create": {"name": "orders"}}),
        ),
        (typed("delete_channel"), typed("delete_channel", bearer=None, context=1)),
    ]
    others = [
        *(SMALLEST.values()),
        *(body for body, _ in REQUESTS.values() if body not in SMALLEST.values()),
        typed("redact_message", message_of={"message_id": "order-8812"}),
        typed("add_members", members=["ana"], membership_type="HIDDEN"),
        typed("delete_channel", bearer="ana"),
        typed("create_channel", channel={"name": "orders"}),
    ]

    assert [parse(ours).payload_hash for ours, _ in same] == [
        parse(theirs).payload_hash for _, theirs in same
    ]
    assert len({parse(body).payload_hash for body in others}) == len(others)


HASHES = {
    "send_message": "52395ba04038b9b7",
    "update_message": "ef2df8d3378f1340",
    "redact_message": "256931585a7b2f18",
    "delete_message": "04afee5d15d699ff",
    "create_channel": "08512acb8becdef0",
    "delete_channel": "a1572e735dea8630",
    "add_members": "1e004ab190144732",
    "remove_members": "e82701178b2d41dd",
}


def test_the_hash_of_a_job_of_any_type_never_changes_between_versions() -> None:
    """Ledger rows outlive an update of the worker: a changed hash would refuse every job in flight."""
    hashes = {kind: parse(body).payload_hash[:16] for kind, body in SMALLEST.items()}

    assert HASHES == hashes


def test_a_job_of_another_type_shows_no_text_in_its_repr() -> None:
    assert "s3cret" not in repr(parse(update(content="s3cret", metadata="s3cret")))
