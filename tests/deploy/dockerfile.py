"""Reads the Dockerfile: its stages and their instructions, lines joined, comments gone. It runs nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "Dockerfile"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: RUN and what follows it."""

    word: str
    rest: str

    @property
    def exec_form(self) -> list[str]:
        """The words of a JSON array; ValueError if it is a shell command."""
        words: list[str] = json.loads(self.rest)
        return words

    @property
    def pairs(self) -> dict[str, str]:
        """The NAME=VALUE of an ENV or LABEL."""
        return {name: value.strip('"') for name, value in re.findall(r'([\w.]+)=("[^"]*"|\S+)', self.rest)}


@dataclass(frozen=True, slots=True)
class Stage:
    """What follows one FROM."""

    base: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> list[Instruction]:
        """Every instruction of this kind, in order."""
        return [each for each in self.instructions if each.word == word]

    def only(self, word: str) -> Instruction:
        """The one instruction of this kind; ValueError if there are more, or none."""
        (found,) = self.all(word)
        return found


def read_stages(text: str) -> tuple[Stage, ...]:
    """Split *text* at its FROMs; what stands before the first belongs to none of them."""
    stages: list[tuple[str, list[Instruction]]] = []
    for each in _instructions(text):
        if each.word == "FROM":
            stages.append((each.rest, []))
        elif stages:
            stages[-1][1].append(each)
    return tuple(Stage(base, tuple(instructions)) for base, instructions in stages)


def _instructions(text: str) -> Iterator[Instruction]:
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = "\n".join(lines).replace("\\\n", " ")
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        yield Instruction(word.upper(), rest.strip())
