"""`messages` shows a channel as the bearer sees it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from tests.support.programs import Done, program
from worker.local.chime.faults import THROTTLED, Broken, FaultRule, Refuse
from worker.local.world import World

DENIED = Refuse(status=403, code="AccessDeniedException", message="User is not authorized")


async def messages(world: World, *words: str, **other: str) -> Done:
    return await program("messages", *words, environment={**world.environment, **other})


def post(world: World, *contents: str, channel: str = "orders") -> list[str]:
    """Send as the worker's bearer; return the MessageIds."""
    return [
        str(
            world.chime.chime.call(
                "SendChannelMessage",
                {
                    "ChannelArn": world.channel_arn(channel),
                    "Content": content,
                    "Type": "STANDARD",
                    "Persistence": "PERSISTENT",
                    "ClientRequestToken": uuid4().hex,
                },
                bearer=world.bearer_arn,
            )["MessageId"]
        )
        for content in contents
    ]


async def test_the_newest_message_is_the_last_and_nothing_raw_is_shown(world: World) -> None:
    first, second = post(world, "Hello", "\x1b[31mred\nZoë 🚀")

    done = await messages(world, "orders")

    lines = done.stdout.splitlines()
    assert (0, "", 2) == (done.code, done.stderr, len(lines))
    assert lines[0].endswith(f"Z  backend_worker: Hello  ({first})")
    assert lines[1].endswith(f"  backend_worker: \\x1b[31mred\\nZoë 🚀  ({second})")


async def test_only_the_newest_are_listed_over_all_pages_and_others_are_mentioned(world: World) -> None:
    chime = world.chime.chime
    chime.switches = replace(chime.switches, page_size=2, rates="off")
    ids = post(world, *map(str, range(7)))

    some = await messages(world, "orders", "--limit", "5", "--json")
    every = await messages(world, world.channel_arn("orders"), "--limit", "7", "--json")

    assert ids[2:] == [each["message_id"] for each in some.json]
    assert "older messages are left out: --limit 10" in some.stderr
    assert (ids, "") == ([each["message_id"] for each in every.json], every.stderr)


async def test_since_leaves_out_what_is_older(world: World) -> None:
    post(world, "Hello")

    past = await messages(world, "orders", "--since", "2001-01-01T00:00:00Z", "--json")
    future = await messages(world, "orders", "--since", "2999-01-01T00:00:00Z")

    assert ["Hello"] == [each["content"] for each in past.json]
    assert (0, "", "no messages\n") == (future.code, future.stdout, future.stderr)


async def test_since_may_be_an_age(world: World) -> None:
    post(world, "Hello")

    hour = await messages(world, "orders", "--since", "1h", "--json")
    none = await messages(world, "orders", "--since", "0s", "--json")
    ages = await messages(world, "orders", "--since", "999999d")

    assert [["Hello"], []] == [[each["content"] for each in done.json] for done in (hour, none)]
    assert (2, "") == (ages.code, ages.stdout)
    assert "is longer ago than the calendar goes" in ages.stderr


async def test_a_redacted_message_is_shown_as_such(world: World) -> None:
    [message_id] = post(world, "a secret")
    world.chime.chime.call(
        "RedactChannelMessage",
        {"ChannelArn": world.channel_arn("orders"), "MessageId": message_id},
        bearer=world.bearer_arn,
    )

    people = await messages(world, "orders")
    programs = await messages(world, "orders", "--json")

    assert "backend_worker: [redacted]  (" in people.stdout
    assert [(None, True)] == [(each["content"], each["redacted"]) for each in programs.json]


async def test_a_refusal_is_one_sentence_that_says_what_to_do(world: World) -> None:
    faults = world.chime.chime.faults
    stranger = await messages(world, "orders", WORKER_BEARER="nobody")
    faults.add(FaultRule(Broken(), operation="ListChannelMessages", times=1))
    broken = await messages(world, "orders")
    faults.add(FaultRule(DENIED, operation="ListChannelMessages", times=1))
    denied = await messages(world, "orders")

    for done in (stranger, broken, denied):
        assert (1, "", 1) == (done.code, done.stdout, len(done.stderr.splitlines()))
    assert "ListChannelMessages of channel/orders as user/nobody: " in stranger.stderr
    assert "`backend-worker bootstrap` makes it, or name another" in stranger.stderr
    assert "the answer was not Chime's" in broken.stderr
    assert "IAM must allow chime:ListChannelMessages: `backend-worker iam-policy`" in denied.stderr


async def test_a_429_is_waited_out(world: World) -> None:
    post(world, "Hello")
    world.chime.chime.faults.add(FaultRule(THROTTLED, operation="ListChannelMessages", times=1))

    done = await messages(world, "orders", "--json")

    assert (["Hello"], "") == ([each["content"] for each in done.json], done.stderr)
