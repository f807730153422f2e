"""Redriving: jobs go back as they came, a letter leaves after its job, and what is hopeless stays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.ops.dead_letters.conftest import Bench, a_job, opened
from worker.adapters.clock import SystemClock
from worker.adapters.sqs_dead_letters import SqsDeadLetters, StoredLetter
from worker.adapters.sqs_letters import OWN_ATTRIBUTES, redriven
from worker.contract.job import parse_job
from worker.contract.limits import REDRIVE_COUNT
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core.row import Ended, Row
from worker.ops.dead_letters import Kept, Listed, Redriven, checking, listed, redriving
from worker.ops.rejection_check import RejectionCheck
from worker.ports import Attribute, Delivery

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"
BINARY = Attribute("Binary", b"\x00\xff")


class Mortal(SqsDeadLetters):
    """Dies between the send and the delete."""

    async def delete(self, letter: StoredLetter) -> bool:
        raise ConnectionAbortedError(letter.id)


class Stubborn(SqsDeadLetters):
    """Deletes nothing."""

    async def delete(self, letter: StoredLetter) -> bool:
        return not letter.id


def a_letter(**attributes: Attribute) -> Delivery:
    return Delivery(
        message_id="m", receipt_handle="r", body="{}", sent_at=NOW, received_at=NOW, attributes=attributes
    )


def numbered(count: int) -> dict[str, Attribute]:
    return {f"a{n}": Attribute("String", "x") for n in range(count)}


async def test_a_job_goes_back_as_its_producer_sent_it_and_is_counted(bench: Bench) -> None:
    body = a_job("order-1").replace("{", "{ \n", 1)
    await bench.bury(
        "order-1",
        body=body,
        group_id="orders",
        attributes={"source": BINARY, REDRIVE_COUNT: Attribute("Number", "2")},
        trace_header=TRACE,
    )

    told = await bench.look(redriving(bench.queue, listed))

    answer = await bench.world.client.receive_message(
        QueueUrl=bench.world.queue_url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )
    [job] = answer["Messages"]
    assert [Redriven(job["MessageId"])] == [fate for _, fate in told.fates]
    assert body == job["Body"]
    assert {"source", REDRIVE_COUNT} == job["MessageAttributes"].keys()
    assert b"\x00\xff" == job["MessageAttributes"]["source"]["BinaryValue"]
    assert "3" == job["MessageAttributes"][REDRIVE_COUNT]["StringValue"]
    assert ("orders", TRACE) == (job["Attributes"]["MessageGroupId"], job["Attributes"]["AWSTraceHeader"])
    assert [] == bench.world.dead_letters()


@pytest.mark.parametrize(
    ("attributes", "count"),
    [
        ({}, Attribute("Number", "1")),
        (numbered(9), Attribute("Number", "1")),
        (numbered(10), None),
        (numbered(9) | {"reason": Attribute("String", "bug")}, Attribute("Number", "1")),
        ({REDRIVE_COUNT: Attribute("Number", "9")}, Attribute("Number", "10")),
        (numbered(9) | {REDRIVE_COUNT: Attribute("Number", "9")}, Attribute("Number", "10")),
        ({REDRIVE_COUNT: Attribute("String", "often")}, Attribute("String", "often")),
    ],
)
def test_a_redrive_is_counted_where_there_is_room(
    attributes: Mapping[str, Attribute], count: Attribute | None
) -> None:
    fitted = redriven(a_letter(**attributes), limit_bytes=1024)

    assert count == fitted.attributes.get(REDRIVE_COUNT)
    assert (
        {name for name in attributes if name not in OWN_ATTRIBUTES}
        <= fitted.attributes.keys()
        <= (attributes.keys() | {REDRIVE_COUNT})
    )


def test_a_count_that_would_make_the_job_too_long_is_left_out() -> None:
    letter = replace(a_letter(), body="x" * 100)

    assert {REDRIVE_COUNT} == redriven(
        letter, limit_bytes=100 + len("redrive_countNumber1")
    ).attributes.keys()
    assert {} == redriven(letter, limit_bytes=100 + len("redrive_countNumber")).attributes


async def test_a_group_of_a_fifo_queue_goes_back_whole_and_in_order(fifo_bench: Bench) -> None:
    for n in range(13):
        await fifo_bench.bury(f"order-{n}", group_id="orders")
        await fifo_bench.bury(f"ticket-{n}", group_id="support")

    told = await fifo_bench.look(redriving(fifo_bench.queue, listed))

    ids = fifo_bench.job_ids()
    assert [f"order-{n}" for n in range(13)] == [each for each in ids if each.startswith("order")]
    assert [f"ticket-{n}" for n in range(13)] == [each for each in ids if each.startswith("ticket")]
    assert (26, 0) == (told.looked.seen_count, told.looked.unseen_count)


async def test_a_death_between_send_and_delete_loses_nothing(bench: Bench) -> None:
    await bench.bury("order-1")
    await bench.bury("order-2")
    mortal = await opened(bench.world, Mortal)
    with pytest.raises(ConnectionAbortedError):
        await bench.look(redriving(mortal, listed), queue=mortal)
    assert (1, 2) == (len(bench.world.jobs()), len(bench.world.dead_letters()))

    await bench.look(redriving(bench.queue, listed))

    assert ["order-1", "order-1", "order-2"] == sorted(bench.job_ids())  # one id: at most one message
    assert [] == bench.world.dead_letters()


async def test_on_a_fifo_queue_sqs_swallows_the_second_copy_after_a_death(fifo_bench: Bench) -> None:
    await fifo_bench.bury("order-1", group_id="orders")
    mortal = await opened(fifo_bench.world, Mortal)
    with pytest.raises(ConnectionAbortedError):
        await fifo_bench.look(redriving(mortal, listed), queue=mortal)

    await fifo_bench.look(redriving(fifo_bench.queue, listed))

    assert ["order-1"] == fifo_bench.job_ids()
    assert [] == fifo_bench.world.dead_letters()


async def test_a_job_that_comes_back_at_once_is_not_swallowed_when_redriven_again(fifo_bench: Bench) -> None:
    for _ in range(2):
        await fifo_bench.bury("order-1", group_id="orders")
        await fifo_bench.look(redriving(fifo_bench.queue, listed))

    assert ["order-1", "order-1"] == fifo_bench.job_ids()


class Rejected(SqsDeadLetters):
    """Behind it a worker rejects at once what is redriven: it lies there again."""

    bench: Bench
    sends = 0

    async def redrive(self, letter: StoredLetter) -> str:
        sqs_message_id = await super().redrive(letter)
        self.sends += 1
        if self.sends < 20:
            await self.bench.bury(letter.said("job_id") or "", body=letter.delivery.body)
        return sqs_message_id


async def test_what_is_rejected_again_at_once_is_redriven_once_and_then_left(bench: Bench) -> None:
    """A worker that runs beside it would turn the redrive into a circle."""
    await bench.bury("order-1")
    await bench.bury("order-2")
    queue = await opened(bench.world, Rejected)
    assert isinstance(queue, Rejected)
    queue.bench = bench

    told = await bench.look(redriving(queue, listed), queue=queue)

    assert 2 == queue.sends
    assert {"Redriven": 2, "Kept": 2} == Counter(type(fate).__name__ for _, fate in told.fates)
    assert 2 == len(bench.world.dead_letters())


async def test_a_letter_that_sqs_does_not_delete_is_told_to_stay(bench: Bench) -> None:
    await bench.bury("order-1")
    queue = await opened(bench.world, Stubborn)

    [(_, fate)] = (await bench.look(redriving(queue, listed), queue=queue)).fates

    assert isinstance(fate, Kept)
    assert "SQS did not delete the letter" in fate.cause


async def test_a_job_that_its_queue_cannot_take_stays_and_the_others_go(bench: Bench) -> None:
    await bench.bury("order-1", body=a_job("order-1", context="x" * 900))
    await bench.bury("order-2")
    small = {"MaximumMessageSize": "1024"}
    await bench.world.client.set_queue_attributes(QueueUrl=bench.world.queue_url, Attributes=small)  # type: ignore[arg-type]
    await bench.bury("order-3", body=a_job("order-3", context="x" * 1024))

    told = await bench.look(redriving(await opened(bench.world), listed))

    assert {"order-1": Redriven, "order-2": Redriven, "order-3": Kept} == {
        letter.said("job_id"): type(fate) for letter, fate in told.fates
    }
    assert 1 == len(bench.world.dead_letters())


async def judged(bench: Bench, stored: Row | None = None) -> dict[str | None, str | None]:
    """Say of each letter's job why it would be rejected again."""

    async def read_row(job_id: str) -> Row | None:
        return stored if stored is not None and stored.job_id == job_id else None

    check = RejectionCheck(
        home=bench.home,
        clock=SystemClock(),
        may_speak_for=lambda bearer_arn: bearer_arn.endswith("/user/ann"),
        read_row=read_row,
    )
    told = await bench.look(redriving(bench.queue, checking(check.doubt)))
    return {
        letter.said("job_id"): fate.cause if isinstance(fate, Kept) else None for letter, fate in told.fates
    }


