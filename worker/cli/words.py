"""Reading the command line's words: argparse, with "did you mean" and without its own way of exiting."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from worker.terminal import say


class UsageError(Exception):
    """The words make no command. The text says which, and what was perhaps meant."""


class Parser(ArgumentParser):
    """An ArgumentParser that raises UsageError and knows the nearest flag."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def read(self, words: Sequence[str]) -> Namespace:
        """Read all *words*. Raises UsageError for those that mean nothing here."""
        args, unknown = self.parse_known_args(words)
        if unknown:
            flag = unknown[0].partition("=")[0]
            flags = re.findall(r"--[a-z][a-z-]+", self.format_help())
            raise UsageError(f"{self.prog} does not understand {flag}{did_you_mean(flag, flags)}")
        return args

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed."""
        raise UsageError(f"{message} (`{self.prog} --help` tells more)")

    def print_help(self, file: object = None) -> None:
        """Print the help as data, whatever the locale and the pipe."""
        say(self.format_help().rstrip())


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """End a sentence about an unknown *word* with the nearest known one, if one is near."""
    match get_close_matches(word, list(known), n=1):
        case [nearest]:
            return f": did you mean {nearest}?"
        case _:
            return "."
