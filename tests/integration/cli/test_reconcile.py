"""`reconcile` by hand: beside the workers of a table, and on a file that no worker has."""

from __future__ import annotations

import signal

import pytest

from tests.integration.cli.jobs import a_body
from tests.support.programs import ended, logged, program, started
from worker.local.world import World

QUICK = {
    "WORKER_SHUTDOWN_TIMEOUT_S": "2",
    "WORKER_RECONCILE_GRACE_S": "0.1",
    "WORKER_RECONCILE_INTERVAL_S": "3600",
}
"""The worker leaves what it delivered to us."""


async def test_one_pass_beside_a_worker_of_the_table_confirms_what_it_delivered(table_world: World) -> None:
    environment = {**table_world.environment, **QUICK}
    await table_world.enqueue([a_body("order-1"), a_body("order-2")])
    async with started("run", environment=environment) as process:
        await logged(process, "job.ended")
        await logged(process, "job.ended")
        before = await program("status", "order-1", environment=environment)

        done = await program("reconcile", "--once", "--json", environment=environment)
        again = await program("reconcile", environment=environment)

    after = await program("status", "order-1", "--json", environment=environment)
    assert "reconcile as soon as it comes round: the channel is listed, to see" in before.stdout
    assert (0, {"confirmed": 2}) == (done.code, done.json)
    assert ["order-1", "order-2"] == sorted(line["job_id"] for line in done.logged("job.reconciled"))
    assert "reconciled: nothing due\n" == again.stdout
    assert ("confirmed", None) == (after.json["verdict"], after.json["reconciliation"])
    assert after.json["confirmed_at"] is not None


async def test_a_file_is_refused_while_a_worker_has_it_and_reconciled_after(world: World) -> None:
    environment = {**world.environment, **QUICK}
    await world.enqueue([a_body("order-1")])
    async with started("run", environment=environment) as process:
        await logged(process, "job.ended")
        refused = await program("reconcile", "--once", environment=environment)
        process.send_signal(signal.SIGTERM)
        await ended(process)

    done = await program("reconcile", "--once", environment=environment)

    assert (78, "") == (refused.code, refused.stdout)
    assert "is in use by another worker" in refused.stderr
    assert refused.stderr.endswith(" A running worker reconciles its own file by itself.\n")
    assert (0, "reconciled: 1 confirmed\n") == (done.code, done.stdout)


@pytest.mark.parametrize(
    ("ledger", "said"), [("", "There is no ledger at "), ("memory:", "memory: is known to the worker alone")]
)
async def test_where_there_is_no_ledger_none_is_made(world: World, ledger: str, said: str) -> None:
    named = {"WORKER_LEDGER": ledger or world.environment["WORKER_LEDGER"]}

    done = await program("reconcile", "--once", environment={**world.environment, **named})

    assert (78, "") == (done.code, done.stdout)
    assert f"WORKER_LEDGER: {said}" in done.stderr
    assert [] == list(world.directory.iterdir())
