"""`sandbox`: keeps an embedded world running, and says how to use it from another terminal."""

from __future__ import annotations

import asyncio
import json
import math
import signal
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

from worker.cli.exit_codes import DONE, Failed
from worker.cli.interrupts import hang_up_interrupts
from worker.terminal import say, talk

if TYPE_CHECKING:
    from worker.local.world import World

EXAMPLES = """
Paste the lines above into another terminal. There, for example:

  backend-worker enqueue --channel orders --id first "hello"
  backend-worker enqueue --type update_message --message-of first --channel orders "hello again"
  backend-worker messages orders --follow
  backend-worker status first
  aws chime-sdk-messaging list-channel-messages \\
    --channel-arn {channel_arn} \\
    --chime-bearer {bearer_arn} \\
    --endpoint-url {chime_url}

The next send is stored, and its reply lost:

  curl {chime_url}/_emulator/faults --data \\
    '[{{"fault": {{"kind": "drop"}}, "operation": "SendChannelMessage", "times": 1}}]'

`status`, `dlq ls`, `channels`, `members`, `pause`, `resume` and `doctor` work there too. Channels: orders,
support, alerts, and lounge, which the worker has to join. Ctrl-C drains the worker and ends it all; a second
one does not wait for the drain.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Take how the world behaves."""
    parser.add_argument("--queue", choices=("standard", "fifo"), default="standard", help="the queue's type")
    parser.add_argument(
        "--tokens",
        choices=("honoured", "ignored"),
        default="honoured",
        help="what Chime does with a repeated ClientRequestToken (default: honoured)",
    )
    parser.add_argument(
        "--lag",
        type=_seconds,
        default=0.0,
        metavar="S",
        help="how long lists lack a new message (default: 0)",
    )
    parser.add_argument("--no-worker", action="store_true", help="start none: run your own")
    parser.add_argument("--json", action="store_true", help="print one line of JSON instead of the exports")


def run(args: Namespace) -> int:
    """Run the sandbox until it is ended; 1 if the worker ended by itself or could not drain."""
    from worker.local.chime.switches import Switches  # noqa: PLC0415 (the package imports much)
    from worker.local.sandbox import run_bare_sandbox, run_sandbox  # noqa: PLC0415
    from worker.local.sqs import LocalExtraMissing  # noqa: PLC0415

    switches = Switches(tokens=args.tokens, list_lag_s=args.lag)
    opened = partial(_show, args)
    hang_up_interrupts()
    talk("Starting SQS (moto) and Chime (our emulator) on 127.0.0.1 ...")
    try:
        if args.no_worker:
            asyncio.run(run_bare_sandbox(queue=args.queue, switches=switches, opened=opened))
            return DONE
        exit_code = asyncio.run(run_sandbox(queue=args.queue, switches=switches, opened=opened))
    except LocalExtraMissing as missing:
        raise Failed(str(missing)) from missing
    if exit_code not in (0, -signal.SIGTERM):  # asked to end before it could listen, it has nothing to drain
        raise Failed(f"the worker ended with exit code {exit_code}.")
    return DONE


def _show(args: Namespace, world: World) -> None:
    """Print the exports to stdout and the rest to stderr, so that a script can source the one."""
    if args.json:
        say(
            json.dumps(
                {"dead_letter_queue_url": world.dead_letter_queue_url, "environment": world.environment}
            )
        )
    else:
        # A profile of the terminal's own would be looked for in the empty configuration, and not be found.
        say("unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN")
        say("\n".join(f"export {name}={quote(value)}" for name, value in world.environment.items()))
    talk(
        EXAMPLES.format(
            channel_arn=world.channel_arn("orders"), bearer_arn=world.bearer_arn, chime_url=world.chime.url
        )
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ArgumentTypeError("must be a number of seconds, 0 or more")
    return seconds
