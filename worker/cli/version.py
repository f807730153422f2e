"""`version`: prints the version."""

import json
from argparse import ArgumentParser, Namespace

from worker import __version__
from worker.cli.exit_codes import DONE
from worker.terminal import say


def add_arguments(parser: ArgumentParser) -> None:
    """Take the form."""
    parser.add_argument("--json", action="store_true", help="as JSON: version")


def run(args: Namespace) -> int:
    """Print the version."""
    say(json.dumps({"version": __version__}) if args.json else __version__)
    return DONE
