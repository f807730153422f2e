"""`enqueue` as a producer uses it: what is in the queue afterwards, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.cli.jobs import a_body, bodies
from tests.support.programs import Done, logged, program, started
from worker.local.world import World

if TYPE_CHECKING:
    from types_aiobotocore_sqs.type_defs import MessageTypeDef


async def enqueue(world: World, *words: str, stdin: str = "") -> Done:
    return await program("enqueue", *words, environment=world.environment, stdin=stdin)


async def in_queue(world: World) -> list[MessageTypeDef]:
    answer = await world.client.receive_message(
        QueueUrl=world.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    return answer.get("Messages", [])


async def test_one_job_is_in_the_queue_grouped_by_its_channel(world: World) -> None:
    done = await enqueue(world, "--channel", world.channel_arn("orders"), "--id", "order-1", "Hello")

    [message] = await in_queue(world)
    assert (0, f"enqueued order-1 as SQS message {message['MessageId']}\n", "") == (
        done.code,
        done.stdout,
        done.stderr,
    )
    assert "orders" == message["Attributes"]["MessageGroupId"]


async def test_a_file_goes_in_batches_and_every_job_is_told_of(world: World, tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_text("\n".join([*bodies(23), ""]))

    done = await enqueue(world, "--file", str(file), "--json")

    assert 0 == done.code
    assert [(f"orders-{n}", n + 1, True) for n in range(23)] == [
        (line["id"], line["line"], line["enqueued"]) for line in done.json_lines
    ]
    assert 23 == len(world.sqs.messages(world.queue_url))


async def test_on_a_fifo_queue_the_jobs_of_a_channel_keep_their_order(fifo_world: World) -> None:
    jobs = [*bodies(3), *bodies(2, channel="support")]

    done = await enqueue(fifo_world, "--file", "-", stdin="\n".join(jobs))

    messages = await in_queue(fifo_world)
    assert 0 == done.code
    assert [*jobs[:3]] == [
        each["Body"] for each in messages if each["Attributes"]["MessageGroupId"] == "orders"
    ]
    assert 5 == len({each["Attributes"]["MessageDeduplicationId"] for each in messages})


async def test_a_job_enqueued_again_is_not_swallowed_by_a_fifo_queue(fifo_world: World) -> None:
    for _ in range(2):
        await enqueue(fifo_world, "--channel", "orders", "--id", "order-1", "Hello")

    assert 2 == len(fifo_world.sqs.messages(fifo_world.queue_url))


async def test_a_queue_that_is_not_there_is_78(world: World) -> None:
    done = await enqueue(world, "--queue-url", f"{world.queue_url}-x", "--channel", "orders", "Hello")

    assert (78, "") == (done.code, done.stdout)
    assert done.stderr.startswith("WORKER_QUEUE_URL: there is no such queue")


async def test_jobs_that_sqs_could_not_be_given_are_named_by_line(world: World) -> None:
    nowhere = {**world.environment, "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9"}

    done = await program("enqueue", "--file", "-", environment=nowhere, stdin="\n".join(bodies(11)))

    *lines, last = done.stderr.splitlines()
    assert (1, "") == (done.code, done.stdout)
    assert "line 1: orders-0 is not in the queue: SendMessageBatch: EndpointConnectionError" == lines[0]
    assert (
        "line 11: orders-10 is not in the queue: not sent, because SQS could not be used before" == lines[10]
    )
    assert last.startswith(
        "backend-worker: 11 of 11 job(s) are not in the queue, or nobody knows: enqueue them"
    )


async def test_wait_follows_jobs_to_their_ends(world: World) -> None:
    stdin = "\n".join([a_body("good"), a_body("elsewhere", channel="not-there")])
    async with started("run", environment=world.environment) as process:
        await logged(process, "worker.started")

        done = await enqueue(world, "--file", "-", "--wait", stdin=stdin)

    [stored] = world.messages("orders")
    assert 1 == done.code
    assert f"good: delivered as message {stored.message_id}" in done.stdout.splitlines()
    assert "elsewhere: rejected: channel_not_found: " in done.stdout


async def test_wait_ends_with_0_for_a_job_that_was_delivered_before(world: World) -> None:
    job = ("--channel", "orders", "--id", "order-1", "Hello")
    async with started("run", environment=world.environment) as process:
        await logged(process, "worker.started")
        await enqueue(world, *job, "--wait")

        done = await enqueue(world, *job, "--wait", "--json")

    assert (0, "delivered") == (done.code, done.json_lines[1]["outcome"])


async def test_wait_gives_up_after_its_timeout(world: World) -> None:
    async with started("run", environment=world.environment) as process:
        await logged(process, "worker.started")

        done = await enqueue(
            world, "--channel", "orders", "--not-before", "2999-01-01T00:00:00Z", "--wait", "Hello"
        )
        late = await enqueue(world, "--channel", "orders", "--wait", "--timeout", "0.001", "Hello")

    assert "not_before: lies more than 12 h after the enqueueing" in done.stderr
    assert 1 == late.code
    assert "1 job(s) have not ended within 0.001 s: is a worker running?" in late.stderr
