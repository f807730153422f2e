"""Searching channels by their members."""

import pytest
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ADMIN, ANNA, APP, BEN, BOT, HIDDEN, ORDERS, PRIVATE, STRANGER, outcome
from worker.local.chime.state import Chime

PAIR = f"{APP}/channel/pair"


@pytest.mark.parametrize(
    ("who", "operator", "values", "expected"),
    [
        (ANNA, "EQUALS", [BEN, ANNA], [PAIR]),
        (ANNA, "EQUALS", [ANNA], []),
        (ANNA, "INCLUDES", [ANNA, BEN], [PRIVATE, ORDERS, PAIR]),
        (ANNA, "INCLUDES", [BOT], [PRIVATE, ORDERS]),
        (ANNA, "INCLUDES", [HIDDEN], []),
        (BOT, "INCLUDES", [ANNA], [PRIVATE, ORDERS]),
        (STRANGER, "INCLUDES", [ANNA], []),
        (ADMIN, "INCLUDES", [ANNA], [PRIVATE, ORDERS, PAIR]),
    ],
)
def test_one_finds_channels_by_members_among_ones_own_an_admin_among_all(
    chime: Chime, who: str, operator: str, values: list[str], expected: list[str]
) -> None:
    chime.add_channel(PAIR, privacy="PRIVATE")
    for member in (ANNA, BEN):
        chime.add_member(PAIR, member)

    field = {"Key": "MEMBERS", "Operator": operator, "Values": values}
    found = chime.call("SearchChannels", {"Fields": [field]}, bearer=who)["Channels"]

    assert isinstance(found, list)
    assert [channel["ChannelArn"] for channel in found] == expected


async def test_a_stock_client_pages_through_what_it_finds(messaging: ChimeSDKMessagingClient) -> None:
    first = await messaging.search_channels(
        Fields=[{"Key": "MEMBERS", "Operator": "INCLUDES", "Values": [BEN]}], ChimeBearer=ANNA, MaxResults=1
    )
    second = await messaging.search_channels(
        Fields=[{"Key": "MEMBERS", "Operator": "INCLUDES", "Values": [BEN]}],
        ChimeBearer=ANNA,
        MaxResults=1,
        NextToken=first["NextToken"],
    )

    assert [page["Channels"][0]["ChannelArn"] for page in (first, second)] == [PRIVATE, ORDERS]
    assert "NextToken" not in second


def test_a_search_without_a_bearer_is_refused(chime: Chime) -> None:
    """The service model lets it out, the developer guide calls it mandatory."""
    field = {"Key": "MEMBERS", "Operator": "EQUALS", "Values": [BEN]}

    assert outcome(chime, "SearchChannels", {"Fields": [field]}, bearer=None) == "BadRequestException"
