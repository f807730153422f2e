"""`healthcheck`: 0 if the worker on this host makes progress, for the container's health check."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from worker.cli.exit_codes import DONE, FAILED
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.terminal import say, talk

TIMEOUT_S = 3.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def add_arguments(parser: ArgumentParser) -> None:
    """Take the form, and the settings: they say where the worker listens."""
    parser.add_argument("--json", action="store_true", help="as JSON: healthy, and why it is not")
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """Ask, and say what came of it."""
    settings = settings_from(args)
    why = _why_not(settings.admin_host, settings.admin_port)
    if args.json:
        say(json.dumps({"healthy": why is None, "why": why}))
    elif why is None:
        say("alive")
    else:
        talk(f"not alive: {why}")
    return DONE if why is None else FAILED


def _why_not(host: str, port: int | None) -> str | None:
    """Ask `/healthz`; None if the worker is alive."""
    if not port:
        return f"WORKER_ADMIN_PORT is {'off' if port is None else '0'}: name the port that is to be asked"
    connection = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"no worker answers on {host}:{port}: {type(error).__name__}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"HTTP {status}"
