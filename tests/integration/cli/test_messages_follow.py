"""`messages --follow` goes on with what is new or has changed, through outages, until it is told to end."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio.subprocess import Process

from tests.integration.cli.test_messages import post
from tests.support.programs import WITHIN_S, ended, started
from worker.local.chime.faults import UNAVAILABLE, FaultRule
from worker.local.world import World


async def line_of(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        return (await process.stdout.readline()).decode().rstrip("\n")


async def talk_of(process: Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(WITHIN_S):
        return (await process.stderr.readline()).decode()


def change(world: World, operation: str, message_id: str, **other: str) -> None:
    asked = {"ChannelArn": world.channel_arn("orders"), "MessageId": message_id, **other}
    world.chime.chime.call(operation, asked, bearer=world.bearer_arn)


async def test_each_message_edit_and_redaction_is_shown_once_through_an_outage_until_ctrl_c(
    world: World,
) -> None:
    first, second = post(world, "first", "second")
    async with started("messages", "orders", "--follow", environment=world.environment) as process:
        listed = [await line_of(process), await line_of(process)]
        change(world, "UpdateChannelMessage", first, Content="mended")
        edited = await line_of(process)
        change(world, "RedactChannelMessage", second)
        redacted = await line_of(process)
        world.chime.chime.faults.add(FaultRule(UNAVAILABLE, operation="ListChannelMessages", times=2))
        edges = [await talk_of(process)]
        [third] = post(world, "third")
        edges.append(await talk_of(process))
        new = await line_of(process)
        process.send_signal(signal.SIGINT)
        done = await ended(process)

    shown = [*listed, edited, redacted, new]
    assert (0, "", "") == (done.code, done.stdout, done.stderr)
    assert [f"({each})" for each in (first, second, first, second, third)] == [
        line.rpartition(" ")[2] for line in shown
    ]
    assert edited.endswith(f"backend_worker: mended [edited]  ({first})")
    assert redacted.endswith(f"backend_worker: [redacted]  ({second})")
    assert edges[0].startswith("ListChannelMessages of channel/orders as user/backend_worker: ")
    assert edges[0].endswith("Following goes on every 2 s.\n")
    assert "Chime answers again\n" == edges[1]


async def test_with_json_each_message_is_a_line(world: World) -> None:
    post(world, "first")
    async with started("messages", "orders", "--follow", "--json", environment=world.environment) as process:
        first = json.loads(await line_of(process))
        post(world, "second")
        second = json.loads(await line_of(process))
        process.send_signal(signal.SIGINT)
        done = await ended(process)

    assert ["first", "second"] == [first["content"], second["content"]]
    assert (0, "", "") == (done.code, done.stdout, done.stderr)


async def test_what_was_left_out_at_the_start_is_not_shown_when_a_newer_message_goes(world: World) -> None:
    _, shown = post(world, "old", "shown")
    async with started(
        "messages", "orders", "--follow", "--limit", "1", environment=world.environment
    ) as process:
        listed = await line_of(process)
        change(world, "DeleteChannelMessage", shown)
        [new] = post(world, "new")
        next_line = await line_of(process)
        process.send_signal(signal.SIGINT)
        await ended(process)

    assert (f"({shown})", f"({new})") == (listed.rpartition(" ")[2], next_line.rpartition(" ")[2])


async def test_following_ends_when_nobody_reads_though_nothing_comes(world: World) -> None:
    post(world, "first")

    async with started("messages", "orders", "--follow", environment=world.environment) as process:
        await line_of(process)
        assert process.stdout is not None
        process.stdout._transport.close()  # type: ignore[attr-defined]
        done = await ended(process)

    assert (1, "", "") == (done.code, done.stdout, done.stderr)


async def test_following_ends_when_the_channel_is_gone(world: World) -> None:
    post(world, "first")
    async with started("messages", "orders", "--follow", environment=world.environment) as process:
        await line_of(process)
        asked = {"ChannelArn": world.channel_arn("orders")}
        world.chime.chime.call("DeleteChannel", asked, bearer=world.bearer_arn)
        done = await ended(process)

    assert (1, "") == (done.code, done.stdout)
    assert done.stderr.startswith("backend-worker: ListChannelMessages of channel/orders as user/")
