"""
The program, but for one thing: the job whose message says DEADLY kills the process in the middle of its send.

`python -m tests.e2e.deadly run` in place of `python -m worker run`.
"""

from __future__ import annotations

import os
import sys
from signal import SIGKILL

from worker import app
from worker.__main__ import main
from worker.adapters.chime import ChimeChannels
from worker.core.replies import SendReply
from worker.ports import Outgoing

DEADLY = "deadly"


class DeadlyChannels(ChimeChannels):
    """Chime's channels, with one message that no process survives."""

    async def send(self, outgoing: Outgoing) -> SendReply:
        if outgoing.message.content == DEADLY:
            os.kill(os.getpid(), SIGKILL)
        return await super().send(outgoing)


if __name__ == "__main__":
    app.ChimeChannels = DeadlyChannels  # type: ignore[attr-defined]
    sys.exit(main())
