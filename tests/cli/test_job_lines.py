"""What `enqueue` makes of lines before anything is sent."""

import json
from datetime import UTC, datetime

from worker.cli.job_lines import BadLine, GoodLine, checked
from worker.contract.arns import AppInstance
from worker.contract.targets import Named
from worker.core.identity import derived_channel_id

HOME = AppInstance.parse("arn:aws:chime:us-east-1:123456789012:app-instance/shop")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_line(job_id: str = "order-1", *, content: str = "Shipped", channel: str = "orders") -> bytes:
    return json.dumps({"id": job_id, "channel": channel, "message": {"content": content}}).encode()


def check(*lines: bytes) -> tuple[list[GoodLine], list[BadLine]]:
    return checked(lines, HOME, now=NOW)


def test_good_lines_keep_their_bodies_byte_for_byte_and_their_numbers() -> None:
    odd = b'{"message": {"content": "caf\\u00e9"},  "channel":"orders", "id":"order-2"}'

    good, bad = check(a_line("order-1"), b"", odd, b"  ")

    assert [] == bad
    assert [(1, a_line("order-1").decode()), (3, odd.decode())] == [(line.number, line.body) for line in good]


def test_each_bad_line_is_named_by_number_and_reason() -> None:
    _, bad = check(a_line(), b"{", a_line(content=""), b"\xff", a_line("order-2", content="x" * 4097))

    assert [
        "line 2: unreadable",
        "line 3: invalid_job",
        "line 4: unreadable",
        "line 5: content_too_large",
    ] == [": ".join(str(line).split(": ")[:2]) for line in bad]


def test_a_second_job_under_an_id_is_a_bad_line_that_names_the_first() -> None:
    good, bad = check(a_line("order-1"), a_line("order-1", content="Other"))

    assert [1] == [line.number for line in good]
    assert ["line 2: id_conflict: Line 1 has another job with the same id."] == list(map(str, bad))


def test_the_same_job_twice_is_no_mistake() -> None:
    good, bad = check(a_line(), a_line())

    assert ([1, 2], []) == ([line.number for line in good], bad)


def test_jobs_are_grouped_by_the_id_of_their_channel_however_it_is_named() -> None:
    good, _ = check(
        a_line("order-1", channel="orders"), a_line("order-2", channel=HOME.channel_arn("orders"))
    )

    assert ["orders", "orders"] == [line.channel_id for line in good]


def test_jobs_that_name_their_channel_are_grouped_by_the_channel_made_for_it() -> None:
    """However it is to be made; and a MessageGroupId takes 128 characters."""
    named = json.dumps({"id": "1", "channel": {"name": "Team"}, "message": {"content": "a"}}).encode()
    made = named.replace(b'"1"', b'"2"').replace(b'"Team"', b'"Team", "create": true')

    good, _ = check(named, made)

    assert {derived_channel_id(HOME.arn, Named("Team"))} == {line.channel_id for line in good}
