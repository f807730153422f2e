"""The generated parts of README.md: `python -m tests.docs.blocks` rewrites them, a test compares them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from worker.cli.main import COMMANDS
from worker.settings.sources import Texts
from worker.settings.table import markdown_of, rows_of

README = Path(__file__).parents[2] / "README.md"


def blocks() -> Mapping[str, str]:
    """Make each generated part, by the name of its markers."""
    commands = "\n".join(f"| `{name}` | {what} |" for name, what in COMMANDS.items())
    return {
        "commands": f"| command | does |\n|---|---|\n{commands}",
        "settings": markdown_of(rows_of(Texts(environment={}))).strip(),
    }


def renewed(text: str) -> str:
    """Put the generated parts between their markers; raise ValueError if a marker is missing."""
    for name, block in blocks().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, tail = text.index(begin) + len(begin), text.index(end)
        text = f"{text[:head]}{block}\n{text[tail:]}"
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
