"""What `doctor --probe` sees of a Chime, and that the emulator replays it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import program
from worker.adapters.aws import ClientPlan, aws_session
from worker.adapters.clock import SystemClock
from worker.local.chime.clock import WallClock
from worker.local.chime.like import switches_like
from worker.local.chime.seeds import Seed, SeedChannel, plant
from worker.local.chime.server import emulator
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import embedded_world
from worker.ops.probe import CONTENT, Probe
from worker.ops.probe_report import Report, json_of, report_of

HOME = "arn:aws:chime:us-east-1:123456789012:app-instance/shop"
BEARER = f"{HOME}/user/backend_worker"
ORDERS = f"{HOME}/channel/orders"
QUICK = Switches(rates="off")


def a_chime(switches: Switches) -> Chime:
    """A Chime whose channel holds a message of somebody else's."""
    chime = Chime(WallClock(), switches=switches)
    channel = SeedChannel(ORDERS, members=(BEARER, f"{HOME}/user/zoe"))
    users = (BEARER, f"{HOME}/user/zoe")
    plant(chime, Seed(app_instances=(HOME,), users=users, admins=(BEARER,), channels=(channel,)))
    chime.call(
        "SendChannelMessage",
        {
            "ChannelArn": ORDERS,
            "Content": "a secret of Zoe's",
            "Type": "STANDARD",
            "Persistence": "PERSISTENT",
            "ClientRequestToken": "zoe",
        },
        bearer=f"{HOME}/user/zoe",
    )
    return chime


async def probed(chime: Chime, *, rest_s: float = 0) -> Report:
    async with emulator(chime) as running:
        plan = ClientPlan(region="us-east-1", connections=64, call_deadline_s=10, endpoint=running.url)
        async with aws_session("0").chime(plan) as client:
            probe = Probe(
                client=client,
                app_instance_arn=HOME,
                channel_arn=ORDERS,
                bearer_arn=BEARER,
                calls_per_s=1000,
                deadline_s=10,
                clock=SystemClock(),
                rest_s=rest_s,
            )
            return await probe.run(made_by="a test")


async def test_a_report_holds_no_text_and_the_channel_is_left_as_it_was() -> None:
    chime = a_chime(QUICK)

    report = await probed(chime)

    text = json_of(report)
    assert report == report_of(text.encode())
    assert "secret" not in text
    assert CONTENT not in text
    first, *burst = chime.messages(ORDERS)
    assert "a secret of Zoe's" == first.content
    assert {("CONTROL", "NON_PERSISTENT")} == {(each.type, each.persistence) for each in burst}
    assert ([ORDERS], 0) == (list(chime.channels()), report.left_behind)


async def test_what_it_may_not_delete_is_counted() -> None:
    chime = a_chime(QUICK)
    chime.call("DeleteAppInstanceAdmin", {"AppInstanceArn": HOME, "AppInstanceAdminArn": BEARER}, bearer=None)

    report = await probed(chime)

    left = [each for each in chime.messages(ORDERS) if each.content and each.content.startswith(CONTENT)]
    assert report.left_behind == len(left) > 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"tokens": "ignored", "token_conflict": "first_answer"},
        {"token_conflict": "first_answer", "text_limits": "characters", "time_bounds": "exclusive"},
        {"missing": "BadRequestException", "missing_status": "NotFoundException", "page_size": 3},
        {"unknown_bearer": "UnauthorizedClientException", "error_header": "omitted"},
    ],
    ids=lambda changes: ", ".join(changes) or "as the emulator is",
)
async def test_the_emulator_replays_what_was_seen(changes: dict[str, Any]) -> None:
    seen = replace(QUICK, **changes)

    replayed = switches_like(await probed(a_chime(seen)), QUICK)

    told = {"tokens", "token_conflict", "text_limits", "time_bounds", "missing", "missing_status"}
    told |= {"unknown_bearer", "error_header", "page_size"}
    if seen.tokens == "ignored":
        told.remove("token_conflict")  # a Chime that ignores tokens sees no conflict
    assert {name: getattr(seen, name) for name in told} == {name: getattr(replayed, name) for name in told}


async def test_lags_are_measured() -> None:
    report = await probed(a_chime(replace(QUICK, list_lag_s=0.5, describe_lag_s=0.3)))

    replayed = switches_like(report)

    # Measured from the reply on: what passed before it is not counted.
    assert 0.45 <= replayed.list_lag_s < 3
    assert 0.25 <= replayed.describe_lag_s < 3


async def test_the_burst_is_measured_with_its_retry_after() -> None:
    report = await probed(a_chime(Switches(burst_s=2.0, retry_after_s=7)), rest_s=2)

    replayed = switches_like(report)

    assert report.burst.refused_count > 0
    assert 1.5 <= replayed.burst_s <= 2.5
    assert 7 == replayed.retry_after_s


async def test_the_command_writes_the_report_and_the_emulator_starts_with_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    async with embedded_world(chime=Chime(WallClock(), switches=replace(QUICK, tokens="ignored"))) as world:
        environment = {**world.environment, "WORKER_BEARER_RATE": "1000"}
        words = ("doctor", "--channel", "orders", "--probe", str(path), "--yes")
        done = await program(*words, environment=environment)

    assert (0, "") == (done.code, done.stdout)
    assert "new_message" == report_of(path.read_bytes()).token.same_payload
    started = await asyncio.to_thread(_refused_by_the_emulator, tmp_path)
    assert "made_by" in started


def _refused_by_the_emulator(folder: Path) -> str:
    """Start the emulator with a file that is no report."""
    (folder / "odd.json").write_text("{}")
    words = (sys.executable, "-m", "worker.local.chime", "--like", str(folder / "odd.json"))
    done = subprocess.run(words, capture_output=True, check=False, encoding="utf-8", timeout=30)
    assert 2 == done.returncode
    return done.stderr
