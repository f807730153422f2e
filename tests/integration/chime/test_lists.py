"""A list is evidence: what may be read as a page of messages, and what may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.integration.chime.conftest import BEARER, CHANNEL, RawServer
from worker.adapters.chime import ChimeChannels
from worker.core.evidence import Listed, Page
from worker.core.replies import Cause, NotNow

AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
WHOLE = {
    "MessageId": "m1",
    "CreatedTimestamp": AT.timestamp(),
    "Sender": {"Arn": BEARER, "Name": "Worker"},
    "MessageAttributes": {"job": {"StringValues": ["MARKER"]}, "other": {"StringValues": ["x"]}},
}


async def look(raw: RawServer, channels: ChimeChannels, told: object) -> object:
    raw.answers("200 OK", json.dumps(told).encode(), "Content-Type: application/json")
    return await channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)


async def test_a_whole_message_is_read_with_its_time_sender_and_marker(
    raw: RawServer, channels: ChimeChannels
) -> None:
    page = await look(raw, channels, {"ChannelArn": CHANNEL, "ChannelMessages": [WHOLE], "NextToken": "more"})

    assert Page((Listed("m1", BEARER, AT, ("MARKER",)),), "more") == page


@pytest.mark.parametrize(
    "missing",
    [
        {"Sender": None},
        {"Sender": {}},
        {"MessageAttributes": None},
        {"MessageAttributes": {}},
        {"MessageAttributes": {"job": {}}},
        {"Redacted": True, "Content": None, "MessageAttributes": None, "Sender": None},
    ],
    ids=str,
)
async def test_a_message_may_lack_what_a_redaction_or_an_emulator_leaves_out(
    raw: RawServer, channels: ChimeChannels, missing: dict[str, object]
) -> None:
    page = await look(raw, channels, {"ChannelMessages": [{**WHOLE, **missing}]})

    assert isinstance(page, Page)
    [listed] = page.messages
    assert "m1" == listed.message_id
    assert listed.sender_arn in (BEARER, "")
    assert listed.markers in (("MARKER",), ())
    assert () in (listed.markers, tuple(listed.sender_arn))


async def test_a_page_that_names_our_channel_and_no_messages_is_empty(
    raw: RawServer, channels: ChimeChannels
) -> None:
    assert Page(()) == await look(raw, channels, {"ChannelArn": CHANNEL})


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"NextToken": "more"}, id="a token alone"),
        pytest.param({"ChannelArn": "arn:other", "ChannelMessages": []}, id="another channel"),
        pytest.param({"ChannelMessages": {"0": WHOLE}}, id="no list"),
        pytest.param({"ChannelMessages": [WHOLE, "?"]}, id="a string for a message"),
        pytest.param({"ChannelMessages": [{**WHOLE, "MessageId": None}]}, id="no id"),
        pytest.param({"ChannelMessages": [{**WHOLE, "CreatedTimestamp": None}]}, id="no time"),
        pytest.param({"ChannelMessages": [{**WHOLE, "CreatedTimestamp": "soon"}]}, id="no such time"),
        pytest.param({"ChannelMessages": [], "NextToken": 7}, id="a number for a token"),
        pytest.param([], id="a list"),
        pytest.param("?", id="a string"),
    ],
)
async def test_anything_else_proves_nothing(raw: RawServer, channels: ChimeChannels, told: object) -> None:
    reply = await look(raw, channels, told)

    assert isinstance(reply, NotNow)
    assert reply.cause is Cause.BROKEN_REPLY


async def test_a_look_asks_for_what_it_was_told_to(raw: RawServer, channels: ChimeChannels) -> None:
    raw.answers("200 OK", b'{"ChannelMessages": []}')

    await channels.list_messages(
        CHANNEL, bearer_arn=BEARER, not_before=AT, sub_channel_id="sub", next_token="more"
    )

    [request] = raw.requests
    line = request.split(b"\r\n")[0].decode()
    for asked in ("sort-order=DESCENDING", "max-results=50", "sub-channel-id=sub", "next-token=more"):
        assert asked in line
    assert "not-before=2026-01-02T03%3A04%3A05.678000Z" in line
    assert f"x-amz-chime-bearer: {BEARER}".encode() in request
