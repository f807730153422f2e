"""The embedded world: all that a worker needs, on this machine alone, and gone in the end."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import AbstractAsyncContextManager, suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.sqs.models import sqs_backends

from worker.adapters.aws import ClientPlan, aws_session
from worker.adapters.clock import SystemClock
from worker.adapters.ledger.dynamodb import open_dynamodb
from worker.local.world import ACCOUNT, Backlog, QueueType, World, embedded_world
from worker.settings.ledger_url import DynamoDbTable, SqliteFile
from worker.settings.sources import Texts, load

BOTH_TYPES = pytest.mark.parametrize("queue", ["standard", "fifo"])


@BOTH_TYPES
async def test_the_exports_are_all_that_the_settings_need(queue: QueueType) -> None:
    async with embedded_world(queue=queue) as world:
        settings = load(Texts(environment=world.environment))

    assert world.queue_url == settings.queue_url.url
    assert (queue == "fifo") == settings.queue_url.is_fifo
    assert world.app_instance_arn == settings.app_instance.arn
    assert (world.bearer_arn,) == settings.bearer_arns
    assert SqliteFile(world.ledger_path) == settings.ledger
    assert world.chime.url == settings.aws_endpoint_url_chime_sdk_messaging


@BOTH_TYPES
async def test_sqs_itself_hardly_ever_dead_letters(queue: QueueType) -> None:
    async with embedded_world(queue=queue) as world:
        policy = json.loads(await attribute(world, world.queue_url, "RedrivePolicy"))
        dead_arn = await attribute(world, world.dead_letter_queue_url, "QueueArn")

    assert {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1000} == policy


async def test_a_job_in_somebodys_hand_is_still_in_the_queue() -> None:
    async with embedded_world() as world:
        await world.enqueue(["a job"])
        await world.client.receive_message(QueueUrl=world.queue_url, VisibilityTimeout=60)
        jobs, backlog = world.jobs(), await world.backlog()

    assert ["a job"] == [job.body for job in jobs]
    assert Backlog(visible=0, in_flight=1, delayed=0) == backlog


@BOTH_TYPES
async def test_bodies_are_enqueued_in_order_and_never_taken_for_duplicates(queue: QueueType) -> None:
    bodies = [f"body {n % 7}" for n in range(14)]

    async with embedded_world(queue=queue) as world:
        await world.enqueue(bodies)
        stored = [job.body for job in world.jobs()]

    assert bodies == stored


async def test_dead_letters_are_read_without_receiving_them() -> None:
    async with embedded_world() as world:
        for n in range(12):
            await world.client.send_message(
                QueueUrl=world.dead_letter_queue_url,
                MessageBody=f"letter {n}",
                MessageAttributes={"reason": {"DataType": "String", "StringValue": "bug"}},
            )
        seen, seen_again = world.dead_letters(), world.dead_letters()
        answer = await world.client.receive_message(
            QueueUrl=world.dead_letter_queue_url, MessageSystemAttributeNames=["ApproximateReceiveCount"]
        )

    assert [f"letter {n}" for n in range(12)] == [letter.body for letter in seen]
    assert {"reason": "bug"} == seen[0].attributes
    assert seen == seen_again
    assert "1" == answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"]


async def test_the_bearer_is_a_member_where_it_should_be_and_an_admin() -> None:
    async with embedded_world(channels=["orders"], not_joined=["lounge"]) as world:
        orders, lounge = (world.chime.chime.members(world.channel_arn(each)) for each in ("orders", "lounge"))
        world.chime.chime.call(
            "CreateChannelMembership",
            {"ChannelArn": world.channel_arn("lounge"), "MemberArn": world.bearer_arn, "Type": "DEFAULT"},
            bearer=world.bearer_arn,
        )
        joined = world.chime.chime.members(world.channel_arn("lounge"))

    assert [world.bearer_arn] == orders
    assert [] == lounge
    assert [world.bearer_arn] == joined


async def test_two_worlds_share_no_name() -> None:
    async with embedded_world() as one, embedded_world() as other:
        await one.enqueue(["one's"])
        jobs_of_other = other.jobs()

    assert one.app_instance_arn != other.app_instance_arn
    assert one.queue_url.rpartition("/")[2] != other.queue_url.rpartition("/")[2]
    assert [] == jobs_of_other


async def test_an_interrupted_world_leaves_nothing_behind() -> None:
    opened: asyncio.Future[World] = asyncio.get_running_loop().create_future()

    async def stay() -> None:
        async with embedded_world() as world:
            opened.set_result(world)
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        staying = tasks.create_task(stay())
        world = await opened
        assert world.directory.is_dir()
        staying.cancel()

    assert not world.directory.exists()
    for url in (world.sqs.url, world.chime.url):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))


async def test_a_delete_waits_for_a_send_so_that_no_job_vanishes_between_them() -> None:
    async with embedded_world() as world:
        await world.enqueue(["a job"])
        received = await world.client.receive_message(QueueUrl=world.queue_url)
        queue = queue_of(world)
        delete = Thread(target=queue.delete_message, args=[received["Messages"][0]["ReceiptHandle"]])
        with queue._messages_lock:
            delete.start()
            await asyncio.to_thread(delete.join, 0.2)
            stored_meanwhile = world.jobs()
        await asyncio.to_thread(delete.join)
        stored_at_last = world.jobs()

    assert ["a job"] == [message.body for message in stored_meanwhile]
    assert [] == stored_at_last


async def test_of_two_writes_that_race_for_an_item_one_wins() -> None:
    async with embedded_world(ledger="dynamodb") as world, dynamodb_of(world) as client:
        table_of(world).items = MeetingPoint()
        async with asyncio.TaskGroup() as tasks:
            writes = [tasks.create_task(put_if_absent(client, world)) for _ in range(2)]

    assert [False, True] == sorted(write.result() for write in writes)


async def test_a_ledger_in_a_table_is_one_that_workers_can_open() -> None:
    async with embedded_world(ledger="dynamodb") as world, dynamodb_of(world) as client:
        settings = load(Texts(environment=world.environment))
        assert isinstance(settings.ledger, DynamoDbTable)
        ledger = await open_dynamodb(
            client, settings.ledger.table, SystemClock(), retention_s=60, call_deadline_s=5
        )
        row = await ledger.read("a job that nobody enqueued")

    assert world.sqs.url == settings.aws_endpoint_url_dynamodb
    assert row is None


@pytest.mark.parametrize("command", ["demo", "sandbox"])
def test_without_the_extra_a_command_says_what_to_install(command: str) -> None:
    program = (
        "import sys; sys.modules['moto'] = None; "
        f"from worker.cli.main import run_program; sys.exit(run_program(['{command}']))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ,
    )

    assert 1 == ended.returncode
    assert "pip install 'chime-backend-worker[local]'" in ended.stderr
    assert "Traceback" not in ended.stderr


async def attribute(world: World, queue_url: str, name: Any) -> str:
    answer = await world.client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
    return answer["Attributes"][name]


class MeetingPoint(dict[Any, Any]):
    """The items of a table; whoever looks for one waits a moment for somebody else who does."""

    def __init__(self) -> None:
        super().__init__()
        self._met = Barrier(2)

    def __contains__(self, key: object) -> bool:
        found = super().__contains__(key)
        with suppress(BrokenBarrierError):
            self._met.wait(timeout=0.3)
        return found


def dynamodb_of(world: World) -> AbstractAsyncContextManager[Any]:
    return aws_session("1.2.3").dynamodb(
        ClientPlan(region="us-east-1", connections=2, call_deadline_s=9, endpoint=world.sqs.url)
    )


async def put_if_absent(client: Any, world: World) -> bool:
    """Tell whether the item was stored."""
    try:
        await client.put_item(
            TableName=world.ledger_table,
            Item={"id": {"S": "a job"}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def table_of(world: World) -> Any:
    assert world.ledger_table is not None
    return dynamodb_backends[ACCOUNT]["us-east-1"].tables[world.ledger_table]


def queue_of(world: World) -> Any:
    return sqs_backends[ACCOUNT]["us-east-1"].queues[world.queue_url.rpartition("/")[2]]
