"""Nothing that came from outside moves the cursor, and no pipe makes a traceback."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from worker.terminal import OutputLost, escape, say, talk


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[2J\x9b\x7f\x00", r"\x1b[2J\x9b\x7f\x00"),
        ("\u202egnp.exe\u2066\u2028", r"\u202egnp.exe\u2066\u2028"),
        ("\ud800", r"\ud800"),
        ("é 👩‍👩‍👧 שלום", "é 👩‍👩‍👧 שלום"),
    ],
    ids=["lines", "controls", "directions", "lone surrogate", "honest text"],
)
def test_what_would_move_the_cursor_is_escaped(text: str, shown: str) -> None:
    assert shown == escape(text)


@contextmanager
def _stdout_to(fd: int, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> Iterator[None]:
    with open(fd, "w", encoding=encoding, closefd=False) as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        patch.setattr(sys, "stderr", stream)
        yield


def test_a_closed_pipe_is_output_lost_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with _stdout_to(writing, monkeypatch), pytest.raises(OutputLost) as lost:
        say("data")
    os.close(writing)

    assert () == lost.value.args


def test_a_full_disk_is_output_lost_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.open("/dev/full", os.O_WRONLY)

    with _stdout_to(full, monkeypatch), pytest.raises(OutputLost, match="No space left"):
        say("data")
    os.close(full)


def test_talk_nobody_hears_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with _stdout_to(writing, monkeypatch):
        talk("is anybody there?")
    os.close(writing)


def test_a_full_pipe_that_does_not_block_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "x" * 300_000
    received = bytearray()

    def read_all() -> None:
        while chunk := os.read(reading, 65_536):
            received.extend(chunk)

    with _stdout_to(writing, monkeypatch):
        reader = threading.Timer(0.05, read_all)  # only once the pipe is full
        reader.start()
        say(text)
    os.close(writing)
    reader.join(10)
    os.close(reading)

    assert text + "\n" == received.decode()


def test_a_poor_locale_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()

    with _stdout_to(writing, monkeypatch, encoding="ascii"):
        say("é")
    os.close(writing)

    assert b"\\xe9\n" == os.read(reading, 100)
    os.close(reading)


def test_a_stream_closed_from_the_start_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    say("data")
