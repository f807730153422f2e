"""The long walk of an operator: a hundred mixed dead letters, their causes mended, none left in the end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import chain

import pytest

from tests.support.jobs import a_job, text_of
from tests.support.programs import program
from worker.contract.limits import CONTENT_BYTES
from worker.local.chime.clock import WallClock
from worker.local.chime.faults import FAILURE, FaultRule, Refuse
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import World, embedded_world

SEND = "SendChannelMessage"
REFUSED = Refuse(status=400, code="BadRequestException", message="bad request")
QUICK: Mapping[str, str] = {
    "WORKER_BEARER_RATE": "50",
    "WORKER_RECONCILE_GRACE_S": "1",
    "WORKER_SHUTDOWN_TIMEOUT_S": "2",
}
REDRIVE = ("dlq", "redrive", "--yes")
IN_TROUBLE: Mapping[str, str] = {**QUICK, "WORKER_JOIN_CHANNELS": "false", "WORKER_MAX_ATTEMPTS": "1"}
FOREIGN = "arn:aws:chime:us-east-1:123456789012:app-instance/another/channel/orders"

MENDED: Mapping[str, Sequence[str]] = {
    "attempts_exhausted": [a_job("failed", "alerts")],
    "bad_request": [a_job(f"bad-{n}", "support") for n in range(15)],
    "channel_not_found": [a_job(f"early-{n}", {"name": "later"}) for n in range(20)],
    "forbidden_or_missing_channel": [a_job(f"outside-{n}", "lounge") for n in range(14)],
}
"""What a mended world takes, by the reason it has now."""
SENT = [a_job(f"sent-{n}") for n in range(5)]
MOVED = [*SENT, *(a_job(f"unseen-{n}") for n in range(5))]
"""What SQS moved by itself: also what was sent, and never deleted."""
HOPELESS: Mapping[str, Sequence[str]] = {
    "content_too_large": [a_job(f"large-{n}", content="x" * (CONTENT_BYTES + 1)) for n in range(5)],
    "foreign_channel": [a_job(f"foreign-{n}", FOREIGN) for n in range(5)],
    "id_conflict": [a_job(f"sent-{n}", content="another text") for n in range(5)],
    "invalid_job": [a_job(f"void-{n}", type="send_massage") for n in range(10)],
    "not_a_job": [json.dumps({"Event": "s3:TestEvent", "Service": "Amazon S3"})] * 5,
    "unreadable": ["{"] * 10,
}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """As the others', but its Chime ignores repeated tokens and knows no quota."""
    chime = Chime(WallClock(), switches=Switches(tokens="ignored", rates="off"))
    async with embedded_world(chime=chime) as running:
        yield running


async def burst(world: World, settings: Mapping[str, str], *bodies: str) -> None:
    await world.enqueue(bodies)
    done = await program("run", "--burst", environment={**world.environment, **settings})
    assert 0 == done.code, done.stderr


async def left(world: World) -> Mapping[str, int]:
    """Count the dead letters by reason, as `dlq ls` does."""
    done = await program("dlq", "ls", "--json", environment=world.environment)
    by_reason: Mapping[str, int] = done.json["by_reason"]
    return by_reason


@pytest.mark.timeout(150)
async def test_a_hundred_mixed_letters_are_walked_to_an_empty_queue_and_each_job_to_its_right_end(
    world: World,
) -> None:
    await burst(world, QUICK, *SENT)
    in_trouble(world)
    await burst(world, IN_TROUBLE, *chain(*MENDED.values(), *HOPELESS.values()))
    for body in MOVED:
        await world.client.send_message(QueueUrl=world.dead_letter_queue_url, MessageBody=body)
    before = await left(world)

    mended(world)
    selected = await program(*REDRIVE, "--reason", "channel_not_found", environment=world.environment)
    rest = await program(*REDRIVE, environment=world.environment)
    await burst(world, QUICK)
    after = await left(world)
    purged = await program("dlq", "purge", "--yes", environment=world.environment)

    sendable = {reason: len(bodies) for reason, bodies in MENDED.items()} | {"moved_by_sqs": len(MOVED)}
    hopeless = {reason: len(bodies) for reason, bodies in HOPELESS.items()}
    assert (100, sendable | hopeless) == (sum(before.values()), before)
    assert [(0, 20), (1, 40), (0, 40)] == [
        (done.code, len(done.stdout.splitlines())) for done in (selected, rest, purged)
    ]
    assert (hopeless, [], []) == (after, world.dead_letters(), world.jobs())
    sent = chain(*MENDED.values(), MOVED)
    assert Counter(text_of(json.loads(body)["id"]) for body in sent) == posted(world)


def in_trouble(world: World) -> None:
    """Let Chime refuse one channel's messages, and fail at another's."""
    world.chime.chime.faults.add(
        FaultRule(REFUSED, operation=SEND, channel=world.channel_arn("support")),
        FaultRule(FAILURE, operation=SEND, channel=world.channel_arn("alerts")),
    )


def mended(world: World) -> None:
    """End the trouble, and make the channel that was missing."""
    world.chime.chime.faults.clear()
    world.chime.chime.add_channel(world.channel_arn("later"))


def posted(world: World) -> Counter[str]:
    """Count every message of every channel by its content."""
    chime = world.chime.chime
    return Counter(str(message.content) for arn in chime.channels() for message in chime.messages(arn))
