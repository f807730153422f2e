"""What AWS leaves open: every switch changes what it says."""

from dataclasses import replace
from typing import get_args

import pytest

from tests.emulator.people import (
    ADMIN,
    ANNA,
    APP,
    ORDERS,
    PRIVATE,
    STRANGER,
    ManualClock,
    a_message,
    outcome,
)
from worker.local.chime.errors import refusal
from worker.local.chime.state import Chime
from worker.local.chime.switches import BearerCode, MissingCode, Switches
from worker.local.chime.wire import refused

FORBIDDEN = "ForbiddenException"
OFF = Switches(rates="off")


def test_a_token_used_for_another_text_may_get_the_first_answer(chime: Chime) -> None:
    chime.switches = replace(OFF, token_conflict="first_answer")
    first = chime.call("SendChannelMessage", a_message("one", token="same"), bearer=ANNA)

    assert first == chime.call("SendChannelMessage", a_message("two", token="same"), bearer=ANNA)
    assert [message.content for message in chime.messages(ORDERS)] == ["one"]


def test_a_new_channel_or_its_new_name_may_be_described_late(chime: Chime, clock: ManualClock) -> None:
    chime.switches = replace(OFF, describe_lag_s=2)
    create: dict[str, object] = {"AppInstanceArn": APP, "Name": "News", "ClientRequestToken": "one"}
    news = {"ChannelArn": chime.call("CreateChannel", create, bearer=ANNA)["ChannelArn"]}

    assert outcome(chime, "DescribeChannel", news, bearer=ANNA) == FORBIDDEN
    assert "News" not in str(chime.call("ListChannels", {"AppInstanceArn": APP}, bearer=ANNA))
    assert outcome(chime, "ListChannelMessages", news, bearer=ANNA) == "ok"
    clock.advance(2)
    assert _name(chime, news) == "News"
    chime.call("UpdateChannel", {**news, "Name": "Olds"}, bearer=ANNA)
    clock.advance(1.9)
    assert _name(chime, news) == "News"
    clock.advance(0.1)
    assert _name(chime, news) == "Olds"


def test_a_new_member_may_be_listed_late_but_sends_at_once(chime: Chime, clock: ManualClock) -> None:
    clock.advance(10)
    chime.switches = replace(OFF, membership_lag_s=2)
    chime.add_member(ORDERS, STRANGER)

    def listed() -> tuple[bool, bool]:
        members = chime.call("ListChannelMemberships", {"ChannelArn": ORDERS}, bearer=ANNA)
        channels = chime.call("ListChannelMembershipsForAppInstanceUser", {}, bearer=STRANGER)
        return STRANGER in str(members), ORDERS in str(channels)

    assert listed() == (False, False)
    assert outcome(chime, "SendChannelMessage", a_message(), bearer=STRANGER) == "ok"
    clock.advance(2)
    assert listed() == (True, True)


def test_time_bounds_may_leave_out_their_own_instant(chime: Chime) -> None:
    chime.call("SendChannelMessage", a_message(), bearer=ANNA)
    at = chime.call("ListChannelMessages", {"ChannelArn": ORDERS}, bearer=ANNA)["ChannelMessages"]
    assert isinstance(at, list)
    created = at[0]["CreatedTimestamp"]

    def seen(bound: str) -> int:
        page = chime.call("ListChannelMessages", {"ChannelArn": ORDERS, bound: created}, bearer=ANNA)
        return str(page).count("MessageId")

    assert (seen("NotBefore"), seen("NotAfter")) == (1, 1)
    chime.switches = replace(OFF, time_bounds="exclusive")
    assert (seen("NotBefore"), seen("NotAfter")) == (0, 0)


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
def test_messages_may_share_a_timestamp_and_pages_still_hold_each_once(chime: Chime, order: str) -> None:
    chime.switches = replace(OFF, timestamps="tied")
    for n in range(5):
        chime.call("SendChannelMessage", a_message(f"{n}"), bearer=ANNA)

    seen: list[str] = []
    query: dict[str, object] = {"ChannelArn": ORDERS, "SortOrder": order, "MaxResults": 2}
    token: dict[str, object] = {}
    while True:
        page = chime.call("ListChannelMessages", {**query, **token}, bearer=ANNA)
        messages = page["ChannelMessages"]
        assert isinstance(messages, list)
        seen += [message["Content"] for message in messages]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}

    assert len({message.created_ms for message in chime.messages(ORDERS)}) == 1
    assert sorted(seen, reverse=order == "DESCENDING") == seen
    assert len(seen) == 5


@pytest.mark.parametrize(("burst_s", "at_once"), [(0, 1), (0.5, 5), (1, 10), (2.5, 25)])
def test_a_quota_may_be_spent_in_bursts_of_other_sizes(chime: Chime, burst_s: float, at_once: int) -> None:
    chime.switches = Switches(burst_s=burst_s)

    sent = [outcome(chime, "SendChannelMessage", a_message(f"{n}"), bearer=ANNA) for n in range(at_once + 1)]

    assert sent == ["ok"] * at_once + ["ThrottledClientException"]


