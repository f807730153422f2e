"""Channels by name and members through the real worker: SQS by moto, Chime by the emulator, over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from tests.support.programs import logged, program, started
from worker.contract.arns import AppInstance
from worker.contract.targets import Named, OfMembers, Sought
from worker.core.identity import derived_channel_id
from worker.local.world import World, embedded_world

QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with embedded_world() as running:
        yield running


def a_body(job_id: str, channel: object, content: str = "Hello", **fields: object) -> str:
    return json.dumps({"id": job_id, "channel": channel, "message": {"content": content}, **fields})


def texts(world: World, channel: str | Sought) -> list[str | None]:
    home = AppInstance.parse(world.app_instance_arn)
    channel_id = channel if isinstance(channel, str) else derived_channel_id(home.arn, channel)
    return [message.content for message in world.messages(channel_id)]


async def burst(world: World) -> Mapping[str, Any]:
    """Let a worker drain the queue; return what it says of it."""
    done = await program("run", "--burst", "--json", environment={**world.environment, **QUICK})
    assert 0 == done.code, done.stderr
    summary: Mapping[str, Any] = done.json
    return summary


async def test_every_way_to_name_a_channel_leads_to_its_messages(world: World) -> None:
    chime = world.chime.chime
    ana = f"{world.app_instance_arn}/user/ana"
    chime.add_user(ana)
    chime.add_channel(world.channel_arn("t-7"), name="Team 7 ☕", privacy="PRIVATE")
    await world.enqueue(
        [
            a_body("by-name", {"name": "Team 7 ☕"}),
            a_body("made", {"name": "New", "create": {"privacy": "PRIVATE", "expiration_days": 30}}),
            a_body("for-ana", {"members": ["ana"], "create": True}),
            a_body("nowhere", {"name": "No such team"}),
        ]
    )

    summary = await burst(world)

    assert {"delivered": 3} == summary["ended"]
    assert {"channel_not_found": 1} == summary["dead_lettered"]
    assert ["Hello"] == texts(world, "t-7")
    assert ["Hello"] == texts(world, Named("New"))
    assert ["Hello"] == texts(world, OfMembers((ana,)))


async def test_a_job_enqueued_in_words_makes_its_channel(world: World) -> None:
    async with started("run", environment=world.environment) as process:
        await logged(process, "worker.started")

        done = await program(
            *("enqueue", "--channel-name", "Team 7", "--create", "--id", "order-1", "--wait", "Hello"),
            environment=world.environment,
        )

    assert 0 == done.code, done.stderr
    assert ["Hello"] == texts(world, Named("Team 7"))


async def test_the_same_job_is_sent_once_another_under_its_id_never_and_a_mended_one_then(
    world: World,
) -> None:
    channel = {"name": "New", "create": True}
    await world.enqueue(
        [
            a_body("order-1", channel),
            a_body("order-2", channel, "x" * 4097),
            a_body("order-3", {"name": "Lost"}),
        ]
    )
    first = await burst(world)
    await world.enqueue(
        [
            a_body("order-1", {"create": {"privacy": "PUBLIC"}, "name": "New"}, context={"try": 2}),
            a_body("order-1", channel, "Another text"),
            a_body("order-2", channel, "Shorter"),
            a_body("order-3", channel, "Found"),
        ]
    )

    second = await burst(world)

    assert {"channel_not_found": 1, "content_too_large": 1} == first["dead_lettered"]
    assert {"id_conflict": 1} == second["dead_lettered"]
    assert ["Found", "Hello", "Shorter"] == sorted(map(str, texts(world, Named("New"))))
