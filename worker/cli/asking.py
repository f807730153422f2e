"""Asking before something is destroyed: on a terminal, or not at all."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from worker.cli.words import UsageError
from worker.terminal import talk


def add_asking_flags(parser: ArgumentParser) -> None:
    """Let *parser* take --dry-run and --yes."""
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def check_can_ask(args: Namespace) -> None:
    """Raise UsageError, before anything is done, if a question could be needed that nobody would answer."""
    if args.dry_run and args.yes:
        raise UsageError("--dry-run does nothing that --yes could allow: give one of them.")
    if not (args.dry_run or args.yes or (sys.stdin is not None and sys.stdin.isatty())):
        raise UsageError(
            "it asks first, and stdin is no terminal: give --yes, or --dry-run to see what it would do."
        )


def confirmed(question: str) -> bool:
    """Ask, and take nothing but yes for a yes."""
    talk(f"{question} [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
