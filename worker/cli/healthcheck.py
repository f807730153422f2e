"""`healthcheck`: 0 if the worker on this host makes progress, for the container's health check."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from http.client import HTTPConnection, HTTPException

from worker.cli.exit_codes import DONE, FAILED
from worker.cli.setting_flags import add_setting_flags, settings_from
from worker.terminal import say, talk

TIMEOUT_S = 3.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def add_arguments(parser: ArgumentParser) -> None:
    """Take the settings: they say where the worker listens."""
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """Ask `/healthz`."""
    settings = settings_from(args)
    host, port = settings.admin_host, settings.admin_port
    if not port:
        talk(f"WORKER_ADMIN_PORT is {'off' if port is None else '0'}: name the port that is to be asked.")
        return FAILED
    connection = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        talk(f"no worker answers on {host}:{port}: {type(error).__name__}")
        return FAILED
    finally:
        connection.close()
    alive = answer.status == 200
    say("alive" if alive else f"not alive: HTTP {answer.status}")
    return DONE if alive else FAILED
