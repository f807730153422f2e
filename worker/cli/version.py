"""`version`: prints the version."""

from argparse import ArgumentParser, Namespace

from worker import __version__
from worker.cli.exit_codes import DONE
from worker.terminal import say


def add_arguments(parser: ArgumentParser) -> None:
    """It has none."""


def run(args: Namespace) -> int:
    """Print the version."""
    say(__version__)
    return DONE
