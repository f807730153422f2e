"""How many calls a change takes, and who is in each."""

from __future__ import annotations

import pytest

from tests.core.jobs import APP_INSTANCE
from worker.contract.fields import MembershipType
from worker.contract.requests import (
    AddMembers,
    ChangeRequest,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    OfMessage,
    RedactMessage,
    RemoveMembers,
    UpdateMessage,
)
from worker.contract.targets import Creation
from worker.core.changes import is_batch, members_of, parts_of


def users(count: int) -> tuple[str, ...]:
    return tuple(f"{APP_INSTANCE}/user/{n:04}" for n in range(count))


def a_channel_for(count: int, membership_type: MembershipType = "DEFAULT") -> CreateChannel:
    return CreateChannel(Creation(privacy="PUBLIC", mode="UNRESTRICTED"), users(count), membership_type)


OF = OfMessage("m1")
SINGLE = [
    UpdateMessage(OF, "text", None, None, None),
    RedactMessage(OF, None),
    DeleteMessage(OF, None),
    DeleteChannel(),
]


@pytest.mark.parametrize(
    ("request_", "sizes", "batches"),
    [
        *((request, [0], [False]) for request in SINGLE),
        (AddMembers(users(1), "DEFAULT"), [1], [True]),
        (AddMembers(users(100), "HIDDEN"), [100], [True]),
        (AddMembers(users(250), "DEFAULT"), [100, 100, 50], [True, True, True]),
        (RemoveMembers(users(3)), [1, 1, 1], [False, False, False]),
        (a_channel_for(0), [0], [False]),
        (a_channel_for(10), [10], [False]),
        (a_channel_for(111), [10, 100, 1], [False, True, True]),
        (a_channel_for(3, "HIDDEN"), [0, 3], [False, True]),
    ],
)
def test_each_part_is_what_one_call_takes(
    request_: ChangeRequest, sizes: list[int], batches: list[bool]
) -> None:
    parts = range(parts_of(request_))

    assert sizes == [len(members_of(request_, part)) for part in parts]
    assert batches == [is_batch(request_, part) for part in parts]


@pytest.mark.parametrize(
    "request_", [AddMembers(users(250), "DEFAULT"), RemoveMembers(users(7)), a_channel_for(111)]
)
def test_nobody_is_left_out_and_nobody_comes_twice(
    request_: AddMembers | RemoveMembers | CreateChannel,
) -> None:
    in_parts = [arn for part in range(parts_of(request_)) for arn in members_of(request_, part)]

    assert list(request_.member_arns) == in_parts
