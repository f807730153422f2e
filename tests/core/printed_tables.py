"""Reads the tables that a module prints in its docstring, so that a test can hold the code to them."""

from __future__ import annotations

import re
from types import ModuleType

Line = tuple[str, ...]
RULE = re.compile(r" *-+(\|-+)+")


def printed_tables(module: ModuleType) -> list[list[Line]]:
    """Return the tables of a module's docstring, each a list of lines of cells, without its heading."""
    tables: list[list[Line]] = []
    in_table = False
    for line in (module.__doc__ or "").splitlines():
        if RULE.fullmatch(line):
            tables.append([])
            in_table = True
        elif in_table and "|" in line:
            tables[-1].append(tuple(cell.strip() for cell in line.split("|")))
        else:
            in_table = False
    return tables


def label(line: Line) -> str:
    """Name a line by its first two cells, as cases do to say which line they are of."""
    return " | ".join(line[:2]).strip()
