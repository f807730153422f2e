"""What is shown of a channel that is followed, and how often it is asked for. Chime is a script here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from worker.adapters.chime_reader import CannotList, ChimeReader, Posted
from worker.cli.tail import MOST_REMEMBERED, Shown, follow, follow_every_s
from worker.core.replies import Cause, NotNow

APP = "arn:aws:chime:us-east-1:123456789012:app-instance/shop"
CHANNEL = f"{APP}/channel/orders"
AT = datetime(2026, 3, 1, tzinfo=UTC)
THROTTLED = ClientError(
    {"Error": {"Code": "ThrottledClientException"}, "ResponseMetadata": {"HTTPStatusCode": 429}},  # type: ignore[typeddict-item]
    "ListChannelMessages",
)


@dataclass
class ScriptedChime:
    """Answers with *messages*, newest last, in pages; its calls are noted with the loop's time."""

    messages: int = 0
    page_size: int = 50
    faults: list[Exception] = field(default_factory=list)
    called_at: list[float] = field(default_factory=list)
    loops: bool = False

    async def list_channel_messages(self, **asked: Any) -> dict[str, object]:
        self.called_at.append(asyncio.get_running_loop().time())
        if self.faults:
            raise self.faults.pop(0)
        last = int(asked.get("NextToken", self.messages))
        first = max(0, last - self.page_size)
        page = [
            {"MessageId": str(n), "CreatedTimestamp": AT + timedelta(seconds=n), "Content": str(n)}
            for n in range(last - 1, first - 1, -1)
        ]
        token = {"NextToken": str(last if self.loops else first)} if first or self.loops else {}
        return {"ChannelArn": CHANNEL, "ChannelMessages": page, **token}


def reader_of(chime: ScriptedChime) -> ChimeReader:
    return ChimeReader(client=cast(Any, chime), bearer_arn=f"{APP}/user/b", deadline_s=10, pause_s=0.2)


async def pages_of(chime: ScriptedChime) -> list[list[int]]:
    async with asyncio.timeout(60):
        return [ids(page) async for page in reader_of(chime).messages(CHANNEL, since=None)]


def posted(n: int) -> Posted:
    return Posted(
        message_id=str(n),
        created_at=AT + timedelta(seconds=n),
        sender_name="",
        sender_arn="",
        type="STANDARD",
        content=str(n),
        is_redacted=False,
        edited_at=None,
        status="SENT",
    )


def ids(messages: Sequence[Posted]) -> list[int]:
    return [int(message.message_id) for message in messages]


def test_a_message_is_fresh_once_and_again_when_it_was_edited_redacted_or_let_through() -> None:
    shown = Shown()
    versions = [
        replace(posted(1), status="PENDING"),
        posted(1),
        replace(posted(1), edited_at=AT),
        replace(posted(1), edited_at=AT + timedelta(seconds=1)),
        replace(posted(1), is_redacted=True),
    ]

    assert [1] * len(versions) == [len(shown.fresh([version])) for version in versions]
    assert [] == shown.fresh([versions[-1]])
    assert [2, 3] == ids(shown.fresh([posted(3), versions[-1], posted(2)]))


def test_what_is_still_listed_is_remembered_longer_than_what_is_not() -> None:
    shown = Shown([posted(1), posted(0)])

    for n in range(2, MOST_REMEMBERED + 2):
        shown.fresh([posted(n), posted(1)])

    assert not shown.knows_one_of([posted(0)])
    assert shown.knows_one_of([posted(1)])


@pytest.mark.parametrize(("rate", "every_s"), [(10, 2), (5, 2), (1, 10), (0.5, 20)])
def test_following_takes_a_tenth_of_the_bearers_rate_at_most(rate: float, every_s: float) -> None:
    assert every_s == pytest.approx(follow_every_s(rate))


@pytest.mark.virtual_time
async def test_a_flood_is_caught_up_with_page_by_page_at_the_same_pace() -> None:
    chime, shown = ScriptedChime(messages=10), Shown([posted(n) for n in reversed(range(10))])
    news = follow(reader_of(chime), CHANNEL, since=None, shown=shown, every_s=2)

    nothing = await anext(news)
    chime.messages, chime.faults = 130, [THROTTLED]
    flood = await anext(news)
    after = await anext(news)

    assert ([], list(range(10, 130)), []) == (ids(nothing), ids(flood), ids(after))
    assert [2.0] * 5 == [
        later - earlier for earlier, later in zip(chime.called_at, chime.called_at[1:], strict=False)
    ]


@pytest.mark.virtual_time
async def test_an_outage_is_told_at_its_edges_and_nothing_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    chime, shown = ScriptedChime(messages=1), Shown([posted(0)])
    chime.faults = [TimeoutError(), TimeoutError()]
    news = follow(reader_of(chime), CHANNEL, since=None, shown=shown, every_s=2)

    batches = [await anext(news), await anext(news)]
    chime.messages = 2
    batches += [await anext(news), await anext(news)]

    assert [[], [], [1], []] == [ids(batch) for batch in batches]
    lines = capsys.readouterr().err.splitlines()
    assert 2 == len(lines)
    assert "Chime did not answer in time" in lines[0]
    assert "Chime answers again" == lines[1]


@pytest.mark.virtual_time
async def test_a_429_is_waited_out_but_not_for_ever() -> None:
    chime = ScriptedChime(messages=1, faults=[THROTTLED] * 3)
    patient = await pages_of(chime)
    chime.faults = [THROTTLED] * 4

    with pytest.raises(CannotList) as raised:
        await pages_of(chime)

    assert [[0]] == patient
    assert isinstance(raised.value.reply, NotNow)
    assert raised.value.reply.cause is Cause.THROTTLED
    assert 8 == len(chime.called_at)


@pytest.mark.virtual_time
async def test_a_list_that_goes_in_circles_ends() -> None:
    chime = ScriptedChime(messages=1, loops=True)

    with pytest.raises(CannotList, match="the list does not come to an end"):
        await pages_of(chime)