@pytest.mark.parametrize(("seconds", "header"), [(None, None), (0, "0"), (3, "3")])
def test_a_429_may_say_when_to_come_again(seconds: int | None, header: str | None) -> None:
    throttled = refused(refusal("ThrottledClientException", "Rate exceeded"), Switches(retry_after_s=seconds))
    forbidden = refused(refusal(FORBIDDEN, "no"), Switches(retry_after_s=seconds))

    assert (throttled.headers.get("Retry-After"), forbidden.headers.get("Retry-After")) == (header, None)


@pytest.mark.parametrize("code", get_args(MissingCode))
def test_what_is_answered_for_a_missing_channel_is_a_switch(chime: Chime, code: MissingCode) -> None:
    chime.switches = replace(OFF, missing=code)
    nowhere = a_message(channel=f"{APP}/channel/nowhere")

    assert outcome(chime, "SendChannelMessage", nowhere, bearer=ANNA) == code
    assert outcome(chime, "ListChannelMessages", nowhere, bearer=ANNA) == code


@pytest.mark.parametrize("code", get_args(BearerCode))
def test_what_is_answered_to_a_bad_bearer_is_a_switch(chime: Chime, code: BearerCode) -> None:
    chime.switches = replace(OFF, invalid_bearer=code)
    assert outcome(chime, "SendChannelMessage", a_message(), bearer="anna") == code
    chime.switches = replace(OFF, unknown_bearer=code)
    assert outcome(chime, "SendChannelMessage", a_message(), bearer=f"{APP}/user/nobody") == code


def test_a_channel_may_be_restricted_by_default(chime: Chime) -> None:
    chime.switches = replace(OFF, default_mode="RESTRICTED")
    create: dict[str, object] = {"AppInstanceArn": APP, "Name": "News", "ClientRequestToken": "one"}
    arn = chime.call("CreateChannel", create, bearer=ANNA)["ChannelArn"]

    assert "'Mode': 'RESTRICTED'" in str(chime.call("DescribeChannel", {"ChannelArn": arn}, bearer=ANNA))


def test_an_admin_may_send_where_it_is_no_member(chime: Chime) -> None:
    chime.switches = replace(OFF, admin_sends="everywhere")

    assert outcome(chime, "SendChannelMessage", a_message(channel=PRIVATE), bearer=ADMIN) == "ok"
    assert outcome(chime, "SendChannelMessage", a_message(channel=PRIVATE), bearer=STRANGER) == FORBIDDEN


def test_a_stranger_may_add_itself_alone_and_only_where_all_may_come(chime: Chime) -> None:
    chime.switches = replace(OFF, self_join="public")
    join: dict[str, object] = {"ChannelArn": ORDERS, "MemberArn": STRANGER, "Type": "DEFAULT"}

    assert (
        outcome(chime, "CreateChannelMembership", {**join, "MemberArn": ADMIN}, bearer=STRANGER) == FORBIDDEN
    )
    assert outcome(chime, "CreateChannelMembership", {**join, "Type": "HIDDEN"}, bearer=STRANGER) == FORBIDDEN
    assert (
        outcome(chime, "CreateChannelMembership", {**join, "ChannelArn": PRIVATE}, bearer=STRANGER)
        == FORBIDDEN
    )
    assert outcome(chime, "CreateChannelMembership", join, bearer=STRANGER) == "ok"


def test_a_member_may_delete_its_own_messages_and_no_others(chime: Chime) -> None:
    chime.switches = replace(OFF, member_deletes="own")
    sent = chime.call("SendChannelMessage", a_message(), bearer=ANNA)
    named = {"ChannelArn": ORDERS, "MessageId": sent["MessageId"]}

    assert outcome(chime, "DeleteChannelMessage", named, bearer=f"{APP}/user/ben") == FORBIDDEN
    assert outcome(chime, "DeleteChannelMessage", named, bearer=ANNA) == "ok"


def test_a_member_may_be_refused_the_description_of_a_private_channel(chime: Chime) -> None:
    chime.switches = replace(OFF, member_describes="public")

    assert outcome(chime, "DescribeChannel", {"ChannelArn": PRIVATE}, bearer=ANNA) == FORBIDDEN
    assert outcome(chime, "DescribeChannel", {"ChannelArn": ORDERS}, bearer=ANNA) == "ok"
    assert outcome(chime, "DescribeChannel", {"ChannelArn": PRIVATE}, bearer=ADMIN) == "ok"


def test_a_sub_channel_id_may_be_refused(chime: Chime) -> None:
    message = a_message(SubChannelId="sub")

    assert outcome(chime, "SendChannelMessage", message, bearer=ANNA) == "ok"
    chime.switches = replace(OFF, sub_channel="refused")
    assert outcome(chime, "SendChannelMessage", message, bearer=ANNA) == "BadRequestException"


def test_an_elastic_channel_is_not_made_into_a_plain_one(chime: Chime) -> None:
    elastic = {"MaximumSubChannels": 2, "TargetMembershipsPerSubChannel": 2, "MinimumMembershipPercentage": 5}
    create = {"AppInstanceArn": APP, "Name": "News", "ClientRequestToken": "one"}
    params = {**create, "ElasticChannelConfiguration": elastic}

    assert outcome(chime, "CreateChannel", params, bearer=ANNA) == "NotImplementedException"


def _name(chime: Chime, channel: dict[str, object]) -> object:
    described = chime.call("DescribeChannel", channel, bearer=ANNA)["Channel"]
    assert isinstance(described, dict)
    return described["Name"]