async def test_what_would_be_rejected_again_stays_with_its_cause(bench: Bench) -> None:
    foreign = bench.world.channel_arn("orders").replace(":123456789012:", ":210987654321:")
    bodies = {
        "good": a_job("good", bearer="ann"),
        "unreadable": "{",
        "not_a_job": json.dumps({"Type": "SubscriptionConfirmation", "SubscribeURL": "x", "Token": "y"}),
        "invalid_job": a_job("bad", message={"content": ""}),
        "content_too_large": a_job("long", message={"content": "x" * 4097}),
        "foreign_channel": a_job("foreign", channel=foreign),
        "bearer_not_allowed": a_job("bob", bearer="bob"),
    }
    for name, body in bodies.items():
        await bench.bury(name, body=body)

    causes = await judged(bench)

    assert bodies.keys() == causes.keys()
    assert causes.pop("good") is None
    for reason, cause in causes.items():
        assert f"it would be rejected again: {reason}: " in str(cause)
    assert ["good"] == bench.job_ids()
    assert {*causes} == {letter.attributes["job_id"] for letter in bench.world.dead_letters()}


@pytest.mark.parametrize(
    ("same_job", "outcome", "goes"),
    [
        ("another job", Outcome.DELIVERED, False),
        ("another job", Outcome.REJECTED, True),
        ("another job", None, False),
        ("the same job", Outcome.DELIVERED, True),
    ],
)
async def test_an_id_that_the_ledger_gave_to_another_job_is_a_conflict(
    bench: Bench, same_job: str, outcome: Outcome | None, goes: bool
) -> None:
    await bench.bury("order-1")
    job = parse_job(a_job("order-1"), home=bench.home, sent_at=NOW)
    row = Row(
        job_id="order-1",
        payload_hash=job.payload_hash if same_job == "the same job" else "another",
        channel_arn=bench.world.channel_arn("orders"),
        bearer_arn=bench.world.bearer_arn,
        listable=True,
        received_at=NOW,
        delivery_id="d",
    )

    causes = await judged(bench, replace(row, state=Ended(outcome, NOW)) if outcome else row)

    assert goes is (causes["order-1"] is None)
    assert goes is (["order-1"] == bench.job_ids())


async def test_force_sends_what_would_be_rejected_again(bench: Bench) -> None:
    await bench.bury("order-1", reason=Reason.INVALID_JOB, body=a_job("order-1", message={"content": ""}))

    await bench.look(redriving(bench.queue, listed))

    assert ["order-1"] == bench.job_ids()


async def test_to_look_at_what_would_be_redriven_changes_nothing(bench: Bench) -> None:
    await bench.bury("order-1")

    told = await bench.look()

    assert [Listed()] == [fate for _, fate in told.fates]
    assert (1, []) == (len(bench.world.dead_letters()), bench.world.jobs())
