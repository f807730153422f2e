"""Who may do what: Chime's implicit authorisation, and what it says about things that are not there."""

import pytest

from tests.emulator.people import (
    ADMIN,
    ANNA,
    APP,
    BEN,
    BOT,
    HIDDEN,
    MODERATOR,
    ORDERS,
    PRIVATE,
    STRANGER,
    a_message,
    outcome,
)
from worker.local.chime.errors import ChimeError
from worker.local.chime.state import Chime

NOWHERE = f"{APP}/channel/nowhere"
FORBIDDEN = "ForbiddenException"


@pytest.mark.parametrize("channel", [ORDERS, PRIVATE])
@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (ANNA, "ok"),
        (BOT, "ok"),
        (ADMIN, FORBIDDEN),
        (MODERATOR, FORBIDDEN),
        (HIDDEN, FORBIDDEN),
        (STRANGER, FORBIDDEN),
    ],
)
def test_only_default_members_send_whatever_else_they_are(
    chime: Chime, channel: str, who: str, expected: str
) -> None:
    assert outcome(chime, "SendChannelMessage", a_message(channel=channel), bearer=who) == expected


def test_an_admin_sends_once_it_has_added_itself(chime: Chime) -> None:
    join = {"ChannelArn": PRIVATE, "MemberArn": ADMIN, "Type": "DEFAULT"}

    assert outcome(chime, "SendChannelMessage", a_message(channel=PRIVATE), bearer=ADMIN) == FORBIDDEN
    assert outcome(chime, "CreateChannelMembership", join, bearer=ADMIN) == "ok"
    assert outcome(chime, "SendChannelMessage", a_message(channel=PRIVATE), bearer=ADMIN) == "ok"
    assert outcome(chime, "CreateChannelMembership", join, bearer=ADMIN) == "ConflictException"


@pytest.mark.parametrize(
    ("who", "in_public", "in_private"),
    [
        (ANNA, "ok", "ok"),
        (HIDDEN, "ok", "ok"),
        (ADMIN, "ok", "ok"),
        (MODERATOR, "ok", "ok"),
        (STRANGER, "ok", FORBIDDEN),
    ],
)
@pytest.mark.parametrize("operation", ["ListChannelMessages", "DescribeChannel", "ListChannelMemberships"])
def test_a_public_channel_is_read_by_all_a_private_one_by_those_who_belong_to_it(
    chime: Chime, operation: str, who: str, in_public: str, in_private: str
) -> None:
    assert outcome(chime, operation, {"ChannelArn": ORDERS}, bearer=who) == in_public
    assert outcome(chime, operation, {"ChannelArn": PRIVATE}, bearer=who) == in_private


@pytest.mark.parametrize(
    ("who", "in_unrestricted", "in_restricted"),
    [(ANNA, "ok", FORBIDDEN), (MODERATOR, "ok", "ok"), (ADMIN, "ok", "ok"), (STRANGER, FORBIDDEN, FORBIDDEN)],
)
def test_members_add_others_only_where_the_channel_is_unrestricted(
    chime: Chime, who: str, in_unrestricted: str, in_restricted: str
) -> None:
    for channel, expected in ((ORDERS, in_unrestricted), (PRIVATE, in_restricted)):
        params: dict[str, object] = {"ChannelArn": channel, "MemberArn": STRANGER, "Type": "DEFAULT"}
        assert outcome(chime, "CreateChannelMembership", params, bearer=who) == expected


def test_hidden_members_are_the_business_of_those_who_manage_the_channel(chime: Chime) -> None:
    hide: dict[str, object] = {"ChannelArn": ORDERS, "MemberArn": STRANGER, "Type": "HIDDEN"}
    watch: dict[str, object] = {"ChannelArn": ORDERS, "Type": "HIDDEN"}

    assert outcome(chime, "CreateChannelMembership", hide, bearer=ANNA) == FORBIDDEN
    assert outcome(chime, "ListChannelMemberships", watch, bearer=ANNA) == FORBIDDEN
    assert outcome(chime, "CreateChannelMembership", hide, bearer=MODERATOR) == "ok"
    assert outcome(chime, "ListChannelMemberships", watch, bearer=MODERATOR) == "ok"


