"""Reading the command line's words: argparse, with "did you mean" and without its own way of exiting."""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, NoReturn

from worker.terminal import say

_AGE = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


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


def a_count(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ArgumentTypeError("must be a whole number above 0")
    return int(text)


def age_in(text: str) -> timedelta | None:
    """Read an age such as 90s, 10m, 2h or 1d; None if *text* is none."""
    match = _AGE.fullmatch(text)
    return match and timedelta(seconds=int(match[1]) * _UNITS_S[match[2]])
