"""
The baseline: what aiobotocore's examples lead to. Receive ten, send them at once, delete each.

Clients are as they come. It has no ledger, no pace, no order in a channel, and no answer to any failure.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

from aiobotocore.session import get_session

from tests.benchmarks.workload import BEARER_ARN

if TYPE_CHECKING:
    from types_aiobotocore_chime_sdk_messaging import ChimeSDKMessagingClient
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.type_defs import MessageTypeDef


async def serve(queue_url: str) -> None:
    """Work until the process is ended."""
    session = get_session()
    async with session.create_client("sqs") as sqs, session.create_client("chime-sdk-messaging") as chime:
        while True:
            answer = await sqs.receive_message(
                QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=10, VisibilityTimeout=60
            )
            async with asyncio.TaskGroup() as tasks:
                for message in answer.get("Messages", ()):
                    tasks.create_task(_handle(message, queue_url, sqs=sqs, chime=chime))


async def _handle(
    message: MessageTypeDef, queue_url: str, *, sqs: SQSClient, chime: ChimeSDKMessagingClient
) -> None:
    job = json.loads(message["Body"])
    await chime.send_channel_message(
        ChannelArn=job["channel"],
        Content=job["message"]["content"],
        Type="STANDARD",
        Persistence="PERSISTENT",
        ClientRequestToken=job["id"],
        ChimeBearer=BEARER_ARN,
    )
    await sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


if __name__ == "__main__":
    asyncio.run(serve(os.environ["WORKER_QUEUE_URL"]))
