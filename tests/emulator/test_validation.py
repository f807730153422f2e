"""Requests that break a rule of the service model or the developer guide, and what just fits."""

from dataclasses import replace

import pytest

from tests.emulator.people import ANNA, ORDERS, a_message, outcome
from worker.local.chime.errors import ChimeError
from worker.local.chime.state import Chime


@pytest.mark.parametrize(
    "change",
    [
        {"Content": None},
        {"Content": ""},
        {"Content": 7},
        {"Content": "x" * 4097},
        {"Content": "é" * 2049},
        {"Type": "SYSTEM"},
        {"Type": None},
        {"Persistence": "MAYBE"},
        {"Metadata": "x" * 1025},
        {"Metadata": "é" * 513},
        {"Metadata": "two\nlines"},
        {"Metadata": "two\u2028lines"},
        {"ClientRequestToken": "x"},
        {"ClientRequestToken": "x" * 65},
        {"ClientRequestToken": "with space"},
        {"ClientRequestToken": None},
        {"ContentType": "x" * 46},
        {"ChannelArn": "orders"},
        {"Target": []},
        {"Target": [{"MemberArn": ANNA}] * 2},
        {"Target": [{"MemberArn": f"{ORDERS}/not/a/member"}]},
        {"PushNotification": {"Title": "x" * 51, "Body": "b", "Type": "DEFAULT"}},
        {"PushNotification": {"Title": "t", "Body": "x" * 151, "Type": "DEFAULT"}},
        {"MessageAttributes": {"": {"StringValues": ["v"]}}},
        {"MessageAttributes": {"x" * 65: {"StringValues": ["v"]}}},
        {"MessageAttributes": {"k": {"StringValues": ["x" * 513]}}},
        {"MessageAttributes": {"k": {"StringValues": ["x" * 511] * 2 + ["xx"]}}},
        {"Type": "CONTROL", "Content": "x" * 31},
        {"Type": "CONTROL", "Content": "x", "Metadata": "m"},
    ],
)
def test_what_breaks_a_rule_is_a_bad_request_that_stores_nothing(
    chime: Chime, change: dict[str, object]
) -> None:
    assert (
        outcome(chime, "SendChannelMessage", {**a_message(), **change}, bearer=ANNA) == "BadRequestException"
    )
    assert chime.messages(ORDERS) == []


@pytest.mark.parametrize(
    "change",
    [
        {"Content": "x" * 4096},
        {"Content": "é" * 2048},
        {"Metadata": "é" * 512},
        {"Metadata": ""},
        {"ClientRequestToken": "x" * 64},
        {"ContentType": "x" * 45},
        {"MessageAttributes": {"k": {"StringValues": ["x" * 512, "x" * 511]}}},
        {"Type": "CONTROL", "Content": "é" * 15},
    ],
)
def test_what_just_fits_is_taken(chime: Chime, change: dict[str, object]) -> None:
    assert outcome(chime, "SendChannelMessage", {**a_message(), **change}, bearer=ANNA) == "ok"


def test_limits_count_characters_if_the_switch_says_so(chime: Chime) -> None:
    chime.switches = replace(chime.switches, text_limits="characters")

    assert outcome(chime, "SendChannelMessage", a_message("é" * 4096), bearer=ANNA) == "ok"


def test_too_much_text_is_refused_in_the_words_seen_from_the_live_service(chime: Chime) -> None:
    with pytest.raises(ChimeError) as refused:
        chime.call("SendChannelMessage", a_message("x" * 5000), bearer=ANNA)

    seen = "Channel Messages size limit exceeded. Content max 4096, Metadata max 1024"
    assert seen == refused.value.message


def test_a_refusal_quotes_nothing_of_what_was_sent(chime: Chime) -> None:
    secret = "hunter2" * 200
    for change in (
        {"Metadata": secret},
        {"Type": secret},
        {"ClientRequestToken": secret},
        {"ContentType": secret},
    ):
        with pytest.raises(ChimeError) as refused:
            chime.call("SendChannelMessage", {**a_message(), **change}, bearer=ANNA)
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("size", [0, 51, "5", True])
def test_a_page_size_out_of_range_is_a_bad_request(chime: Chime, size: object) -> None:
    params = {"ChannelArn": ORDERS, "MaxResults": size}

    assert outcome(chime, "ListChannelMessages", params, bearer=ANNA) == "BadRequestException"
