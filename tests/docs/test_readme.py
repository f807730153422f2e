"""What README.md says is what the program does."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from tests.docs.blocks import README, renewed
from worker.cli.main import COMMANDS
from worker.contract.arns import AppInstance
from worker.contract.job import parse_job

HOME = AppInstance.parse("arn:aws:chime:us-east-1:111122223333:app-instance/docs")


def test_the_generated_tables_are_those_of_the_program() -> None:
    """Renew them with `python -m tests.docs.blocks`."""
    text = README.read_text()

    assert renewed(text) == text


def test_every_json_job_in_the_readme_is_a_job() -> None:
    jobs = re.findall(r'\{"id": .*\}(?=\'?$)', README.read_text(), flags=re.MULTILINE)

    assert jobs
    for job in jobs:
        assert json.loads(job)["id"] == parse_job(job, home=HOME, sent_at=datetime(2026, 1, 1, tzinfo=UTC)).id


def test_every_command_the_readme_shows_exists() -> None:
    shown = set(re.findall(r"^\$ backend-worker ([a-z-]+)", README.read_text(), flags=re.MULTILINE))

    assert shown
    assert shown <= COMMANDS.keys()


def test_every_page_it_links_to_is_there() -> None:
    linked = re.findall(r"\]\((deploy/[^)#]+)", README.read_text())

    assert linked
    assert [page for page in linked if not (README.parent / page).is_file()] == []
