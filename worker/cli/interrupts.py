"""Signals that end a command the way Ctrl-C does, so that what it started is cleaned up."""

import signal


def hang_up_interrupts() -> None:
    """From now on take SIGTERM, and SIGHUP of a terminal that closes, for Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
