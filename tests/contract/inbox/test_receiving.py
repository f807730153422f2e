"""What the loop may rely on when it receives, extends, releases and deletes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.contract.inbox.conftest import OpenBench
from worker.adapters.clock import SystemClock
from worker.ports import Attribute, Delivery

ATTRIBUTES = {
    "traceparent": Attribute("String", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    "priority": Attribute("Number.int", "7"),
    "blob": Attribute("Binary.gzip", b"\x1f\x8b\x00\xff"),
}


def a_stranger() -> Delivery:
    """A delivery of another queue, or of another life."""
    now = datetime.now(UTC)  # noqa: TID251 - the stamp is of no matter
    return Delivery(message_id="?", receipt_handle="never-given-out", body="", sent_at=now, received_at=now)


async def test_an_empty_queue_gives_nothing(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        assert [] == await bench.inbox.receive(10, wait_s=0)


async def test_a_job_arrives_byte_for_byte_with_all_its_attributes(open_bench: OpenBench) -> None:
    body = '{"id": "a",\t"text":\r\n "Zoë 🚀 \\u0000 <&>"}'
    async with open_bench() as bench:
        await bench.enqueue(body, attributes=ATTRIBUTES)

        [delivery] = await bench.inbox.receive(10, wait_s=0)

        assert body == delivery.body
        assert ATTRIBUTES == delivery.attributes
        assert delivery.receive_count == 1
        assert abs(SystemClock().now() - delivery.sent_at) < timedelta(seconds=10)
        assert delivery.sent_at <= delivery.received_at + timedelta(milliseconds=1)


async def test_no_more_is_received_than_was_asked_for(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        for n in range(5):
            await bench.enqueue(str(n))

        first = await bench.inbox.receive(3, wait_s=0)
        rest = await bench.inbox.receive(10, wait_s=0)

        assert (3, 2) == (len(first), len(rest))
        assert {"0", "1", "2", "3", "4"} == {delivery.body for delivery in (*first, *rest)}


async def test_a_job_in_hand_is_not_received_again(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        await bench.enqueue("job")
        await bench.inbox.receive(10, wait_s=0)

        assert [] == await bench.inbox.receive(10, wait_s=0)


async def test_a_released_job_comes_again_under_a_new_receipt(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        await bench.enqueue("job")
        [first] = await bench.inbox.receive(10, wait_s=0)

        failed = await bench.inbox.change_visibility([(first, 0)])
        [second] = await bench.inbox.receive(10, wait_s=1)

        assert {} == failed
        assert (first.message_id, 2) == (second.message_id, second.receive_count)
        assert first.receipt_handle != second.receipt_handle


async def test_a_job_that_was_not_extended_comes_again(open_bench: OpenBench) -> None:
    async with open_bench(visibility_timeout_s=1) as bench:
        await bench.enqueue("job")
        await bench.inbox.receive(10, wait_s=0)

        [again] = await bench.inbox.receive(10, wait_s=4)

        assert again.receive_count == 2


async def test_an_extended_job_stays_in_hand(open_bench: OpenBench) -> None:
    async with open_bench(visibility_timeout_s=1) as bench:
        await bench.enqueue("job")
        [delivery] = await bench.inbox.receive(10, wait_s=0)

        failed = await bench.inbox.change_visibility([(delivery, 30)])

        assert {} == failed
        assert [] == await bench.inbox.receive(10, wait_s=2)


async def test_a_deleted_job_never_comes_again(open_bench: OpenBench) -> None:
    async with open_bench(visibility_timeout_s=1) as bench:
        await bench.enqueue("job")
        deliveries = await bench.inbox.receive(10, wait_s=0)

        failed = await bench.inbox.delete(deliveries)

        assert {} == failed
        assert [] == await bench.inbox.receive(10, wait_s=2)


async def test_a_receipt_that_is_worth_nothing_is_gone(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        gone = {"never-given-out": "gone"}

        assert gone == await bench.inbox.delete([a_stranger()])
        assert gone == await bench.inbox.change_visibility([(a_stranger(), 30)])


async def test_one_bad_entry_of_a_batch_spoils_no_other(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        await bench.enqueue("one")
        await bench.enqueue("two")
        one, two = await bench.inbox.receive(10, wait_s=0)

        extended = await bench.inbox.change_visibility([(one, 60), (a_stranger(), 60), (two, 0)])
        [again] = await bench.inbox.receive(10, wait_s=1)
        deleted = await bench.inbox.delete([one, a_stranger(), again])

        assert {"never-given-out": "gone"} == extended == deleted
        assert two.message_id == again.message_id


async def test_an_empty_batch_is_no_call_at_all(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        assert {} == await bench.inbox.delete([])
        assert {} == await bench.inbox.change_visibility([])


async def test_a_long_poll_ends_when_a_job_arrives(open_bench: OpenBench) -> None:
    async with open_bench() as bench, asyncio.TaskGroup() as tasks:
        started_s = asyncio.get_running_loop().time()
        poll = tasks.create_task(bench.inbox.receive(10, wait_s=15))
        await bench.enqueue("job")

        [delivery] = await poll

        assert delivery.body == "job"
        assert asyncio.get_running_loop().time() - started_s < 10


async def test_a_fifo_group_comes_in_order_and_waits_for_what_is_in_hand(open_bench: OpenBench) -> None:
    async with open_bench("fifo") as bench:
        for body, group_id in (("a1", "a"), ("a2", "a"), ("b1", "b")):
            await bench.enqueue(body, group_id=group_id)

        [a1] = await bench.inbox.receive(1, wait_s=0)
        others = await bench.inbox.receive(10, wait_s=0)
        await bench.inbox.delete([a1])
        [a2] = await bench.inbox.receive(10, wait_s=1)

        assert ("a1", "a") == (a1.body, a1.group_id)
        assert ["b1"] == [delivery.body for delivery in others]
        assert ("a2", "a") == (a2.body, a2.group_id)


async def test_the_inbox_says_what_kind_of_queue_it_is(open_bench: OpenBench) -> None:
    async with open_bench("fifo") as fifo, open_bench("standard") as standard:
        assert (True, False) == (fifo.inbox.is_fifo, standard.inbox.is_fifo)
        assert fifo.inbox.has_dead_letter_queue
        assert (fifo.inbox.retention_s or 0) > 0
