"""Words and settings of run, enqueue, status and messages: what is refused before any network is used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.programs import program
from worker.cli.main import run_program

HOME = "arn:aws:chime:us-east-1:111122223333:app-instance/shop"
QUEUE = {"WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"}
HOME_ONLY = {"WORKER_APP_INSTANCE_ARN": HOME}
GOOD = QUEUE | HOME_ONLY
ONE = ("enqueue", "--channel", "orders", "Hello")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--json"), "give both"),
        (("enqueue", "Hello"), "give --channel for a send_message job, or --file for many jobs"),
        (("enqueue",), "give --channel and TEXT for a send_message job"),
        (("enqueue", "--channel", "orders"), "give TEXT for a send_message job"),
        (("enqueue", "--type", "send"), "invalid choice: 'send' (choose from "),
        (("enqueue", "--file", "-", "--channel", "orders"), "--channel is for one job"),
        (("enqueue", "--file", "-", "--not-before", "x"), "--not-before is for one job"),
        (("enqueue", "--file", "-", "Hello"), "TEXT is for one job"),
        (("enqueue", "--file", "-", "--create"), "--create is for one job"),
        (("enqueue", "--channel", "a", "--members", "b", "Hello"), "all name the channel: give one of them"),
        (
            ("enqueue", "--channel", "a", "--create", "Hello"),
            "--create goes with --channel-name or",
        ),
        (("enqueue", "--file", "not-there.jsonl"), "not-there.jsonl cannot be read: No such file"),
        ((*ONE, "--dry-run", "--wait"), "give one of them"),
        ((*ONE, "--timeout", "5"), "--timeout is how many seconds to --wait"),
        ((*ONE, "--wait", "--timeout", "0"), "--timeout is how many seconds to --wait"),
        (("status", "--watch", "order-1"), "(0.1 to 86400), and comes after JOB_ID"),
        (("status", "--watch", "nan"), "is how many seconds"),
        (("pause", "--channel", "arn:no-such"), "is not an ARN of Chime messaging"),
        (("messages",), "CHANNEL"),
        (("messages", "orders", "--limit", "0"), "must be a whole number above 0"),
        (("messages", "orders", "--since", "yesterday"), "must be an RFC 3339 instant"),
        (("messages", "arn:no-such"), "is not an ARN of Chime messaging"),
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


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        (("enqueue", "--channel", "orders", "--dry-run", "Hello"), GOOD),
        (("enqueue", "--channel", "orders", "--dry-run", "Hello", "--app-instance-arn", HOME), QUEUE),
    ],
)
async def test_enqueue_judges_only_the_settings_it_uses(
    words: tuple[str, ...], environment: dict[str, str]
) -> None:
    others = {"WORKER_CONCURRENCY": "none", "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4"}

    done = await program(*words, environment=environment | others)

    assert (0, "") == (done.code, done.stderr)


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (ONE, ["WORKER_APP_INSTANCE_ARN", "WORKER_QUEUE_URL"]),
        (("messages", "orders"), ["WORKER_APP_INSTANCE_ARN"]),
    ],
)
async def test_the_settings_a_command_needs_are_named(words: tuple[str, ...], missing: list[str]) -> None:
    done = await program(*words, environment={})

    assert 78 == done.code
    assert missing == [line.partition(":")[0] for line in done.stderr.splitlines()]


async def test_a_dry_run_prints_a_body_without_raw_control_characters() -> None:
    text = "\x1b[31mred\x7f \u202e🚀"

    done = await program(
        "enqueue", "--channel", "orders", "--id", "order-1", "--dry-run", text, environment=GOOD
    )

    assert {"id": "order-1", "channel": "orders", "message": {"content": text}} == done.json
    assert done.stdout.rstrip("\n").isprintable()


async def test_an_id_is_generated_when_none_is_given() -> None:
    first, second = [await program(*ONE, "--dry-run", environment=GOOD) for _ in range(2)]

    assert first.json["id"] != second.json["id"]


async def test_text_and_files_may_come_from_stdin() -> None:
    text = await program("enqueue", "--channel", "orders", "--dry-run", "-", environment=GOOD, stdin="Hé\n\n")
    jobs = await program("enqueue", "--file", "-", "--dry-run", environment=GOOD, stdin=text.stdout)

    assert "Hé\n" == text.json["message"]["content"]
    assert text.stdout == jobs.stdout


async def test_a_job_that_the_worker_would_reject_is_not_enqueued() -> None:
    done = await program(*ONE, "--not-after", "tomorrow", environment=GOOD)

    assert (1, "") == (done.code, done.stdout)
    assert "nothing was enqueued, for the worker would reject it: invalid_job: not_after: " in done.stderr


async def test_one_bad_line_keeps_the_whole_file_out_of_the_queue(tmp_path: Path) -> None:
    good = json.dumps({"id": "order-1", "channel": "orders", "message": {"content": "Hello"}})
    (tmp_path / "jobs.jsonl").write_text(f"{good}\n{{}}\n\nnope\n")

    done = await program("enqueue", "--file", str(tmp_path / "jobs.jsonl"), environment=GOOD)

    assert (1, "") == (done.code, done.stdout)
    assert ["line 2", "line 4", "backend-worker"] == [
        line.partition(":")[0] for line in done.stderr.splitlines()
    ]


@pytest.mark.parametrize(
    ("ledger", "said"),
    [
        ("memory:", "is known to the worker alone"),
        ("sqlite:///not-there.db", "There is no ledger at"),
    ],
)
@pytest.mark.parametrize("words", [("status", "order-1"), (*ONE, "--wait")])
async def test_a_ledger_that_cannot_be_read_is_bad_configuration(
    words: tuple[str, ...], ledger: str, said: str
) -> None:
    done = await program(*words, environment=GOOD | {"WORKER_LEDGER": ledger})

    assert (78, "") == (done.code, done.stdout)
    assert done.stderr.startswith("WORKER_LEDGER: ")
    assert said in done.stderr
