"""Guarantee 6. What a message says, and what opens doors, is in no log line, dead letter, row or error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from structlog.typing import EventDict

from tests.support.jobs import a_job
from tests.support.stage import HOME, LIST, Stage
from worker.core.identity import client_request_token
from worker.core.row import to_json
from worker.local.chime.faults import FAILURE, LOST_REPLY, LOST_REQUEST, THROTTLED, Fault, Refuse

pytestmark = pytest.mark.virtual_time

CANARY = "canary-7f3a"


def a_telling_job(job_id: str = "order-1", **fields: Any) -> str:
    return a_job(
        job_id,
        content=f"{CANARY} in the content",
        metadata={"note": f"{CANARY} in the metadata"},
        attributes={"colour": [f"{CANARY} in an attribute"]},
        push={"title": f"{CANARY} in a title", "body": f"{CANARY} in a body"},
        context={"note": f"{CANARY} in the context"},
        **fields,
    )


ENDS: dict[str, Fault | None] = {
    "delivered": None,
    "found again": LOST_REPLY,
    "sent again": LOST_REQUEST,
    "throttled": THROTTLED,
    "failing": FAILURE,
    "quoted by Chime": Refuse(
        status=400, code="BadRequestException", message=f"Bad content: {CANARY} in the content"
    ),
}


@pytest.mark.parametrize("fault", ENDS.values(), ids=ENDS.keys())
async def test_nothing_that_is_private_is_told_by_a_job_that_is(
    stage: Stage, fault: Fault | None, log_lines: list[EventDict]
) -> None:
    stage.policy = replace(stage.policy, max_attempts=2)
    if fault:
        stage.strike(fault, times=2)
    stage.enqueue(a_telling_job())

    await stage.serve()

    assert log_lines
    assert [] == [text for text in everything_told(stage, log_lines) if is_private(text, stage)]


async def test_nothing_that_is_private_is_told_of_jobs_that_are_refused(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    stage.enqueue(
        f"{CANARY}: no job",
        a_telling_job("conflicting"),
        a_telling_job("conflicting", bearer="unknown"),
        a_telling_job("misspelt", contxt=CANARY),
        a_telling_job("foreign", channel=f"arn:aws:chime:us-east-1:999999999999:app-instance/{CANARY}"),
        a_job("long", content=CANARY * 1000),
        a_job("deep", metadata={"note": CANARY * 200}),
        a_job("twice")[:-1] + f', "context": "{CANARY}", "context": "{CANARY}"}}',
    )

    await stage.serve()

    assert 7 == len(stage.queue.dead_letters)
    told = [text for text in everything_told(stage, log_lines) if is_private(text, stage)]
    assert [] == [text for text in told if f"app-instance/{CANARY}" not in text]


async def test_trouble_with_queue_and_ledger_tells_nothing_that_is_private(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    stage.enqueue(a_telling_job(), a_telling_job("order-2", channel="alerts"))
    stage.strike(LOST_REPLY, LIST)

    async with stage.serving():
        for part in ("ledger", "delete", "change_visibility", "receive"):
            stage.trouble[part] = "after"
            await stage.passes(30)
            del stage.trouble[part]
        await stage.until(lambda: len(stage.queue) == 0)

    assert {"error", "info"} <= {line["log_level"] for line in log_lines}
    assert [] == [text for text in everything_told(stage, log_lines) if is_private(text, stage)]


def everything_told(stage: Stage, log_lines: list[EventDict]) -> Iterator[str]:
    """All that is kept or shown of jobs outside the queue and Chime, but the bodies of dead letters."""
    yield from map(repr, log_lines)
    yield from (repr(letter) + repr(list(letter.attributes.values())) for letter in stage.queue.dead_letters)
    yield from map(to_json, stage.rows)


def is_private(text: str, stage: Stage) -> bool:
    receipts = [receipt for receipt in stage.inbox.receipts if receipt in text]
    token = client_request_token(HOME.arn, "order-1")
    return CANARY in text or token in text or bool(receipts)
