"""Jobs of all types for tests: the smallest of each, what is refused in them, and what just fits."""

from __future__ import annotations

from typing import Any

from tests.contract_job.bodies import HOME
from worker.contract.wire import job_of

ORDERS_ARN = f"{HOME}/channel/orders"


def typed(kind: str, **fields: object) -> dict[str, Any]:
    """Make a job of a type, without any field that only some types have."""
    return {"id": "order-8812/2", "type": kind, "channel": "orders"} | fields


TEXT = {"content": "Shipped"}
SMALLEST: dict[str, dict[str, Any]] = {
    "send_message": typed("send_message", message=TEXT),
    "update_message": typed("update_message", message_of="order-8812", message=TEXT),
    "redact_message": typed("redact_message", message_of="order-8812"),
    "delete_message": typed("delete_message", message_of="order-8812"),
    "create_channel": typed("create_channel"),
    "delete_channel": typed("delete_channel"),
    "add_members": typed("add_members", members=["ana"]),
    "remove_members": typed("remove_members", members=["ana"]),
}


OWN = {
    "message": {"send_message", "update_message"},
    "message_of": {"update_message", "redact_message", "delete_message"},
    "members": {"create_channel", "add_members", "remove_members"},
    "membership_type": {"create_channel", "add_members"},
}
"""The fields that only some types have, by the contract."""

VALUES = {"message": TEXT, "message_of": "order-8812", "members": ["ana"], "membership_type": "DEFAULT"}
MISPLACED = [
    (SMALLEST[kind] | {name: VALUES[name]}, f"{name}: {job_of(kind)} has none")
    for name, kinds in OWN.items()
    for kind in SMALLEST
    if kind not in kinds
]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "update-push": (
        typed("update_message", message_of="a", message=TEXT | {"push": {"title": "a"}}),
        "message.push: an update_message job has none.",
    ),
    "update-metadata-only": (
        typed("update_message", message_of="a", message={"metadata": "a"}),
        "message.content: is required.",
    ),
    "update-of-itself": (
        typed("update_message", message_of="order-8812/2", message=TEXT),
        "message_of: is this job's own id",
    ),
    "message-of-odd-job": (typed("redact_message", message_of="a b"), "message_of: must match pattern"),
    "message-of-odd-id": (
        typed("redact_message", message_of={"message_id": "a/b"}),
        "message_of.message_id: must match pattern",
    ),
    "message-of-number": (
        typed("redact_message", message_of=7),
        "message_of: must be the id of the job that sent the message, or an object with its message_id.",
    ),
    "message-of-nothing": (typed("redact_message", message_of={}), "message_of.message_id: is required."),
    "sub-channel-elsewhere": (
        typed("redact_message", message_of="a", sub_channel_id="s"),
        "sub_channel_id: unknown field (did you mean message_of.sub_channel_id?)",
    ),
    "typo": (
        typed("add_members", members=["ana"], membershiptype="HIDDEN"),
        "membershiptype: unknown field (did you mean membership_type?)",
    ),
    "no-member": (typed("add_members", members=[]), "members: must have at least 1 item"),
    "foreign-member": (typed("remove_members", members=[f"{HOME}x/user/a"]), "members: its app instance is"),
    "channel-as-member": (
        typed("add_members", members=[ORDERS_ARN]),
        "members: this is the ARN of a channel",
    ),
    "membership-type": (
        typed("add_members", members=["a"], membership_type="hidden"),
        "membership_type: must be 'DEFAULT' or 'HIDDEN'.",
    ),
    "type-of-no-members": (
        typed("create_channel", membership_type="HIDDEN"),
        "membership_type: is that of members, and the job has none.",
    ),
    "members-twice": (
        typed("create_channel", channel={"members": ["ana"]}, members=["ben"]),
        "members: the channel is that of channel.members, and of nobody else.",
    ),
    "create-by-arn": (
        typed("create_channel", channel={"arn": ORDERS_ARN, "create": True}),
        "channel: must be a channel ARN",
    ),
    "create-under-id-to-add": (
        typed("add_members", channel={"id": "a", "create": True}, members=["ana"]),
        "channel: create goes with a name or with members",
    ),
    **{
        f"create-to-{kind}": (
            SMALLEST[kind] | {"channel": channel},
            "channel: create is not for jobs of this type, which make no channel.",
        )
        for kind, channel in (
            ("update_message", {"id": "a", "create": True}),
            ("redact_message", {"name": "a", "create": True}),
            ("delete_message", {"members": ["a"], "create": {}}),
            ("delete_channel", {"name": "a", "create": True}),
            ("remove_members", {"name": "a", "create": {"name": "b"}}),
        )
    },
}
COUNTED = {"update-of-itself", "foreign-member", "members-twice"}
"""What only holds between values, or in one app instance."""


def update(**fields: object) -> dict[str, Any]:
    return typed("update_message", message_of="a", message=TEXT | fields)


USERS = [f"user-{n}" for n in range(1001)]
LIMITED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "content": (update(content="x" * 4096), update(content="x" * 4097)),
    "metadata": (update(metadata="x" * 1024), update(metadata="x" * 1025)),
    "content-type": (update(content_type="x" * 45), update(content_type="x" * 46)),
    "add": (typed("add_members", members=USERS[:1000]), typed("add_members", members=USERS)),
    "remove": (typed("remove_members", members=USERS[:1000]), typed("remove_members", members=USERS)),
    "create": (typed("create_channel", members=USERS[:1000]), typed("create_channel", members=USERS)),
    "message-id": (
        typed("redact_message", message_of={"message_id": "x" * 128}),
        typed("redact_message", message_of={"message_id": "x" * 129}),
    ),
}
