"""What only the queue in memory has: virtual time, duplicates on demand, trouble on demand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from tests.contract.inbox.conftest import a_letter
from worker.local.memory_inbox import InboxCall, InboxTrouble, MemoryInbox
from worker.local.memory_queue import MemoryQueue
from worker.ports import QueueUnavailable

pytestmark = pytest.mark.virtual_time


class LoopClock:
    """The wall clock of a world whose time is the loop's."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=asyncio.get_running_loop().time())


def a_queue(
    *, fifo: bool = False, visibility_timeout_s: float = 60, retention_s: int = 345_600
) -> MemoryQueue:
    return MemoryQueue(
        LoopClock(),
        fifo=fifo,
        visibility_timeout_s=visibility_timeout_s,
        retention_s=retention_s,
        rng=Random(1),
    )


def elapsed_s() -> float:
    return asyncio.get_running_loop().time()


async def test_a_long_poll_wakes_when_a_visibility_timeout_runs_out() -> None:
    queue = a_queue(visibility_timeout_s=7)
    queue.enqueue("job")
    await queue.receive(10, wait_s=0)

    [again] = await queue.receive(10, wait_s=20)

    assert again.receive_count == 2
    assert elapsed_s() == pytest.approx(7, abs=0.01)


async def test_a_long_poll_that_brings_nothing_lasts_as_long_as_it_was_asked_to() -> None:
    assert [] == await a_queue().receive(10, wait_s=20)
    assert elapsed_s() == pytest.approx(20)


async def test_a_long_poll_wakes_when_a_fifo_group_is_free_again() -> None:
    queue = a_queue(fifo=True)
    queue.enqueue("a1", group_id="a")
    queue.enqueue("a2", group_id="a")
    [a1] = await queue.receive(1, wait_s=0)
    asyncio.get_running_loop().call_later(3, queue.delete, a1.receipt_handle)

    [a2] = await queue.receive(10, wait_s=20)

    assert a2.body == "a2"
    assert elapsed_s() == pytest.approx(3, abs=0.01)


async def test_a_released_fifo_head_keeps_its_group_blocked_until_it_is_due() -> None:
    queue = a_queue(fifo=True)
    queue.enqueue("a1", group_id="a")
    queue.enqueue("a2", group_id="a")
    [a1, a2] = await queue.receive(10, wait_s=0)
    queue.change_visibility(a2.receipt_handle, 0)
    queue.change_visibility(a1.receipt_handle, 5)

    bodies = [delivery.body for delivery in await queue.receive(10, wait_s=20)]

    assert ["a1", "a2"] == bodies
    assert elapsed_s() == pytest.approx(5, abs=0.01)


async def test_an_old_receipt_deletes_nothing() -> None:
    """A standard queue claims success all the same; FIFO says that the receipt is worth nothing."""
    for fifo, answer in ((False, None), (True, "gone")):
        queue = a_queue(fifo=fifo)
        queue.enqueue("job", group_id="a")
        [first] = await queue.receive(1, wait_s=0)
        queue.change_visibility(first.receipt_handle, 0)
        await queue.receive(1, wait_s=0)

        assert answer == queue.delete(first.receipt_handle)
        assert len(queue) == 1


async def test_a_receipt_that_ran_out_cannot_be_extended() -> None:
    queue = a_queue(visibility_timeout_s=1)
    queue.enqueue("job")
    [delivery] = await queue.receive(1, wait_s=0)

    await a_queue().receive(1, wait_s=2)  # two seconds pass

    assert queue.change_visibility(delivery.receipt_handle, 60) == "gone"
    assert queue.in_flight == 0


async def test_a_job_cannot_be_kept_longer_than_twelve_hours_from_its_receive() -> None:
    queue = a_queue()
    queue.enqueue("job")
    [delivery] = await queue.receive(1, wait_s=0)

    assert queue.change_visibility(delivery.receipt_handle, 43_200) is None
    await a_queue().receive(1, wait_s=2)
    assert queue.change_visibility(delivery.receipt_handle, 43_199) == "gone"


async def test_a_duplicate_is_the_same_message_in_other_hands() -> None:
    queue = a_queue()
    message_id = queue.enqueue("job")
    [first] = await queue.receive(10, wait_s=0)

    queue.duplicate(message_id)
    [second] = await queue.receive(10, wait_s=0)
    queue.delete(first.receipt_handle)

    assert message_id == first.message_id == second.message_id
    assert first.receipt_handle != second.receipt_handle
    assert len(queue) == 1


async def test_a_job_is_dropped_when_its_retention_ends() -> None:
    queue = a_queue(retention_s=60)
    queue.enqueue("job")

    await a_queue().receive(1, wait_s=61)

    assert [] == await queue.receive(1, wait_s=0)
    assert len(queue) == 0


async def test_a_fifo_queue_takes_nothing_without_a_group() -> None:
    with pytest.raises(ValueError, match="MessageGroupId"):
        a_queue(fifo=True).enqueue("job")


@pytest.mark.parametrize(("trouble", "left"), [("before", 1), ("after", 0)])
async def test_a_call_can_fail_before_it_takes_effect_or_after(trouble: InboxTrouble, left: int) -> None:
    def on_delete(call: InboxCall) -> InboxTrouble | None:
        return trouble if call == "delete" else None

    queue = a_queue()
    inbox = MemoryInbox(queue, trouble=on_delete)
    queue.enqueue("job")
    deliveries = await inbox.receive(10, wait_s=0)

    with pytest.raises(QueueUnavailable, match="delete: lost on the way"):
        await inbox.delete(deliveries)
    assert left == len(queue)


async def test_a_receive_whose_answer_is_lost_leaves_its_jobs_in_flight() -> None:
    queue = a_queue()
    queue.enqueue("job")

    with pytest.raises(QueueUnavailable):
        await MemoryInbox(queue, trouble=lambda _: "after").receive(10, wait_s=0)
    assert (1, 1) == (len(queue), queue.in_flight)


async def test_a_lost_dead_letter_is_in_the_dead_letters_all_the_same() -> None:
    queue = a_queue()
    queue.enqueue("job")
    [delivery] = await queue.receive(10, wait_s=0)

    with pytest.raises(QueueUnavailable):
        await MemoryInbox(queue, trouble=lambda _: "after").dead_letter(delivery, a_letter())
    assert ["job"] == [letter.body for letter in queue.dead_letters]