def test_who_manages_a_channel_cannot_be_banned_from_it(chime: Chime) -> None:
    for who in (ADMIN, MODERATOR):
        ban = {"ChannelArn": ORDERS, "MemberArn": who}
        assert outcome(chime, "CreateChannelBan", ban, bearer=ADMIN) == FORBIDDEN


@pytest.mark.parametrize(
    ("operation", "allowed"),
    [
        ("UpdateChannelMessage", {ANNA}),
        ("RedactChannelMessage", {ANNA, ADMIN, MODERATOR}),
        ("DeleteChannelMessage", {ADMIN}),
    ],
)
def test_a_message_is_changed_by_those_the_roles_name(
    chime: Chime, operation: str, allowed: set[str]
) -> None:
    everybody = (ANNA, BEN, ADMIN, MODERATOR, HIDDEN, STRANGER)
    able = set()
    for who in everybody:
        sent = chime.call("SendChannelMessage", a_message(f"for {who[-9:]}"), bearer=ANNA)
        params = {"ChannelArn": ORDERS, "MessageId": sent["MessageId"], "Content": "new"}
        if outcome(chime, operation, params, bearer=who) == "ok":
            able.add(who)

    assert allowed == able


def test_a_banned_user_is_out_and_stays_out(chime: Chime) -> None:
    ban: dict[str, object] = {"ChannelArn": ORDERS, "MemberArn": BEN}
    join = {**ban, "Type": "DEFAULT"}

    assert outcome(chime, "CreateChannelBan", ban, bearer=ANNA) == FORBIDDEN
    assert outcome(chime, "CreateChannelBan", ban, bearer=MODERATOR) == "ok"
    assert outcome(chime, "SendChannelMessage", a_message(), bearer=BEN) == FORBIDDEN
    assert outcome(chime, "ListChannelMessages", {"ChannelArn": ORDERS}, bearer=BEN) == FORBIDDEN
    assert outcome(chime, "CreateChannelMembership", join, bearer=ADMIN) == FORBIDDEN
    assert outcome(chime, "DeleteChannelBan", ban, bearer=MODERATOR) == "ok"
    assert outcome(chime, "CreateChannelMembership", join, bearer=ADMIN) == "ok"


@pytest.mark.parametrize(
    ("operation", "more", "expected"),
    [
        ("SendChannelMessage", {}, FORBIDDEN),
        ("ListChannelMessages", {}, FORBIDDEN),
        ("DescribeChannel", {}, FORBIDDEN),
        ("DeleteChannel", {}, FORBIDDEN),
        ("GetChannelMessage", {"MessageId": "x"}, "NotFoundException"),
        ("CreateChannelMembership", {"MemberArn": ANNA, "Type": "DEFAULT"}, "NotFoundException"),
    ],
)
def test_a_missing_channel_is_forbidden_unless_the_operation_models_not_found(
    chime: Chime, operation: str, more: dict[str, object], expected: str
) -> None:
    params = {**a_message(channel=NOWHERE), **more}

    assert outcome(chime, operation, params, bearer=ADMIN) == expected


@pytest.mark.parametrize(
    ("bearer", "status"), [(None, 400), ("backend_worker", 400), (f"{APP}/user/nobody", 403), (ORDERS, 400)]
)
def test_a_bearer_that_is_no_user_or_bot_is_refused_by_name(
    chime: Chime, bearer: str | None, status: int
) -> None:
    with pytest.raises(ChimeError, match="An invalid app instance user ARN was supplied") as refused:
        chime.call("SendChannelMessage", a_message(), bearer=bearer)

    assert refused.value.status == status
