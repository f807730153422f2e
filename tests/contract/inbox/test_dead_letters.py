"""What stands in the dead letter queue when a job has been given up."""

from __future__ import annotations

from tests.contract.inbox.conftest import VERSION, OpenBench, a_letter
from worker.ports import Attribute

OWN = {
    "reason": Attribute("String", "invalid_job"),
    "detail": Attribute("String", "The job breaks a rule."),
    "job_id": Attribute("String", "order-1"),
    "attempts": Attribute("Number", "3"),
    "first_failed_at": Attribute("String", "2026-01-02T03:04:05.000Z"),
    "worker_version": Attribute("String", VERSION),
}


async def test_a_dead_letter_keeps_the_body_and_the_producers_attributes(open_bench: OpenBench) -> None:
    body = ' {"id":\t"order-1",\r\n"content": "Zoë 🚀"} '
    producers = {"priority": Attribute("Number", "7"), "blob": Attribute("Binary", b"\x00\xff")}
    async with open_bench() as bench:
        await bench.enqueue(body, attributes=producers)
        [delivery] = await bench.inbox.receive(1, wait_s=0)

        await bench.inbox.dead_letter(delivery, a_letter())
        [buried] = await bench.dead_letters()

        assert body == buried.body
        assert {**producers, **OWN} == buried.attributes


async def test_a_job_that_comes_back_has_its_reason_replaced_not_doubled(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        await bench.enqueue("job", attributes={**OWN, "reason": Attribute("String", "bug")})
        [delivery] = await bench.inbox.receive(1, wait_s=0)

        await bench.inbox.dead_letter(delivery, a_letter())
        [buried] = await bench.dead_letters()

        assert OWN == buried.attributes


async def test_a_detail_with_characters_sqs_does_not_take_is_escaped(open_bench: OpenBench) -> None:
    async with open_bench() as bench:
        await bench.enqueue("job")
        [delivery] = await bench.inbox.receive(1, wait_s=0)

        await bench.inbox.dead_letter(delivery, a_letter("bell \a, escape \x1b[2J, half \ud800, no \ufffe"))
        [buried] = await bench.dead_letters()

        told = buried.attributes["detail"].value
        assert told == r"bell \x07, escape \x1b[2J, half \ud800, no \ufffe"


async def test_a_fifo_dead_letter_keeps_its_group(open_bench: OpenBench) -> None:
    async with open_bench("fifo") as bench:
        await bench.enqueue("job", group_id="orders")
        [delivery] = await bench.inbox.receive(1, wait_s=0)

        await bench.inbox.dead_letter(delivery, a_letter())
        [buried] = await bench.dead_letters()

        assert buried.group_id == "orders"


async def test_a_fifo_copy_made_twice_is_one_dead_letter(open_bench: OpenBench) -> None:
    """After a crash between the copy and the delete, the same message is copied again."""
    async with open_bench("fifo") as bench:
        await bench.enqueue("job", group_id="orders")
        [delivery] = await bench.inbox.receive(1, wait_s=0)

        await bench.inbox.dead_letter(delivery, a_letter())
        await bench.inbox.dead_letter(delivery, a_letter())

        assert len(await bench.dead_letters()) == 1


async def test_a_fifo_job_that_was_redriven_can_die_again(open_bench: OpenBench) -> None:
    """SQS must not swallow the second letter: it is another delivery of the same job id."""
    async with open_bench("fifo") as bench:
        for _ in range(2):
            await bench.enqueue("job", group_id="orders")
            [delivery] = await bench.inbox.receive(1, wait_s=0)
            await bench.inbox.dead_letter(delivery, a_letter())
            await bench.inbox.delete([delivery])

        letters = await bench.dead_letters()
        assert len(letters) == 2
