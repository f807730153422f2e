"""What needs no network, on terminals and pipes as bad as they come: an exit code, and never a traceback."""

from __future__ import annotations

import pytest

from tests.support.odd_terminals import TERMINALS, run_on

GOOD = {
    "WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:111122223333:app-instance/abc-123",
}


@pytest.mark.parametrize("name", TERMINALS)
@pytest.mark.parametrize("command", ["settings", "schema --asyncapi", "--help"])
def test_a_command_ends_as_it_should(name: str, command: str) -> None:
    terminal = TERMINALS[name]

    done = run_on(terminal, *command.split(), environment=GOOD)

    assert (terminal.code, terminal.stderr) == (done.code, done.stderr)


@pytest.mark.parametrize("name", ["stderr closed", "both closed", "all closed", "stderr full"])
@pytest.mark.parametrize(("words", "code"), [(("settings", "--concurrency", "0"), 78), (("setings",), 2)])
def test_what_is_wrong_is_still_told_by_the_exit_code(name: str, words: tuple[str, ...], code: int) -> None:
    assert code == run_on(TERMINALS[name], *words, environment=GOOD).code


@pytest.mark.parametrize("words", [("enqueue", "--channel", "orders", "-"), ("enqueue", "--file", "-")])
def test_a_closed_stdin_is_a_usage_error_where_it_should_be_read(words: tuple[str, ...]) -> None:
    closed = TERMINALS["all closed"]

    assert 2 == run_on(closed, *words, environment=GOOD).code


@pytest.mark.parametrize("name", ["locale C, as Python takes it", "locale POSIX, taken at its word"])
def test_words_in_utf_8_are_that_whatever_the_locale_thinks(name: str) -> None:
    words = ("enqueue", "--channel", "orders", "--dry-run", "Zoë 🚀")

    done = run_on(TERMINALS[name], *words, environment=GOOD)

    assert (0, "Zoë 🚀") == (done.code, done.json["message"]["content"])
