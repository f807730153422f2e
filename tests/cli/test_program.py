"""The program as a shell sees it: exit codes, stdout for data, stderr for talk."""

import json
import os
import subprocess
import sys

from worker import __version__

GOOD = {
    "WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/abc-123",
}


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "worker", *words],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        timeout=30,
    )


def test_help_is_data_and_names_every_command() -> None:
    done = run("--help")

    assert (0, "") == (done.returncode, done.stderr)
    assert "settings     list every setting" in done.stdout


def test_no_command_is_a_usage_error() -> None:
    done = run()

    assert (2, "") == (done.returncode, done.stdout)
    assert "which command?" in done.stderr


def test_an_unknown_command_is_a_usage_error_that_names_the_nearest() -> None:
    done = run("setings")

    assert (2, "") == (done.returncode, done.stdout)
    assert "backend-worker: there is no command setings: did you mean settings?\n" == done.stderr


def test_an_unknown_flag_is_a_usage_error_that_names_the_nearest() -> None:
    done = run("settings", "--queu-url=x")

    assert 2 == done.returncode
    assert "does not understand --queu-url: did you mean --queue-url?" in done.stderr


def test_a_flag_without_its_value_is_a_usage_error() -> None:
    done = run("settings", "--queue-url")

    assert 2 == done.returncode
    assert "expected one argument" in done.stderr


def test_words_from_outside_reach_the_terminal_escaped() -> None:
    assert "there is no command \\x1b[31mred\\nline." in run("\x1b[31mred\nline").stderr


def test_the_help_of_a_command_names_each_setting_beside_its_flag() -> None:
    done = run("settings", "--help")

    assert 0 == done.returncode
    assert "--queue-url VALUE" in done.stdout
    assert "[WORKER_QUEUE_URL]" in done.stdout


def test_the_version_is_printed_as_json_too() -> None:
    assert {"version": __version__} == json.loads(run("version", "--json").stdout)


def test_version_prints_the_version() -> None:
    assert (0, f"{__version__}\n") == (run("version").returncode, run("--version").stdout)


def test_settings_lists_values_and_sources() -> None:
    done = run("settings", "--json", "--concurrency", "5", **GOOD)

    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert (0, "") == (done.returncode, done.stderr)
    assert ("5", "flag") == (rows["WORKER_CONCURRENCY"]["value"], rows["WORKER_CONCURRENCY"]["source"])
    assert "environment" == rows["WORKER_QUEUE_URL"]["source"]


def test_bad_settings_are_78_all_mistakes_on_stderr_and_the_list_still_on_stdout() -> None:
    done = run("settings", WORKER_QUEUE_URL="jobs", WORKER_CONCURRENCY="0", WORKER_MARKR="off")

    assert 78 == done.returncode
    assert ["WORKER_APP_INSTANCE_ARN", "WORKER_QUEUE_URL", "WORKER_CONCURRENCY", "WORKER_MARKR"] == [
        line.partition(":")[0] for line in done.stderr.splitlines()
    ]
    assert "WORKER_QUEUE_URL = ***  (environment)\n" in done.stdout


def test_a_poor_locale_is_no_traceback() -> None:
    done = run("é\udcff", PYTHONIOENCODING="ascii:strict")

    assert (2, "backend-worker: there is no command \\xe9\\udcff.\n") == (done.returncode, done.stderr)


def test_help_does_not_load_the_sdk() -> None:
    script = """
import sys
from worker.cli.main import run_program
run_program(["settings", "--help"])
print("botocore" in sys.modules)
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True, timeout=30
    )

    assert "False" == done.stdout.splitlines()[-1]
