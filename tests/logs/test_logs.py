"""Log lines are one line each, say what they must, and keep quiet about what they must not say."""

import json
import subprocess
import sys
from typing import Any

SET_UP = """
import asyncio, logging, sys, structlog
from worker.logs import logs_to
log = structlog.get_logger()
"""


def logged(script: str, form: str = "json", level: str = "info") -> str:
    """Run *script* with logs set up and return what it logged."""
    body = "\n".join(f"    {line}" for line in script.strip().splitlines())
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{SET_UP}\nwith logs_to(sys.stderr, {level!r}, form={form!r}) as pipe:\n{body}",
        ],
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=30,
    )
    assert "" == done.stdout
    return done.stderr


def lines_of(script: str, level: str = "info") -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged(script, level=level).splitlines()]


def test_a_json_line_begins_with_timestamp_level_and_event_and_has_what_is_bound() -> None:
    script = """
with structlog.contextvars.bound_contextvars(job_id="j-1"):
    log.info("job.sent", took_s=0.25, attempt=1)
"""

    (line,) = lines_of(script)

    assert ["timestamp", "level", "event"] == list(line)[:3]
    assert {
        "level": "info",
        "event": "job.sent",
        "job_id": "j-1",
        "took_s": 0.25,
        "attempt": 1,
    }.items() <= line.items()
    assert line["timestamp"].endswith("Z")


def test_lines_below_the_level_are_not_written() -> None:
    assert ["b"] == [line["event"] for line in lines_of("log.info('a')\nlog.warning('b')", level="warning")]


def test_control_characters_from_outside_are_escaped_in_both_forms() -> None:
    script = r"log.info('job.rejected', detail='a\nb\x1b[2J\x7f\u202e\ud800')"
    escaped = r"a\nb\x1b[2J\x7f\u202e\ud800"

    (line,) = lines_of(script)
    console = logged(script, form="console")

    assert escaped == line["detail"]
    assert 1 == console.count("\n")
    assert not {"\x1b", "\x7f", "\u202e"} & set(console)


def test_an_exception_is_named_with_its_place_and_cause_but_never_quoted() -> None:
    script = """
def fail():
    try:
        int("s3cret text")
    except ValueError as error:
        raise RuntimeError("more s3cret text") from error
try:
    fail()
except RuntimeError:
    log.exception("job.failed")
try:
    fail()
except RuntimeError as error:
    log.error("job.failed", error=error, exc_info=error)
"""

    for line in lines_of(script):
        assert "fail" in line["exception"]
        assert "RuntimeError at <string>:" in line["exception"]
        assert ", from ValueError at" in line["exception"]
        assert "s3cret" not in json.dumps(line)


def test_a_group_of_exceptions_names_its_members() -> None:
    script = (
        "log.error('worker.died', exc_info=ExceptionGroup('both', [KeyError('s3cret'), OSError('s3cret')]))"
    )

    (line,) = lines_of(script)

    assert "[KeyError at ; OSError at ]" in line["exception"]
    assert "s3cret" not in line["exception"]


def test_libraries_are_heard_from_warning_on_and_without_their_arguments() -> None:
    script = """
logging.getLogger("botocore.auth").debug("s3cret headers")
logging.getLogger("aiohttp").info("s3cret request")
logging.getLogger("botocore").warning("Retry needed for %s", "s3cret")
try:
    int("s3cret")
except ValueError:
    logging.getLogger("asyncio").exception("Task exception was never retrieved\\ns3cret future")
"""

    first, second = lines_of(script, level="debug")

    assert ("library.logged", "botocore", "Retry needed for %s") == (
        first["event"],
        first["logger"],
        first["sentence"],
    )
    assert ("error", "Task exception was never retrieved") == (second["level"], second["sentence"])
    assert "ValueError at <string>:" in second["exception"]
    assert "s3cret" not in json.dumps([first, second])


def test_without_a_terminal_auto_is_json() -> None:
    assert "a" == json.loads(logged("log.info('a')", form="auto"))["event"]


def test_a_blocked_reader_neither_stops_the_process_nor_its_end() -> None:
    script = f"""{SET_UP}
with logs_to(sys.stderr, "info", form="json") as pipe:
    for number in range(30_000):
        log.info("number.counted", number=number)
    dropped = pipe.dropped_count > 0
print(dropped)
"""

    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    first_line = process.stdout.readline()  # nobody reads stderr

    assert "True\n" == first_line
    assert 0 == process.wait(10)
    process.communicate()


def test_a_closed_stderr_is_no_error() -> None:
    script = f"{SET_UP}\nwith logs_to(sys.stderr, 'info', form='auto'):\n    log.info('a')"

    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, script], check=False, timeout=30
    )

    assert 0 == done.returncode
