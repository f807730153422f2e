"""What all tests share: an environment that is nobody's, and virtual time for those marked `virtual_time`."""

import asyncio
import os
from collections.abc import Callable, Mapping

import pytest

from worker.local.virtual_time import VirtualTimeLoop

DUMMY_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def pytest_configure() -> None:
    """Forget whatever account and settings surround the tests, before the first fixture starts a server."""
    for name in [name for name in os.environ if name.startswith(("WORKER_", "AWS_", "ECS_"))]:
        del os.environ[name]
    os.environ.update(DUMMY_CREDENTIALS)


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run tests marked `virtual_time` on a loop whose time costs nothing."""
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"real": asyncio.new_event_loop}
