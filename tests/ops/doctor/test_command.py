"""`doctor` as a command: its exit codes, its forms, and what it refuses."""

from __future__ import annotations

import pytest

from tests.ops.doctor.patient import Patient
from tests.support.programs import program
from worker.cli.main import run_program
from worker.local.chime.faults import FaultRule, Refuse

GOOD = {
    "WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/shop",
}


async def test_a_healthy_world_exits_0(patient: Patient) -> None:
    done = await program("doctor", "--channel", "orders", "--json", environment=patient.environment)

    assert (0, "") == (done.code, done.stderr)
    assert {"ok"} == {each["level"] for each in done.json}
    assert all({"check", "level", "found", "mend"} == each.keys() for each in done.json)


async def test_a_problem_exits_1_its_mend_stands_below_it_and_all_of_it_is_escaped(patient: Patient) -> None:
    odd = Refuse(status=400, code="BadRequestException", message="\x1b[31mred\u202e")
    patient.refuse(FaultRule(odd, operation="DescribeAppInstance"))

    done = await program("doctor", environment=patient.environment | {"WORKER_BEARER": "herald"})

    lines = done.stdout.splitlines()
    first, last = [n for n, line in enumerate(lines) if line.startswith("problem")]
    assert (1, "") == (done.code, done.stderr)
    assert "\\x1b[31mred\\u202e" in lines[first]
    assert lines[last + 1].strip().startswith("$ aws chime-sdk-identity create-app-instance-user")
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("doctor", "--probe", "report.json"), "name a --channel"),
        (("doctor", "--probe", "report.json", "--channel", "orders"), "stdin is no terminal"),
        (("doctor", "--yes"), "go with --probe"),
        (("doctor", "--channel", "no such id"), "is not a channel id"),
    ],
)
def test_words_that_make_no_sense_are_a_usage_error(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)

    code = run_program(words)

    told = capsys.readouterr()
    assert (2, "") == (code, told.out)
    assert said in told.err


def test_a_dry_probe_says_what_it_would_send_and_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)

    code = run_program(("doctor", "--channel", "orders", "--probe", "report.json", "--dry-run"))

    told = capsys.readouterr()
    assert (0, "") == (code, told.out)
    assert "would send about 60 messages to orders as arn:aws:chime:" in told.err
