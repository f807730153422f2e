"""Channels that are named instead of given: the target, its limits, and what makes it another job."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract_job.bodies import HOME, a_job, parse, refuse
from tests.contract_job.test_limits import Limit
from worker.contract.targets import Creation, Named, OfMembers

ANA, BEN = f"{HOME}/user/ana", f"{HOME}/user/ben"
OPEN = Creation(privacy="PUBLIC", mode="UNRESTRICTED")
CLOSED = Creation(privacy="PRIVATE", mode="RESTRICTED")
IN_FULL = {
    "privacy": "PRIVATE",
    "mode": "RESTRICTED",
    "name": "Ticket 31",
    "metadata": {"ticket": 31},
    "moderators": ["ben", ANA],
    "expiration_days": 30,
}


def to(channel: dict[str, Any]) -> dict[str, object]:
    return a_job(channel=channel)


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        ({"name": "orders"}, Named("orders")),
        ({"name": "orders", "create": None}, Named("orders")),
        ({"name": " Café ☕ "}, Named(" Café ☕ ")),
        ({"name": "orders", "create": True}, Named("orders", OPEN)),
        ({"name": "orders", "create": {}}, Named("orders", OPEN)),
        ({"members": ["ana"]}, OfMembers((ANA,))),
        ({"members": ["ben", ANA, "ana", "ben"]}, OfMembers((ANA, BEN))),
        ({"members": [f"{HOME}/bot/b"], "id": None}, OfMembers((f"{HOME}/bot/b",))),
        ({"members": ["ana"], "create": True}, OfMembers((ANA,), CLOSED)),
    ],
    ids=str,
)
def test_a_channel_is_named_or_is_that_of_members(channel: dict[str, Any], target: Named | OfMembers) -> None:
    """One made for members is for them alone: nobody else sees it, and none of them lets others in."""
    assert target == parse(to(channel)).target


@pytest.mark.parametrize("of", [{"name": "orders"}, {"members": ["ana"]}], ids=["name", "members"])
def test_every_field_of_a_creation_arrives(of: dict[str, Any]) -> None:
    parsed = parse(to(of | {"create": IN_FULL}))

    assert isinstance(parsed.target, Named | OfMembers)
    assert parsed.target.creation == Creation(
        privacy="PRIVATE",
        mode="RESTRICTED",
        name="Ticket 31",
        metadata='{"ticket":31}',
        moderator_arns=(ANA, BEN),
        expiration_days=30,
    )


def created(**fields: object) -> dict[str, Any]:
    return {"name": "orders", "create": fields}


USERS = [f"user-{n}" for n in range(11)]
LIMITS = {
    "name": Limit({"name": "😀" * 256}, {"name": "x" * 257}, "invalid_job", "channel.name"),
    "name-empty": Limit({"name": "x"}, {"name": ""}, "invalid_job", "channel.name"),
    "members": Limit({"members": USERS[:10]}, {"members": USERS}, "invalid_job", "channel.members"),
    "member": Limit({"members": ["u" * 64]}, {"members": ["u" * 65]}, "invalid_job", "channel.members"),
    "moderators": Limit(
        created(moderators=USERS[:10]), created(moderators=USERS), "invalid_job", "channel.create.moderators"
    ),
    "created-name": Limit(
        created(name="x" * 256), created(name="x" * 257), "invalid_job", "channel.create.name"
    ),
    "metadata": Limit(
        created(metadata="é" * 512), created(metadata="é" * 512 + "x"), "metadata_too_large", "1025 bytes"
    ),
    "days": Limit(
        created(expiration_days=5475), created(expiration_days=5476), "invalid_job", "expiration_days"
    ),
    "no-day": Limit(created(expiration_days=1), created(expiration_days=0), "invalid_job", "expiration_days"),
}


@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
def test_a_target_may_fill_each_limit_and_not_pass_it(limit: Limit) -> None:
    parse(to(limit.fits))

    refusal = refuse(to(limit.too_large))

    assert (limit.reason, "order-8812") == (refusal.reason, refusal.job_id)
    assert limit.named in refusal.detail


@pytest.mark.parametrize("char", "\x00\t\n\x1b\x7f\x85\u2028\u2029\uffff", ids=ascii)
def test_a_name_holds_no_control_characters(char: str) -> None:
    """They would mislead whoever reads it, and some of them Chime does not take."""
    refusal = refuse(to({"name": f"or{char}ders"}))

    # NUL is refused in any text, before fields are looked at.
    assert refusal.reason == ("unreadable" if char == "\x00" else "invalid_job")


def test_a_target_in_another_spelling_is_the_same_job() -> None:
    for ours, theirs in (
        ({"name": "orders", "create": True}, {"create": {"privacy": "PUBLIC"}, "name": "orders"}),
        ({"members": ["ana", "ben"]}, {"members": [BEN, "ana", "ana"]}),
        ({"members": ["ana"], "create": True}, {"members": [ANA], "create": {"mode": "RESTRICTED"}}),
    ):
        assert parse(to(ours)).payload_hash == parse(to(theirs)).payload_hash


def test_another_target_or_creation_is_another_job() -> None:
    channels: list[object] = [
        "orders",
        {"name": "orders"},
        {"name": "Orders"},
        {"name": "orders", "create": True},
        *({"name": "orders", "create": {field: value}} for field, value in IN_FULL.items()),
        {"members": ["ana"]},
        {"members": ["ana", "ben"]},
        {"members": ["ana"], "create": True},
    ]

    assert len({parse(a_job(channel=channel)).payload_hash for channel in channels}) == len(channels)


def test_the_hash_of_a_job_with_a_named_channel_never_changes_between_versions() -> None:
    """Ledger rows outlive an update of the worker: a changed hash would refuse every job in flight."""
    hashes = [
        parse(to(channel)).payload_hash[:16]
        for channel in ({"name": "a"}, {"members": ["a"], "create": IN_FULL})
    ]

    assert ["08998d3d3a44e7ad", "99cd993a04b32833"] == hashes


def test_metadata_of_a_channel_to_be_made_is_not_in_the_jobs_repr() -> None:
    assert "s3cret" not in repr(parse(to(created(metadata="s3cret"))))
