"""Lists the app instance's channels, once for all names that wait. It finds nothing: the directory does."""

from __future__ import annotations

import asyncio
from functools import partial

from worker.contract.reasons import Reason
from worker.contract.targets import Privacy
from worker.core.directory import MOST_CHANNELS, ChannelPage, Directory, NamedChannel
from worker.core.replies import Cause, NotNow, Refused
from worker.loop.calls import Calls
from worker.loop.pages import pages
from worker.loop.shared import Shared
from worker.ports import Channels

MOST_PAGES = 100
"""A list that goes on for so many calls does not come to an end; 1,000 channels are 20 pages."""
LISTED: tuple[Privacy, ...] = ("PUBLIC", "PRIVATE")


class Sweep:
    """Sweeps over the channels, one at a time. Only if *bearer_arn* is an admin, it sees private ones."""

    def __init__(self, channels: Channels, calls: Calls, *, app_instance_arn: str, bearer_arn: str) -> None:
        self._channels = channels
        self._calls = calls
        self._app_instance_arn = app_instance_arn
        self._bearer_arn = bearer_arn
        self._shared: Shared[Directory | NotNow] = Shared()

    async def directory(self) -> Directory | NotNow | None:
        """Sweep, or wait for the sweep under way; None if the service was asked to stop meanwhile."""
        return await self._shared.once("all names", self._sweep)

    async def _sweep(self) -> Directory | NotNow | None:
        began_at = asyncio.get_running_loop().time()
        channels: list[NamedChannel] = []
        for privacy in LISTED:
            listed = await self._list(privacy, most=MOST_CHANNELS - len(channels))
            match listed:
                case None | NotNow():
                    return listed
                case Refused(Reason.BEARER_INVALID, detail):
                    return NotNow(Cause.BEARER, detail)
                case Refused(_, detail) if privacy == "PUBLIC":
                    return NotNow(Cause.ACCESS_DENIED, detail)
                case Refused():
                    pass  # the private ones, to who is no admin
                case _:
                    channels += listed
            if len(channels) >= MOST_CHANNELS:
                break
        return Directory(channels, began_at=began_at)

    async def _list(self, privacy: Privacy, *, most: int) -> list[NamedChannel] | Refused | NotNow | None:
        """Read page after page, up to *most* channels; a page that was throttled is asked for again."""
        channels: list[NamedChannel] = []
        async for page in pages(partial(self._page, privacy), most=MOST_PAGES):
            if not isinstance(page, ChannelPage):
                return page
            channels += page.channels
            if len(channels) >= most:
                break
        return channels[:most]

    async def _page(self, privacy: Privacy, token: str | None) -> ChannelPage | Refused | NotNow | None:
        call = partial(
            self._channels.list_channels,
            self._app_instance_arn,
            bearer_arn=self._bearer_arn,
            privacy=privacy,
            next_token=token,
        )
        return await self._calls.insist(call, bearer_arn=self._bearer_arn, scope="ListChannels")
