"""`status` of a job, beside a running worker and after it."""

from __future__ import annotations

from tests.integration.cli.jobs import a_body
from tests.support.programs import logged, program, started, stopped
from worker.local.world import World

QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}


async def test_a_job_has_the_same_status_beside_the_worker_and_after_it(world: World) -> None:
    await world.enqueue([a_body("order-1"), a_body("order-2", content="")])
    async with started("run", environment={**world.environment, **QUICK}) as process:
        await logged(process, "job.ended")
        await logged(process, "job.ended")
        beside = await program("status", "order-1", environment=world.environment)
        await stopped(process)

    after = await program("status", "order-1", environment=world.environment)
    rejected = await program("status", "order-2", "--json", environment=world.environment)
    [stored] = world.messages("orders")
    assert (0, "") == (after.code, after.stderr)
    assert beside.stdout == after.stdout
    assert f"message   {stored.message_id}" in after.stdout.splitlines()
    assert "next      nothing: the job has ended" in after.stdout.splitlines()
    assert ("rejected", "invalid_job") == (rejected.json["outcome"], rejected.json["reason"])


async def test_only_the_ledger_has_to_be_named(world: World) -> None:
    await world.enqueue([a_body("order-1")])
    await program("run", "--burst", environment={**world.environment, **QUICK})

    done = await program(
        "status", "order-1", "--json", "--ledger", world.environment["WORKER_LEDGER"], environment={}
    )

    assert (0, "delivered") == (done.code, done.json["outcome"])


async def test_a_job_that_nobody_knows_is_1_and_a_sentence(world: World) -> None:
    await program("run", "--burst", environment={**world.environment, **QUICK})

    done = await program("status", "order-\x1b", environment=world.environment)

    assert (1, "") == (done.code, done.stdout)
    assert done.stderr.startswith("backend-worker: the ledger does not know job order-\\x1b: ")
