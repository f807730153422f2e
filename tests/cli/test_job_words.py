"""What `enqueue` makes of the words of one job before anything is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from worker.cli.job_words import WORDS, add_job_words, body_of, check_words, given_words
from worker.cli.words import Parser, UsageError
from worker.contract.arns import AppInstance
from worker.contract.job import parse_job
from worker.contract.wire import WIRES

HOME = AppInstance.parse("arn:aws:chime:us-east-1:123456789012:app-instance/shop")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def body(*words: str) -> dict[str, Any]:
    """Make a body of words as `enqueue` does, and have the worker's own parser take it."""
    parser = Parser()
    add_job_words(parser)
    args = parser.read(words)
    check_words(args)
    text = body_of(args, args.text, job_id="order-1")
    parse_job(text, home=HOME, sent_at=NOW)
    job: dict[str, Any] = json.loads(text)
    assert "order-1" == job.pop("id")
    return job


TO = ("--channel", "orders")
GOOD: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "send": ((*TO, "Hi"), {"channel": "orders", "message": {"content": "Hi"}}),
    "send-in-full": (
        (
            *(*TO, "Hi", "--metadata", "m", "--content-type", "t", "--persistence", "NON_PERSISTENT"),
            *("--type", "send_message", "--bearer", "ana"),
            *("--not-before", "2026-03-01T01:00:00Z", "--not-after", "2026-03-01T02:00:00Z"),
        ),
        {
            "type": "send_message",
            "channel": "orders",
            "message": {
                "content": "Hi",
                "metadata": "m",
                "content_type": "t",
                "persistence": "NON_PERSISTENT",
            },
            "bearer": "ana",
            "not_before": "2026-03-01T01:00:00Z",
            "not_after": "2026-03-01T02:00:00Z",
        },
    ),
    "by-name": (
        ("--channel-name", "Team 1", "Hi"),
        {"channel": {"name": "Team 1"}, "message": {"content": "Hi"}},
    ),
    "by-name-create": (
        ("--channel-name", "Team 1", "--create", "Hi"),
        {"channel": {"name": "Team 1", "create": True}, "message": {"content": "Hi"}},
    ),
    "by-members": (
        ("--members", "ana,ben", "--create", "Hi"),
        {"channel": {"members": ["ana", "ben"], "create": True}, "message": {"content": "Hi"}},
    ),
    "update": (
        (
            "--type",
            "update_message",
            *TO,
            "--message-of",
            "a",
            "Hi",
            "--metadata",
            "m",
            "--content-type",
            "t",
        ),
        {
            "type": "update_message",
            "channel": "orders",
            "message_of": "a",
            "message": {"content": "Hi", "metadata": "m", "content_type": "t"},
        },
    ),
    "redact": (
        ("--type", "redact_message", *TO, "--message-id", "m-1"),
        {"type": "redact_message", "channel": "orders", "message_of": {"message_id": "m-1"}},
    ),
    "delete": (
        ("--type", "delete_message", *TO, "--message-of", "a"),
        {"type": "delete_message", "channel": "orders", "message_of": "a"},
    ),
    "create": (
        ("--type", "create_channel", *TO),
        {"type": "create_channel", "channel": "orders"},
    ),
    "create-in-full": (
        (
            *("--type", "create_channel", *TO, "--privacy", "PRIVATE", "--mode", "RESTRICTED"),
            *("--name", "Orders", "--metadata", "m", "--moderator", "ana", "--moderator", "ben"),
            *("--expiration-days", "30", "--member", "carla", "--membership-type", "HIDDEN"),
        ),
        {
            "type": "create_channel",
            "channel": {
                "id": "orders",
                "create": {
                    "privacy": "PRIVATE",
                    "mode": "RESTRICTED",
                    "name": "Orders",
                    "metadata": "m",
                    "moderators": ["ana", "ben"],
                    "expiration_days": 30,
                },
            },
            "members": ["carla"],
            "membership_type": "HIDDEN",
        },
    ),
    "create-by-name": (
        ("--type", "create_channel", "--channel-name", "Team 1", "--privacy", "PRIVATE"),
        {"type": "create_channel", "channel": {"name": "Team 1", "create": {"privacy": "PRIVATE"}}},
    ),
    "delete-channel": (
        ("--type", "delete_channel", *TO),
        {"type": "delete_channel", "channel": "orders"},
    ),
    "add": (
        ("--type", "add_members", *TO, "--member", "ana", "--member", "ben", "--membership-type", "HIDDEN"),
        {"type": "add_members", "channel": "orders", "members": ["ana", "ben"], "membership_type": "HIDDEN"},
    ),
    "add-create": (
        ("--type", "add_members", "--channel-name", "Team 1", "--create", "--member", "ana"),
        {"type": "add_members", "channel": {"name": "Team 1", "create": True}, "members": ["ana"]},
    ),
    "remove": (
        ("--type", "remove_members", *TO, "--member", "ana"),
        {"type": "remove_members", "channel": "orders", "members": ["ana"]},
    ),
}


@pytest.mark.parametrize(("words", "expected"), GOOD.values(), ids=GOOD)
def test_every_word_reaches_its_field_and_what_was_not_given_is_not_there(
    words: tuple[str, ...], expected: dict[str, Any]
) -> None:
    assert expected == body(*words)


def test_there_is_a_way_to_say_every_type() -> None:
    assert set(WIRES) == {expected.get("type", "send_message") for _, expected in GOOD.values()}


NONSENSE: dict[str, tuple[tuple[str, ...], str]] = {
    "text": (("--type", "delete_channel", *TO, "Hi"), "TEXT is not for a delete_channel job."),
    "member": ((*TO, "Hi", "--member", "ana"), "--member is not for a send_message job."),
    "moderator": (
        ("--type", "add_members", *TO, "--member", "ana", "--moderator", "ben"),
        "--moderator is not for an add_members job.",
    ),
    "create": (
        ("--type", "remove_members", "--channel-name", "a", "--member", "ana", "--create"),
        "--create is not for a remove_members job.",
    ),
    "persistence": (
        ("--type", "update_message", *TO, "--message-of", "a", "Hi", "--persistence", "PERSISTENT"),
        "--persistence is not for an update_message job.",
    ),
    "no-message": (
        ("--type", "redact_message", *TO),
        "give --message-of for a redact_message job, or --file for many jobs.",
    ),
    "nothing-to-update": (
        ("--type", "update_message"),
        "give --channel and --message-of and TEXT for an update_message job, or --file for many jobs.",
    ),
    "no-member": (("--type", "add_members", *TO), "give --member for an add_members job"),
    "two-messages": (
        ("--type", "redact_message", *TO, "--message-of", "a", "--message-id", "b"),
        "--message-of and --message-id both name the message: give one of them.",
    ),
    "days": (
        ("--type", "create_channel", *TO, "--expiration-days", "many"),
        "--expiration-days: invalid int value",
    ),
}


@pytest.mark.parametrize(("words", "said"), NONSENSE.values(), ids=NONSENSE)
def test_words_that_make_no_job_of_the_type_are_a_usage_error(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        body(*words)

    assert said in str(caught.value)


def test_every_word_is_known_as_one_of_one_job() -> None:
    """With --file none of them may stand; a flag that is not in the list would be silently ignored."""
    parser = Parser(add_help=False)
    add_job_words(parser)

    assert vars(parser.read(())).keys() == set(WORDS)
    assert ["TEXT", "--moderator"] == given_words(parser.read(("Hi", "--moderator", "ana")))
