"""Channel flows: what the sender sees, what the others see, and when, by a script or by a callback."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.emulator.people import (
    ADMIN,
    ANNA,
    BEN,
    FLOW,
    ORDERS,
    PRIVATE,
    ManualClock,
    a_message,
    give_flow,
    named,
    outcome,
    texts_listed,
)
from worker.local.chime.state import Chime
from worker.local.chime.switches import MissingCode, Switches
from worker.local.chime.treatments import Deny, Fail, Hold, Pass, Treatment

HOUR = 3600.0


def test_a_message_is_pending_and_nobody_elses_until_the_flow_lets_it_through(
    chime: Chime, clock: ManualClock
) -> None:
    give_flow(chime, Pass(delay_s=2))

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert sent["Status"] == {"Value": "PENDING"}
    clock.advance(1.999)
    assert (_status(chime, sent), texts_listed(chime, BEN)) == ("PENDING", [])
    clock.advance(0.001)
    assert (_status(chime, sent), texts_listed(chime, BEN)) == ("SENT", ["hi"])


def test_a_flow_may_rewrite_content_metadata_and_attributes(chime: Chime) -> None:
    attributes = {"tone": {"StringValues": ["calm"]}}
    give_flow(chime, Pass(content="h*", metadata="rewritten", attributes=attributes))

    chime.call("SendChannelMessage", a_message("hi", MessageAttributes={}), bearer=ANNA)

    [message] = chime.messages(ORDERS)
    assert (message.content, message.metadata, message.attributes) == ("h*", "rewritten", attributes)
    assert (message.status, message.sender_arn) == ("SENT", ANNA)


def test_a_denied_message_is_forgotten(chime: Chime) -> None:
    give_flow(chime, Deny())

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert sent["Status"] == {"Value": "PENDING"}
    assert _status(chime, sent) == "ForbiddenException"
    assert outcome(chime, "GetChannelMessage", named(sent), bearer=ANNA) == "NotFoundException"
    assert (texts_listed(chime, ANNA), chime.messages(ORDERS)) == ([], [])


@pytest.mark.parametrize("code", ["ForbiddenException", "BadRequestException", "NotFoundException"])
def test_what_the_status_of_a_denied_message_comes_to_is_a_switch(chime: Chime, code: MissingCode) -> None:
    chime.switches = replace(chime.switches, missing_status=code)
    give_flow(chime, Deny())

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert _status(chime, sent) == code


def test_a_message_whose_processor_is_not_reached_fails_or_goes_through_by_the_fallback(chime: Chime) -> None:
    chime.add_flow(FLOW, Fail(), fallback="ABORT")
    chime.add_flow(f"{FLOW}-2", Fail(), fallback="CONTINUE")
    chime.associate_flow(ORDERS, FLOW)
    chime.associate_flow(PRIVATE, f"{FLOW}-2")

    failed = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)
    passed = chime.call("SendChannelMessage", a_message("hi", channel=PRIVATE), bearer=ANNA)

    assert (_status(chime, failed), texts_listed(chime, BEN)) == ("FAILED", [])
    assert (_status(chime, passed), texts_listed(chime, BEN, channel=PRIVATE)) == ("SENT", ["hi"])


@pytest.mark.parametrize(
    ("treatment", "hiding"),
    [
        (Hold(), Switches(rates="off", pending_listed="nobody")),
        (Fail(), Switches(rates="off", failed_listed="nobody")),
    ],
)
def test_whether_the_senders_list_shows_what_is_not_sent_is_a_switch(
    chime: Chime, treatment: Treatment, hiding: Switches
) -> None:
    give_flow(chime, treatment)
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    assert [texts_listed(chime, who) for who in (ANNA, BEN, ADMIN)] == [["hi"], [], []]
    chime.switches = hiding
    assert [texts_listed(chime, who) for who in (ANNA, BEN, ADMIN)] == [[], [], []]


def test_only_the_sender_may_ask_for_the_status_or_the_message_while_it_is_pending(chime: Chime) -> None:
    give_flow(chime, Hold())

    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    for who, seen in ((ANNA, ("ok", "ok")), (BEN, ("ForbiddenException", "NotFoundException"))):
        status = outcome(chime, "GetChannelMessageStatus", named(sent), bearer=who)
        assert (status, outcome(chime, "GetChannelMessage", named(sent), bearer=who)) == seen


def test_a_flow_sees_standard_messages_only(chime: Chime) -> None:
    give_flow(chime, Deny())
    control = a_message("hi", Type="CONTROL")
    fleeting = a_message("typing", Persistence="NON_PERSISTENT")

    assert chime.call("SendChannelMessage", control, bearer=ANNA)["Status"] == {"Value": "SENT"}
    assert chime.call("SendChannelMessage", fleeting, bearer=ANNA)["Status"] == {"Value": "PENDING"}
    assert [message.content for message in chime.messages(ORDERS)] == ["hi"]


def test_the_first_message_meets_the_first_treatment_and_the_last_treatment_stays(chime: Chime) -> None:
    give_flow(chime, Deny(), Fail(), Pass())

    sent = [chime.call("SendChannelMessage", a_message(f"{n}"), bearer=ANNA) for n in range(4)]

    assert [_status(chime, each) for each in sent] == ["ForbiddenException", "FAILED", "SENT", "SENT"]
    chime.script_flow(FLOW, Fail())
    again = chime.call("SendChannelMessage", a_message("4"), bearer=ANNA)
    assert _status(chime, again) == "FAILED"


def test_messages_come_out_of_a_flow_at_their_own_time_but_stand_where_they_were_sent(
    chime: Chime, clock: ManualClock
) -> None:
    give_flow(chime, Pass(delay_s=5), Pass(delay_s=1))
    for text in ("slow", "quick"):
        chime.call("SendChannelMessage", a_message(text), bearer=ANNA)

    clock.advance(1)
    assert texts_listed(chime, BEN) == ["quick"]
    clock.advance(4)
    assert texts_listed(chime, BEN) == ["quick", "slow"]


def test_lists_lag_from_the_moment_a_message_is_let_through(chime: Chime, clock: ManualClock) -> None:
    chime.switches = replace(chime.switches, list_lag_s=2)
    give_flow(chime, Pass(delay_s=3))
    chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    clock.advance(4.9)
    assert texts_listed(chime, BEN) == []
    clock.advance(0.1)
    assert texts_listed(chime, BEN) == ["hi"]


def test_a_repeated_token_gets_the_first_answer_whatever_became_of_the_message(chime: Chime) -> None:
    give_flow(chime, Deny())

    first = chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)

    assert first == chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)
    assert chime.messages(ORDERS) == []


@pytest.mark.parametrize(
    ("treatment", "text"), [(Pass(), "new"), (Pass(content="n*"), "n*"), (Deny(), "old"), (Fail(), "old")]
)
def test_an_edit_goes_through_the_flow_too_and_others_see_the_old_text_until_then(
    chime: Chime, clock: ManualClock, treatment: Pass | Deny | Fail, text: str
) -> None:
    sent = chime.call("SendChannelMessage", a_message("old"), bearer=ANNA)
    give_flow(chime, replace(treatment, delay_s=1))

    edited = chime.call("UpdateChannelMessage", {**named(sent), "Content": "new"}, bearer=ANNA)

    assert edited["Status"] == {"Value": "PENDING"}
    assert (_status(chime, sent), texts_listed(chime, BEN)) == ("PENDING", ["old"])
    clock.advance(1)
    assert (_status(chime, sent), texts_listed(chime, BEN)) == ("SENT", [text])


@pytest.mark.parametrize("operation", ["UpdateChannelMessage", "RedactChannelMessage"])
def test_a_message_in_process_is_not_changed(chime: Chime, operation: str) -> None:
    give_flow(chime, Hold())
    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    change = {**named(sent), "Content": "new"}

    assert outcome(chime, operation, change, bearer=ANNA) == "ConflictException"


def test_a_message_may_be_pending_for_ever(chime: Chime, clock: ManualClock) -> None:
    give_flow(chime, Hold())
    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    clock.advance(1000 * HOUR)

    assert _status(chime, sent) == "PENDING"


def _status(chime: Chime, sent: Mapping[str, object]) -> object:
    """What the sender is told of a message, or the error's name."""
    params = named(sent)
    failed = outcome(chime, "GetChannelMessageStatus", params, bearer=ANNA)
    if failed != "ok":
        return failed
    status = chime.call("GetChannelMessageStatus", params, bearer=ANNA)["Status"]
    assert isinstance(status, dict)
    return status["Value"]
