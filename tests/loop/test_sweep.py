"""Reading the list of channels: all pages, a bounded number of them, and nothing concluded from a part."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random

import pytest

from tests.support.clock import LoopClock
from tests.support.stage import BEARER, HOME
from worker.contract.reasons import Reason
from worker.contract.targets import Privacy
from worker.core.directory import ChannelPage, Directory, NamedChannel
from worker.core.replies import Cause, NotNow, Refused, Resolved
from worker.local.chime.state import Chime
from worker.local.direct_channels import DirectChannels
from worker.loop.calls import Calls
from worker.loop.stopping import Stopping
from worker.loop.sweep import MOST_PAGES, Sweep
from worker.loop.turns import Turns

pytestmark = pytest.mark.virtual_time

Pages = Mapping[str | None, ChannelPage | Refused | NotNow]


def channel(n: int, name: str | None = None) -> NamedChannel:
    return NamedChannel(HOME.channel_arn(f"c-{n}"), name or f"Channel {n}")


class ListedChannels(DirectChannels):
    """A Chime whose public channels come in pages as a test writes them: emulated ones are never empty."""

    def __init__(self, pages: Pages, *, throttled: int = 0) -> None:
        super().__init__(Chime(LoopClock(), rng=Random(1)))
        self._pages = pages
        self._throttled = throttled
        self.asked: list[str | None] = []

    async def list_channels(
        self, app_instance_arn: str, *, bearer_arn: str, privacy: Privacy, next_token: str | None = None
    ) -> ChannelPage | Refused | NotNow:
        if privacy == "PRIVATE":
            return ChannelPage(())
        self.asked.append(next_token)
        if len(self.asked) <= self._throttled:
            return NotNow(Cause.THROTTLED, "Rate exceeded")
        return self._pages[next_token]


def sweep_over(channels: DirectChannels) -> Sweep:
    stopping = Stopping()
    turns = Turns(bearer_rate_per_s=10, channel_rate_per_s=10)
    calls = Calls(turns, asyncio.Semaphore(4), wait=turns.for_call, stopping=stopping)
    return Sweep(channels, calls, app_instance_arn=HOME.arn, bearer_arn=BEARER)


async def directory_of(channels: DirectChannels) -> Directory:
    directory = await sweep_over(channels).directory()
    assert isinstance(directory, Directory)
    return directory


async def test_an_empty_page_in_the_middle_does_not_end_the_list() -> None:
    pages: Pages = {
        None: ChannelPage((channel(1),), "a"),
        "a": ChannelPage((), "b"),
        "b": ChannelPage((), "c"),
        "c": ChannelPage((channel(2),)),
    }

    directory = await directory_of(ListedChannels(pages))

    assert [Resolved(HOME.channel_arn(f"c-{n}")) for n in (1, 2)] == [
        directory.find(f"Channel {n}") for n in (1, 2)
    ]


@pytest.mark.parametrize("back_to", ["a", "b"])
async def test_pages_that_lead_in_a_circle_prove_nothing_and_are_left_soon(back_to: str) -> None:
    pages: Pages = {
        None: ChannelPage((channel(1),), "a"),
        "a": ChannelPage((channel(2),), "b"),
        "b": ChannelPage((channel(3),), back_to),
    }
    channels = ListedChannels(pages)

    reply = await sweep_over(channels).directory()

    assert isinstance(reply, NotNow)
    assert Cause.BROKEN_REPLY is reply.cause
    assert len(channels.asked) <= 4


async def test_a_list_without_end_is_left_too() -> None:
    channels = ListedChannels(
        {None: ChannelPage((), "0")} | {str(n): ChannelPage((), str(n + 1)) for n in range(2 * MOST_PAGES)}
    )

    reply = await sweep_over(channels).directory()

    assert isinstance(reply, NotNow)
    assert MOST_PAGES == len(channels.asked)


async def test_the_first_1000_channels_are_looked_through_in_20_pages() -> None:
    tokens: list[str | None] = [None, *map(str, range(1, 30))]
    channels = ListedChannels(
        {
            token: ChannelPage(tuple(channel(50 * n + k) for k in range(50)), str(n + 1))
            for n, token in enumerate(tokens)
        }
    )

    directory = await directory_of(channels)

    assert 20 == len(channels.asked)
    assert Resolved(HOME.channel_arn("c-999")) == directory.find("Channel 999")
    refused = directory.find("Channel 1000")
    assert isinstance(refused, Refused)
    assert "among the first 1,000 listed" in refused.detail


async def test_a_page_that_fails_ends_the_sweep_without_a_verdict() -> None:
    unavailable = NotNow(Cause.UNAVAILABLE, "?")

    reply = await sweep_over(
        ListedChannels({None: ChannelPage((channel(1),), "a"), "a": unavailable})
    ).directory()

    assert unavailable == reply


async def test_a_page_that_is_throttled_is_asked_for_again_and_what_was_read_is_kept() -> None:
    pages: Pages = {None: ChannelPage((channel(1),), "a"), "a": ChannelPage((channel(2),))}
    channels = ListedChannels(pages, throttled=3)

    directory = await directory_of(channels)

    assert [None] * 4 + ["a"] == channels.asked
    assert isinstance(directory.find("Channel 1"), Resolved)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (Reason.BEARER_INVALID, Cause.BEARER),
        (Reason.FORBIDDEN_OR_MISSING_CHANNEL, Cause.ACCESS_DENIED),
        (Reason.BAD_REQUEST, Cause.ACCESS_DENIED),
    ],
)
async def test_that_the_worker_may_not_list_channels_is_no_jobs_fault(reason: Reason, cause: Cause) -> None:
    reply = await sweep_over(ListedChannels({None: Refused(reason, "No.")})).directory()

    assert NotNow(cause, "No.") == reply


async def test_sweeps_asked_for_at_once_are_one() -> None:
    channels = ListedChannels({None: ChannelPage((channel(1),))})
    sweep = sweep_over(channels)

    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(sweep.directory()) for _ in range(5)]

    assert 1 == len({id(task.result()) for task in asked}) == len(channels.asked)
    assert await sweep.directory() is not asked[0].result()
