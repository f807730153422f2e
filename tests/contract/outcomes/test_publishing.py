"""What every target of outcomes promises."""

from __future__ import annotations

import json

import pytest

from tests.contract.outcomes.conftest import CHANNEL, REGION, Bench, Operator, a_notice, aws, plan_for
from worker.adapters.outcomes import open_outcomes
from worker.ports import OutcomesUnavailable


async def test_what_is_published_is_read_with_the_attributes_to_filter_by(bench: Bench) -> None:
    notice = a_notice()

    assert not await bench.outcomes.publish([notice])

    [read] = await bench.read()
    assert json.loads(notice.body) == read.body
    assert read.attributes in (None, {"outcome": "rejected", "reason": "invalid_job"})
    assert (CHANNEL if bench.is_fifo else None) == read.group_id


async def test_without_a_reason_there_is_no_such_attribute(bench: Bench) -> None:
    assert not await bench.outcomes.publish([a_notice(outcome="delivered", reason=None)])

    [read] = await bench.read()
    assert read.attributes in (None, {"outcome": "delivered"})


async def test_ten_are_published_in_one_call(bench: Bench) -> None:
    names = [f"order-{n}" for n in range(10)]

    assert not await bench.outcomes.publish([a_notice(name, group_id=name) for name in names])

    assert names == sorted(read.body["job_id"] for read in await bench.read())


async def test_a_fifo_target_keeps_the_order_of_a_group(bench: Bench) -> None:
    names = [f"order-{n}" for n in range(5)]

    for name in names:
        assert not await bench.outcomes.publish([a_notice(name)])

    read = [each.body["job_id"] for each in await bench.read()]
    assert names == read if bench.is_fifo else names == sorted(read)


async def test_only_a_fifo_target_swallows_a_repetition_and_nothing_else(bench: Bench) -> None:
    notice, other = a_notice(), a_notice()

    for each in (notice, notice, other):
        assert not await bench.outcomes.publish([each])

    assert (2 if bench.is_fifo else 3) == len(await bench.read())


async def test_an_event_names_its_source_its_type_its_channel_and_its_time(
    moto: str, operator: Operator
) -> None:
    url, arn = await operator.queue()
    async with open_outcomes(aws(), await operator.bus(arn), plan_for(moto)) as outcomes:
        assert not await outcomes.publish([a_notice(), a_notice(channel_arn=None)])

    first, second = [json.loads(message["Body"]) for message in await operator.receive(url)]
    assert ("chime-backend-worker", "Job Outcome") == (first["source"], first["detail-type"])
    assert ("2030-01-31T09:30:00Z", [CHANNEL], []) == (
        first["time"],
        first["resources"],
        second["resources"],
    )


@pytest.mark.parametrize(
    "target",
    [
        "{moto}/123456789012/nobody-made-it",
        f"arn:aws:sns:{REGION}:123456789012:nobody-made-it",
        f"arn:aws:events:{REGION}:123456789012:event-bus/nobody-made-it",
    ],
)
async def test_a_target_that_is_missing_is_unavailable(moto: str, target: str) -> None:
    async with open_outcomes(aws(), target.format(moto=moto), plan_for(moto)) as outcomes:
        with pytest.raises(OutcomesUnavailable, match=r"^\w+: [\w.]+ \(HTTP 4\d\d\)$"):
            await outcomes.publish([a_notice()])
