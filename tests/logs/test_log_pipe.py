"""Who logs never waits: a reader that does not take lines loses them, and is told how many."""

import os
import threading
from collections.abc import Iterator

import pytest

from worker.log_pipe import LogPipe


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for fd in (reading, writing):
        try:
            os.close(fd)
        except OSError:
            continue


def dropped(count: int) -> str:
    return f"dropped {count}"


def fill(fd: int) -> int:
    """Fill a pipe to the brim and return how many bytes that took."""
    os.set_blocking(fd, False)
    count = 0
    try:
        while True:
            count += os.write(fd, b"#" * 4096)
    except BlockingIOError:
        os.set_blocking(fd, True)
    return count


def test_lines_arrive_in_order(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    log = LogPipe(writing, dropped)

    for number in range(200):
        log.put(str(number))
    log.close(within_s=5)

    assert [str(number) for number in range(200)] == os.read(reading, 65_536).decode().split()


def test_a_full_pipe_drops_lines_and_reports_their_number_when_it_recovers(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    filled_bytes = fill(writing)
    log = LogPipe(writing, dropped, capacity=100)

    for _ in range(1000):
        log.put("line")
    dropped_count = log.dropped_count
    while filled_bytes > 0:
        filled_bytes -= len(os.read(reading, min(filled_bytes, 65_536)))
    log.close(within_s=5)

    assert 1000 - 100 - 64 <= dropped_count <= 900  # at most a batch was on its way
    lines = os.read(reading, 65_536).decode().splitlines()
    assert f"dropped {dropped_count}" in lines
    assert 1000 - dropped_count == lines.count("line")


def test_a_pipe_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.set_blocking(writing, False)
    line = "x" * 1_000_000  # many times what a pipe holds
    received = bytearray()

    def read_all() -> None:
        while chunk := os.read(reading, 65_536):
            received.extend(chunk)

    reader = threading.Thread(target=read_all)
    log = LogPipe(writing, dropped)
    log.put(line)
    reader.start()
    log.close(within_s=5)
    os.close(writing)
    reader.join(5)

    assert f"{line}\n" == received.decode()


def test_a_pipe_nobody_empties_delays_the_end_for_a_bounded_time_only(pipe: tuple[int, int]) -> None:
    _, writing = pipe
    fill(writing)
    log = LogPipe(writing, dropped)

    log.put("line")
    log.close(within_s=0.01)  # returns: the test's own time limit is the assertion

    os.close(pipe[0])  # lets the thread end


def test_a_closed_pipe_counts_what_it_loses(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(reading)
    log = LogPipe(writing, dropped)

    log.put("one")
    log.put("two")
    log.close(within_s=5)

    assert 2 == log.dropped_count


def test_after_the_end_lines_are_dropped(pipe: tuple[int, int]) -> None:
    log = LogPipe(pipe[1], dropped)
    log.close(within_s=5)

    log.put("late")

    assert 1 == log.dropped_count
