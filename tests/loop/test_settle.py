"""The settler tells SQS how deliveries end, in batches, until SQS has understood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from structlog.typing import EventDict

from tests.support.clock import START
from tests.support.jobs import a_job
from tests.support.recorded_inbox import Buried, Deleted, Shown
from tests.support.stage import HOME, Stage
from worker.adapters.sqs_letters import FittedLetter
from worker.contract.job import parse_job
from worker.contract.reasons import Reason
from worker.core.settlement import DeadLetter, Delete, Letter, Release
from worker.local.memory_inbox import MemoryInbox
from worker.loop.hand import Hand, Held
from worker.loop.settle import Settler
from worker.loop.tally import Tally
from worker.ports import Inbox

pytestmark = pytest.mark.virtual_time

BAD_REQUEST = DeadLetter(
    Letter(reason=Reason.BAD_REQUEST, detail="No.", job_id="order-1", attempts=1, first_failed_at=START)
)


@dataclass(frozen=True, slots=True)
class Bench:
    """A settler with a hand full of deliveries."""

    settler: Settler
    hand: Hand
    held: Sequence[Held]


@asynccontextmanager
async def settling(stage: Stage, count: int, *, inbox: Inbox | None = None) -> AsyncIterator[Bench]:
    hand = Hand()
    stage.enqueue(*[a_job(f"order-{n}") for n in range(count)])
    held: list[Held] = []
    while len(held) < count:
        for one in await stage.inbox.receive(10, wait_s=0):
            job = parse_job(one.body, home=HOME, sent_at=one.sent_at)
            held.append(Held(one, job, "lane", 0, 60))
            hand.take(held[-1])
    async with Settler(inbox or stage.inbox, hand, Tally()) as settler:
        yield Bench(settler, hand, held)


class NoDeadLetterQueue(MemoryInbox):
    """An inbox whose queue has no dead letter queue."""

    @property
    def has_dead_letter_queue(self) -> bool:
        return False


async def test_when_idle_a_delete_leaves_at_once_and_alone(stage: Stage) -> None:
    async with settling(stage, 1) as bench:
        bench.settler.submit(bench.held[0], Delete())
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        assert 0 == len(stage.queue)
        assert 0 == len(bench.hand)
    assert 0 == stage.clock.elapsed_s()


async def test_while_jobs_are_at_work_deletes_gather_into_batches_of_ten(stage: Stage) -> None:
    async with settling(stage, 26) as bench:
        bench.held[25].phase = "active"
        for held in bench.held[:25]:
            bench.settler.submit(held, Delete())
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)

        assert [10, 10, 5] == stage.inbox.batches(Deleted)
        bench.settler.submit(bench.held[25], Delete())


async def test_a_single_delete_does_not_wait_long_for_company(stage: Stage) -> None:
    async with settling(stage, 2) as bench:
        bench.held[1].phase = "active"
        bench.settler.submit(bench.held[0], Delete())
        await asyncio.sleep(0.06)

        assert 1 == len(stage.queue)
        bench.settler.submit(bench.held[1], Delete())


async def test_an_entry_that_failed_for_now_is_tried_again_and_the_others_are_settled(stage: Stage) -> None:
    async with settling(stage, 10) as bench:
        unlucky = bench.held[3].delivery.message_id
        stage.inbox.entry_faults[unlucky] = ["later", "later"]
        for held in bench.held:
            bench.settler.submit(held, Delete())
        await asyncio.sleep(0.1)
        assert 1 == len(bench.hand)

        await asyncio.sleep(1)

        assert 0 == len(stage.queue)
        assert [Deleted()] * 3 == stage.inbox.told_of(unlucky)
        assert [10, 1, 1] == stage.inbox.batches(Deleted)


async def test_a_receipt_that_is_void_is_let_go_and_not_tried_again(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    async with settling(stage, 1) as bench:
        stage.inbox.entry_faults[bench.held[0].delivery.message_id] = ["gone"]
        bench.settler.submit(bench.held[0], Delete())
        await asyncio.sleep(60)

        assert 0 == len(bench.hand)
    assert [1] == stage.inbox.batches(Deleted)
    assert ["delivery.lost"] == [line["event"] for line in log_lines]


@pytest.mark.parametrize("outage_s", [1, 60])
async def test_while_sqs_is_out_a_delete_is_tried_again_until_it_works(stage: Stage, outage_s: int) -> None:
    async with settling(stage, 3) as bench:
        stage.trouble["delete"] = "before"
        for held in bench.held:
            bench.settler.submit(held, Delete())
        await asyncio.sleep(outage_s)
        assert 3 == len(bench.hand)

        del stage.trouble["delete"]
        await asyncio.sleep(4)

        assert 0 == len(bench.hand)
        assert 0 == len(stage.queue)


async def test_releases_keep_their_order_also_when_one_must_be_tried_again(stage: Stage) -> None:
    async with settling(stage, 3) as bench:
        follower, other, head = bench.held
        stage.inbox.entry_faults[follower.delivery.message_id] = ["later"]
        stage.inbox.entry_faults[head.delivery.message_id] = ["later"]
        for held, after_s in ((follower, 0), (other, 0), (head, 7)):
            bench.settler.submit(held, Release(after_s))
        await asyncio.sleep(1)

        told = [(record.message_id, record.told) for record in stage.inbox.records]
    assert told[3:] == [
        (follower.delivery.message_id, Shown(0)),
        (head.delivery.message_id, Shown(7)),
    ]


async def test_a_dead_letter_is_copied_before_its_job_is_deleted(stage: Stage) -> None:
    async with settling(stage, 1) as bench:
        bench.settler.submit(bench.held[0], BAD_REQUEST)

    assert [Buried("bad_request"), Deleted()] == stage.inbox.told_of(bench.held[0].delivery.message_id)


async def test_a_dead_letter_under_way_does_not_delay_the_end(stage: Stage) -> None:
    async with settling(stage, 1) as bench:
        stage.trouble["dead_letter"] = "before"
        bench.settler.submit(bench.held[0], BAD_REQUEST)
        await asyncio.sleep(0.1)
        del stage.trouble["dead_letter"]

    assert {"order-1": "bad_request"} == stage.dead_letters()
    assert 0 == len(stage.queue)
    assert stage.clock.elapsed_s() < 0.5


async def test_a_job_without_a_dead_letter_queue_goes_back_to_its_own(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    async with settling(stage, 1, inbox=NoDeadLetterQueue(stage.queue)) as bench:
        bench.settler.submit(bench.held[0], BAD_REQUEST)

    assert 1 == len(stage.queue)
    assert "job.left_in_queue" in [line["event"] for line in log_lines]


async def test_a_job_that_no_dead_letter_can_hold_is_left_to_the_queues_own_redrive(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    inbox = MemoryInbox(stage.queue, message_limit_bytes=10)
    async with settling(stage, 1, inbox=inbox) as bench:
        bench.settler.submit(bench.held[0], BAD_REQUEST)

    assert 1 == len(stage.queue)
    assert [] == list[FittedLetter](stage.queue.dead_letters)
    assert "job.left_in_queue" in [line["event"] for line in log_lines]


async def test_a_dead_letter_queue_that_stays_out_gives_the_job_back(stage: Stage) -> None:
    async with settling(stage, 1) as bench:
        stage.trouble["dead_letter"] = "before"
        bench.settler.submit(bench.held[0], BAD_REQUEST)
        await asyncio.sleep(30)

    assert 1 == len(stage.queue)
    assert [Buried("bad_request")] * 6 + [Shown(4)] == stage.inbox.told_of(bench.held[0].delivery.message_id)


async def test_the_last_flush_ends_in_time_even_if_sqs_stays_out(
    stage: Stage, log_lines: list[EventDict]
) -> None:
    async with settling(stage, 3) as bench:
        stage.trouble["delete"] = "before"
        for held in bench.held:
            bench.settler.submit(held, Delete())

    assert stage.clock.elapsed_s() <= 4
    assert [3] == [line["unsettled_count"] for line in log_lines if line["event"] == "settler.gave_up"]


async def test_what_is_on_its_way_out_is_not_hidden_again_by_an_extension(stage: Stage) -> None:
    async with settling(stage, 2) as bench:
        bench.settler.submit(bench.held[0], Release())
        faults = await bench.settler.extend(bench.held, 60)

    assert {} == faults
    assert [Shown(0)] == stage.inbox.told_of(bench.held[0].delivery.message_id)
    assert [Shown(60)] == stage.inbox.told_of(bench.held[1].delivery.message_id)
