"""What SqsInbox tells of the queue that a burst leaves behind."""

from worker.adapters.clock import SystemClock
from worker.adapters.sqs import Backlog, InboxPlan, open_inbox
from worker.local.world import World


async def test_visible_hidden_and_delayed_messages_are_told_apart(world: World) -> None:
    plan = InboxPlan(
        queue_url=world.queue_url,
        dead_letter_queue_url=None,
        visibility_timeout_s=60,
        call_deadline_s=5,
        worker_version="1",
    )
    inbox = await open_inbox(world.client, SystemClock(), plan)
    await world.enqueue(["one", "two", "three", "four", "five", "six"])
    await inbox.receive(2, wait_s=0)
    await world.client.send_message(QueueUrl=world.queue_url, MessageBody="later", DelaySeconds=60)

    backlog = await inbox.backlog()

    assert Backlog(visible_count=4, in_flight_count=2, delayed_count=1) == backlog
