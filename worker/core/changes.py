"""
How a change is made part by part: how many calls it takes, and which members are in each. It makes none.

A part is one call. A ledger remembers how many are made, so a job of many members goes on where it was.
"""

from __future__ import annotations

from typing import assert_never

from worker.contract.limits import CREATED_WITH
from worker.contract.requests import (
    AddMembers,
    ChangeRequest,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    RedactMessage,
    RemoveMembers,
    UpdateMessage,
)

BATCH_LIMIT = 100
"""MemberArns of one BatchCreateChannelMembership, by the service model."""

Members = tuple[str, ...]


def parts_of(request: ChangeRequest) -> int:
    """Say how many calls a change takes."""
    return len(_members_by_part(request))


def members_of(request: ChangeRequest, part: int) -> Members:
    """Say which members a part adds or removes; none if it is not about members. Parts count from 0."""
    return _members_by_part(request)[part]


def is_batch(request: ChangeRequest, part: int) -> bool:
    """Tell whether a part is a batch: Chime takes one a second a channel, and that quota cannot be raised."""
    return isinstance(request, AddMembers) or (isinstance(request, CreateChannel) and part > 0)


def _members_by_part(request: ChangeRequest) -> tuple[Members, ...]:
    match request:
        case AddMembers(member_arns):
            return _batches(member_arns)
        case RemoveMembers(member_arns):
            return tuple((arn,) for arn in member_arns)
        case CreateChannel(member_arns=member_arns, membership_type=membership_type):
            fitting = CREATED_WITH if membership_type == "DEFAULT" else 0
            return (member_arns[:fitting], *_batches(member_arns[fitting:]))
        case UpdateMessage() | RedactMessage() | DeleteMessage() | DeleteChannel():
            return ((),)
        case _:
            assert_never(request)


def _batches(member_arns: Members) -> tuple[Members, ...]:
    return tuple(member_arns[at : at + BATCH_LIMIT] for at in range(0, len(member_arns), BATCH_LIMIT))
