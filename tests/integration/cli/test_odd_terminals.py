"""What asks the services, on terminals and pipes as bad as they come: the work is done all the same."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tests.integration.cli.jobs import a_body
from tests.integration.cli.test_messages import post
from tests.support.odd_terminals import TERMINALS, Terminal, first_line_of, run_on
from tests.support.programs import Done
from worker.local.world import World

TEXT = "Zoë 🚀 \x1b[31mred"
HOPELESS = ("all closed", "reader has left", "locale POSIX, taken at its word")
QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}


@pytest.mark.parametrize("name", [*HOPELESS, "disk full", "stderr full", "UTF-16"])
async def test_messages_and_enqueue_end_as_they_should(world: World, name: str) -> None:
    post(world, TEXT)
    terminal = TERMINALS[name]

    listed, enqueued = await on(
        terminal, world, ("messages", "orders"), ("enqueue", "--channel", "orders", "--id", "order-1", TEXT)
    )

    expected = (terminal.code, terminal.stderr)
    assert [expected, expected] == [(done.code, done.stderr) for done in (listed, enqueued)]
    assert [TEXT] == [json.loads(job.body)["message"]["content"] for job in world.jobs()]


@pytest.mark.parametrize("name", HOPELESS)
async def test_a_burst_and_status_end_as_they_should(world: World, name: str) -> None:
    """The job is done, also where nobody can be told."""
    await world.enqueue([a_body("order-1", content=TEXT)])
    terminal = TERMINALS[name]

    [burst] = await on(terminal, world, ("run", "--burst"))
    [status] = await on(terminal, world, ("status", "order-1"))

    assert (terminal.code, terminal.code, "") == (burst.code, status.code, status.stderr)
    assert "Traceback" not in burst.stderr
    assert [TEXT] == [message.content for message in world.messages("orders")]


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "JSON"])
async def test_a_reader_that_has_seen_enough_may_leave(world: World, form: tuple[str, ...]) -> None:
    """There is more than a pipe holds, so that the program meets the end of it."""
    chime = world.chime.chime
    chime.switches = replace(chime.switches, rates="off")
    post(world, *(f"{n} {'x' * 4000}" for n in range(40)))

    done = await asyncio.to_thread(first_line_of, "messages", "orders", *form, environment=world.environment)

    assert (1, "", 1) == (done.code, done.stderr, len(done.stdout.splitlines()))


async def on(terminal: Terminal, world: World, *commands: tuple[str, ...]) -> list[Done]:
    """Run commands beside one another."""
    async with asyncio.TaskGroup() as tasks:
        runs = [
            tasks.create_task(
                asyncio.to_thread(run_on, terminal, *words, environment={**world.environment, **QUICK})
            )
            for words in commands
        ]
    return [run.result() for run in runs]
