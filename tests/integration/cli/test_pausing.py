"""`pause` and `resume` beside a running worker: nothing is received, or one channel waits alone."""

from __future__ import annotations

from tests.integration.cli.jobs import a_body
from tests.support.programs import logged, program, started, stopped
from worker.local.world import World

QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}
"""A poll is shorter than the drain: one that began before a pause is over when `status` has been run."""


async def test_all_is_paused_for_the_worker_of_a_file_until_it_is_resumed(world: World) -> None:
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "worker.started")
        paused = await program("pause", environment=world.environment)
        await logged(process, "sending.paused")
        empty = await program("status", "--json", environment=world.environment)
        await world.enqueue([a_body("order-1")])
        full = await program("status", "--json", environment=world.environment)
        sent_while_paused = world.messages("orders")
        resumed = await program("resume", environment=world.environment)
        await logged(process, "job.ended")
        await stopped(process)

    assert "paused all channels: workers see it within 3 s; `resume` ends it.\n" == paused.stdout
    assert [None] == [pause["channel_arn"] for pause in empty.json["pauses"]]
    assert (1, []) == (full.json["queue"]["visible"], sent_while_paused)
    assert (0, "resumed all channels: jobs that wait go on within half a minute.\n") == (
        resumed.code,
        resumed.stdout,
    )
    assert 1 == len(world.messages("orders"))


async def test_one_channel_is_paused_for_the_workers_of_a_table_and_the_others_go_on(
    table_world: World,
) -> None:
    environment = {**table_world.environment, **QUICK}
    async with started("run", environment=environment) as process:
        await logged(process, "worker.started")
        await program("pause", "--channel", "orders", environment=environment)
        await logged(process, "sending.paused")
        await table_world.enqueue([a_body("order-1"), a_body("ticket-1", channel="support")])
        await logged(process, "job.ended")
        seen = await program("status", environment=environment)
        resumed = await program("resume", "--channel", "orders", environment=environment)
        await logged(process, "sending.resumed")
        after = await program("status", "--json", environment=environment)

    assert f"paused        {table_world.channel_arn('orders')} since " in seen.stdout
    assert (1, 0) == (len(table_world.messages("support")), len(table_world.messages("orders")))
    assert "resumed orders: jobs that wait go on within half a minute.\n" == resumed.stdout
    assert [] == after.json["pauses"]


async def test_a_channel_that_is_resumed_while_all_is_paused_is_paused_still(table_world: World) -> None:
    environment = table_world.environment
    await program("pause", environment=environment)
    await program("pause", "--channel", "orders", environment=environment)

    one = await program("resume", "--channel", "orders", environment=environment)
    all_of_them = await program("resume", environment=environment)

    assert one.stdout.startswith("resumed orders, but all channels are paused still: ")
    assert all_of_them.stdout.startswith("resumed all channels: ")


async def test_where_there_is_no_ledger_nothing_is_paused_and_no_file_is_made(world: World) -> None:
    done = await program("pause", environment=world.environment)

    assert (78, "") == (done.code, done.stdout)
    assert done.stderr.startswith("WORKER_LEDGER: There is no ledger at ")
    assert [] == list(world.directory.iterdir())
