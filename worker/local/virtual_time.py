"""An event loop whose time costs nothing, for simulation and tests. It serves no sockets and no threads."""

import asyncio
import selectors


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """When nothing is ready, the clock jumps to the next timer; without a timer, that is a deadlock."""

    def __init__(self) -> None:
        self._now_s = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Return the seconds of virtual time since the loop was made."""
        return self._now_s

    def jump(self, seconds: float | None) -> None:
        """Let *seconds* pass. Raises RuntimeError if nothing would ever happen (None)."""
        if seconds is None:
            raise RuntimeError("deadlock: every task waits and no timer is set")
        self._now_s += seconds


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout != 0:
            self._loop.jump(timeout)
        return ready
