"""What a list of messages shows, in which order, and how one gets from page to page."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ANNA, BEN, BOT, NOON, ORDERS, ManualClock, a_message, outcome
from worker.local.chime.state import Chime

NOTHING: Mapping[str, object] = {}
SENT_AT = NOON.replace(microsecond=123_000)


def test_the_newest_message_comes_first_unless_asked_otherwise(chime: Chime) -> None:
    _send(chime, "a", "b", "c")

    assert _listed(chime) == ["c", "b", "a"]
    assert _listed(chime, {"SortOrder": "ASCENDING"}) == ["a", "b", "c"]


def test_created_timestamps_of_a_channel_strictly_increase_even_when_the_clock_stands_still(
    chime: Chime,
) -> None:
    _send(chime, "a", "b", "c")

    created = [m.created_ms for m in chime.messages(ORDERS)]
    assert created == sorted(set(created))


def test_a_message_that_is_not_persistent_is_answered_but_never_listed(chime: Chime) -> None:
    chime.call("SendChannelMessage", a_message("typing", Persistence="NON_PERSISTENT"), bearer=ANNA)

    assert _listed(chime) == []
    assert [m.content for m in chime.messages(ORDERS)] == ["typing"]


def test_a_stored_message_is_missing_from_lists_while_they_lag(chime: Chime, clock: ManualClock) -> None:
    chime.switches = replace(chime.switches, list_lag_s=2)
    _send(chime, "a")

    clock.advance(1.9)
    assert _listed(chime) == []
    clock.advance(0.1)
    assert _listed(chime) == ["a"]


def test_a_targeted_message_is_listed_for_its_sender_and_its_target_only(chime: Chime) -> None:
    whisper = a_message("psst", Target=[{"MemberArn": BEN}])
    chime.call("SendChannelMessage", whisper, bearer=ANNA)

    assert [_listed(chime, bearer=who) for who in (ANNA, BEN, BOT)] == [["psst"], ["psst"], []]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"NotBefore": SENT_AT + timedelta(seconds=1)}, ["b", "c"]),
        ({"NotBefore": SENT_AT + timedelta(seconds=1, microseconds=1)}, ["c"]),
        ({"NotAfter": SENT_AT + timedelta(seconds=1)}, ["a", "b"]),
        ({"NotAfter": SENT_AT + timedelta(seconds=1, microseconds=-1)}, ["a"]),
    ],
)
def test_both_time_bounds_are_inclusive(
    chime: Chime, clock: ManualClock, bounds: dict[str, object], expected: list[str]
) -> None:
    for text in ("a", "b", "c"):
        _send(chime, text)
        clock.advance(1)

    assert _listed(chime, {"SortOrder": "ASCENDING", **bounds}) == expected


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
async def test_pages_of_a_list_hold_every_message_once_while_more_arrive(
    chime: Chime, messaging: ChimeSDKMessagingClient, order: str
) -> None:
    texts = [f"m{n:02}" for n in range(7)]
    _send(chime, *texts)

    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = await messaging.list_channel_messages(
            ChannelArn=ORDERS,
            ChimeBearer=ANNA,
            MaxResults=3,
            SortOrder="ASCENDING" if order == "ASCENDING" else "DESCENDING",
            NotBefore=NOON - timedelta(days=1),
            **({"NextToken": token["next"]} if token else {}),
        )
        seen += [message["Content"] for message in page["ChannelMessages"]]
        if not page.get("NextToken"):
            break
        if not token:
            _send(chime, "late")
        token = {"next": page["NextToken"]}

    expected = [*texts, "late"] if order == "ASCENDING" else texts[::-1]
    assert expected == seen


def test_a_page_holds_fifty_unless_the_switch_says_less(chime: Chime) -> None:
    _send(chime, *[f"m{n}" for n in range(60)])

    assert len(_listed(chime)) == 50
    chime.switches = replace(chime.switches, page_size=2)
    assert len(_listed(chime, {"MaxResults": 10})) == 2


def test_a_next_token_fits_only_the_query_it_came_from(chime: Chime) -> None:
    _send(chime, "a", "b")
    query: dict[str, object] = {"ChannelArn": ORDERS, "MaxResults": 1}
    token = chime.call("ListChannelMessages", query, bearer=ANNA)["NextToken"]

    for other in (
        {"SortOrder": "ASCENDING"},
        {"NextToken": "bm9uc2Vuc2U="},
        {"NextToken": "NQ=="},
        {"NextToken": "%%%"},
    ):
        changed = {**query, "NextToken": token, **other}
        assert outcome(chime, "ListChannelMessages", changed, bearer=ANNA) == "BadRequestException"
    assert outcome(chime, "ListChannelMessages", {**query, "NextToken": token}, bearer=ANNA) == "ok"
    assert outcome(chime, "ListChannelMessages", {**query, "NextToken": token}, bearer=BEN) != "ok"


def _send(chime: Chime, *texts: str) -> None:
    for text in texts:
        chime.call("SendChannelMessage", a_message(text), bearer=ANNA)


def _listed(chime: Chime, more: Mapping[str, object] = NOTHING, *, bearer: str = ANNA) -> list[object]:
    """The texts that a list shows this bearer."""
    answer = chime.call("ListChannelMessages", {"ChannelArn": ORDERS, **more}, bearer=bearer)
    messages = answer["ChannelMessages"]
    assert isinstance(messages, list)
    return [message["Content"] for message in messages]
