"""ClientRequestToken honoured, ignored, in conflict, lapsed. Amazon documents none of it: a switch."""

from dataclasses import replace

from tests.emulator.people import ANNA, BEN, ORDERS, PRIVATE, ManualClock, a_message, outcome
from worker.local.chime.state import Chime


def test_a_repeated_token_gets_the_first_message_id(chime: Chime) -> None:
    first = chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)
    again = chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)

    assert first == again
    assert len(chime.messages(ORDERS)) == 1


def test_an_ignored_token_makes_a_second_message(chime: Chime) -> None:
    chime.switches = replace(chime.switches, tokens="ignored")
    first = chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)
    again = chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)

    assert first["MessageId"] != again["MessageId"]
    assert len(chime.messages(ORDERS)) == 2


def test_a_token_used_for_another_text_is_a_conflict(chime: Chime) -> None:
    chime.call("SendChannelMessage", a_message("one", token="same"), bearer=ANNA)

    other = a_message("two", token="same")
    assert outcome(chime, "SendChannelMessage", other, bearer=ANNA) == "ConflictException"


def test_a_token_belongs_to_one_channel_and_one_bearer(chime: Chime) -> None:
    for channel, bearer in ((ORDERS, ANNA), (ORDERS, BEN), (PRIVATE, ANNA)):
        chime.call("SendChannelMessage", a_message(channel=channel, token="same"), bearer=bearer)

    assert [len(chime.messages(channel)) for channel in (ORDERS, PRIVATE)] == [2, 1]


def test_a_token_is_forgotten_when_its_window_has_passed(chime: Chime, clock: ManualClock) -> None:
    chime.switches = replace(chime.switches, token_window_s=60)
    for wait_s in (0, 60, 0.001):
        clock.advance(wait_s)
        chime.call("SendChannelMessage", a_message(token="same"), bearer=ANNA)

    assert len(chime.messages(ORDERS)) == 2
