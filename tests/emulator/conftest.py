"""A shop's Chime: as an object, served over HTTP, and stock SDK clients that talk to it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from types_aiobotocore_chime_sdk_identity.client import ChimeSDKIdentityClient
from types_aiobotocore_chime_sdk_messaging.client import ChimeSDKMessagingClient

from tests.emulator.people import ManualClock, a_chime
from worker.local.chime.server import Emulator, emulator
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches

ONE_ATTEMPT = AioConfig(
    retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=1, connect_timeout=1
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def chime(clock: ManualClock) -> Chime:
    """A shop without quotas; a test that wants them turns them on."""
    return a_chime(clock, Switches(rates="off"))


@pytest.fixture
async def served(chime: Chime) -> AsyncIterator[Emulator]:
    async with emulator(chime) as running:
        yield running


@pytest.fixture(scope="session")
def sdk() -> AioSession:
    """One session, so that the service models are read once."""
    return get_session()


@pytest.fixture
async def messaging(sdk: AioSession, served: Emulator) -> AsyncIterator[ChimeSDKMessagingClient]:
    client: AbstractAsyncContextManager[ChimeSDKMessagingClient] = sdk.create_client(
        "chime-sdk-messaging", region_name="us-east-1", endpoint_url=served.url, config=ONE_ATTEMPT
    )
    async with client as connected:
        yield connected


@pytest.fixture
async def identity(sdk: AioSession, served: Emulator) -> AsyncIterator[ChimeSDKIdentityClient]:
    client: AbstractAsyncContextManager[ChimeSDKIdentityClient] = sdk.create_client(
        "chime-sdk-identity", region_name="us-east-1", endpoint_url=served.url, config=ONE_ATTEMPT
    )
    async with client as connected:
        yield connected
