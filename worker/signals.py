"""SIGTERM and SIGINT, taken for as long as a block lasts. What they do is for the block to say."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class OnSignal:
    """What a signal does at present."""

    act: Callable[[], None]

    def __call__(self) -> None:
        """Do it."""
        self.act()


@contextmanager
def signals(act: Callable[[], None]) -> Iterator[OnSignal]:
    """Take SIGTERM and SIGINT for as long as the block lasts: *act* on them, until that is replaced."""
    loop = asyncio.get_running_loop()
    on_signal = OnSignal(act)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))  # see `worker.__main__`
    try:
        yield on_signal
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
