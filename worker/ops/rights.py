"""
Every action that AWS must allow, and what breaks without it: the worker's, its producers' and bootstrap's.

A table and nothing else. Tests compare it with the calls that the code makes, and with Amazon's own list of
what each action is authorised on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from worker.contract.wire import JobType

Kind = Literal[
    "queue",
    "dead letter queue",
    "table",
    "open index",
    "bearer",
    "channel",
    "outcomes queue",
    "topic",
    "bus",
    "app instance",
    "pool user",
    "pool bot",
    "anything",
]

SEND: frozenset[JobType] = frozenset({"send_message"})
UPDATE: frozenset[JobType] = frozenset({"update_message"})
REDACT: frozenset[JobType] = frozenset({"redact_message"})
ERASE: frozenset[JobType] = frozenset({"delete_message"})
CREATE: frozenset[JobType] = frozenset({"create_channel"})
ADD: frozenset[JobType] = frozenset({"add_members"})
REMOVE: frozenset[JobType] = frozenset({"remove_members"})
DELETE: frozenset[JobType] = frozenset({"delete_channel"})
ALL: frozenset[JobType] = frozenset(get_args(JobType))

UNPUBLISHED = "no delivery is deleted: outcomes are published first"


@dataclass(frozen=True, slots=True)
class Right:
    """One action, what breaks *without* it, and the types of *jobs* that need it."""

    action: str
    without: str
    jobs: frozenset[JobType] = ALL


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights on resources of every kind in *on* at once: Chime asks for the bearer and the channel."""

    sid: str
    on: tuple[Kind, ...]
    rights: tuple[Right, ...]


TASK_ROLE = (
    Grant(
        "TakeJobs",
        ("queue",),
        (
            Right("sqs:ReceiveMessage", "no job is taken"),
            Right("sqs:ChangeMessageVisibility", "jobs in hand are delivered again, delays are not kept"),
            Right("sqs:DeleteMessage", "jobs that have ended come back, to be settled again"),
            Right("sqs:GetQueueAttributes", "the worker does not start"),
        ),
    ),
    Grant(
        "DeadLetterThem",
        ("dead letter queue",),
        (
            Right("sqs:SendMessage", "rejected and exhausted jobs stay in the queue"),
            Right("sqs:GetQueueAttributes", "the worker does not start"),
            Right("sqs:GetQueueUrl", "the worker does not start, unless WORKER_DEAD_LETTER_QUEUE_URL is set"),
        ),
    ),
    Grant(
        "RememberThem",
        ("table",),
        (
            Right("dynamodb:GetItem", "no job is begun"),
            Right("dynamodb:PutItem", "no job is begun"),
            Right("dynamodb:DescribeTable", "the worker does not start"),
            Right("dynamodb:DescribeTimeToLive", "the worker does not start"),
        ),
    ),
    Grant(
        "FindOpenJobs",
        ("open index",),
        (Right("dynamodb:Query", "nothing is reconciled, and workers do not see one another"),),
    ),
    Grant(
        "SendAsTheBearer",
        ("bearer", "channel"),
        (
            Right("chime:SendChannelMessage", "no message is sent", SEND),
            Right("chime:ListChannelMessages", "unclear attempts stay unclear, and their jobs wait", SEND),
            Right("chime:GetChannelMessageStatus", "what a channel flow denied is not found out", SEND),
            Right(
                "chime:CreateChannelMembership",
                "channels are not joined: jobs for those the bearer is no member of wait "
                "(not needed with WORKER_JOIN_CHANNELS=false)",
                SEND | UPDATE | REDACT | ADD,
            ),
            Right("chime:DescribeChannel", "channels given by name or members are not found"),
            Right(
                "chime:GetChannelMessage",
                "unclear edits are not looked for, and wait",
                UPDATE | REDACT | ERASE,
            ),
            Right("chime:UpdateChannelMessage", "no message is updated", UPDATE),
            Right("chime:RedactChannelMessage", "no message is redacted", REDACT),
            Right("chime:DeleteChannelMessage", "no message is deleted", ERASE),
            Right("chime:DeleteChannel", "no channel is deleted", DELETE),
            Right("chime:BatchCreateChannelMembership", "no members are added", ADD | CREATE),
            Right("chime:DeleteChannelMembership", "no members are removed", REMOVE),
            Right(
                "chime:DescribeChannelMembership",
                "unclear additions and removals are not looked for, and wait",
                ADD | CREATE | REMOVE,
            ),
            Right(
                "chime:PutChannelExpirationSettings",
                "channels that are to expire are not made: CreateChannel asks for it",
                SEND | CREATE | ADD,
            ),
        ),
    ),
    Grant(
        "FindAndMakeChannels",
        ("bearer",),
        (
            Right("chime:ListChannels", "channels made by others are not found by name", ALL - CREATE),
            Right("chime:CreateChannel", "no channel is made", SEND | CREATE | ADD),
        ),
    ),
    Grant("PublishOutcomes", ("outcomes queue",), (Right("sqs:SendMessage", UNPUBLISHED),)),
    Grant("PublishOutcomes", ("topic",), (Right("sns:Publish", UNPUBLISHED),)),
    Grant("PublishOutcomes", ("bus",), (Right("events:PutEvents", UNPUBLISHED),)),
)

PRODUCER = (Grant("EnqueueJobs", ("queue",), (Right("sqs:SendMessage", "nothing is enqueued"),)),)

BOOTSTRAP = (
    Grant(
        "MakeUsers",
        ("anything",),  # Chime authorises it on nothing narrower
        (Right("chime:CreateAppInstanceUser", "the bearer is not made"),),
    ),
    Grant(
        "LookForTheAppInstance",
        ("app instance",),
        (Right("chime:DescribeAppInstance", "it ends before it begins"),),
    ),
    Grant("LookForUsers", ("pool user",), (Right("chime:DescribeAppInstanceUser", "it ends there"),)),
    Grant("LookForBots", ("pool bot",), (Right("chime:DescribeAppInstanceBot", "it ends there"),)),
    Grant(
        "PromoteThem",
        ("app instance", "pool user", "pool bot"),
        (
            Right("chime:DescribeAppInstanceAdmin", "it ends after the users"),
            Right("chime:CreateAppInstanceAdmin", "the bearer is not promoted"),
        ),
    ),
    Grant(
        "MakeQueues",
        ("queue", "dead letter queue"),
        (
            Right("sqs:GetQueueAttributes", "it ends before it begins"),
            Right("sqs:CreateQueue", "no queue is made"),
        ),
    ),
    Grant("SetTheRedrivePolicy", ("queue",), (Right("sqs:SetQueueAttributes", "none is set"),)),
    Grant(
        "MakeTheLedger",
        ("table",),
        (
            Right("dynamodb:DescribeTable", "it ends after the queues"),
            Right("dynamodb:CreateTable", "no table is made"),
            Right("dynamodb:UpdateTable", "a table that lacks its index does not get it"),
            Right("dynamodb:DescribeTimeToLive", "it ends after the table"),
            Right("dynamodb:UpdateTimeToLive", "the table never forgets a job"),
        ),
    ),
)
