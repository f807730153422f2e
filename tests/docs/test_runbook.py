"""deploy/RUNBOOK.md has an entry for whatever an operator may be paged for, and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.docs.blocks import README
from worker.cli.main import COMMANDS
from worker.contract.reasons import MOVED_BY_SQS, Reason
from worker.loop.intake import UNREACHABLE

ROOT = README.parent
TEXT = (ROOT / "deploy" / "RUNBOOK.md").read_text()
ENTRIES = dict(re.findall(r"^### `([a-z_.]+)`\n(.*?)(?=^##|\Z)", TEXT, flags=re.MULTILINE | re.DOTALL))
EVENT = re.compile(r"""log\.(?:warning|error)\(\s*"([a-z_.]+)"|event="([a-z_.]+)\"""")


def events() -> Iterator[str]:
    """Walk over the events that the worker logs as warnings or errors."""
    yield from UNREACHABLE.values()
    for path in (ROOT / "worker").rglob("*.py"):
        if "local" not in path.parts:
            yield from (one or other for one, other in EVENT.findall(path.read_text()))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_an_entry_that_says_what_to_run_and_when_to_redrive(reason: Reason) -> None:
    entry = ENTRIES[reason.value]

    assert entry.startswith(f"{reason.sentence}\n")
    assert "**Run** " in entry
    assert "**Redrive** " in entry


def test_every_warning_and_error_of_the_log_has_an_entry() -> None:
    assert set(events()) - ENTRIES.keys() == set()


def test_there_is_no_entry_for_what_is_never_told() -> None:
    assert ENTRIES.keys() - {*map(str, Reason), MOVED_BY_SQS, *events()} == set()


def test_every_command_it_names_exists() -> None:
    named = set(re.findall(r"backend-worker ([a-z-]+)", TEXT))

    assert named
    assert named <= COMMANDS.keys()
