"""Members by the batch: who is added, who is refused, and what a batch's answer proves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.channels.changing import ANA, BATCH, BEN, CASES, NEW, OPEN, change, prepared, the_reason
from tests.contract.channels.conftest import ADMIN, APP, BEARER, CHANNEL, MISSING, PRIVATE, STRANGER, Bench
from worker.adapters.chime_changes import changed_by
from worker.adapters.chime_faults import Refusal, verdict_on
from worker.contract.reasons import Reason
from worker.contract.requests import AddMembers, ChangeRequest, CreateChannel
from worker.core.changes import parts_of
from worker.core.replies import Cause, ChangeReply, Done, NoReply, NotNow, Unchanged
from worker.local.chime.faults import LOST_REPLY


async def all_parts(bench: Bench, request: ChangeRequest, *, channel_arn: str = CHANNEL) -> list[ChangeReply]:
    return [
        await bench.channels.change(change(request, part=part, channel_arn=channel_arn))
        for part in range(parts_of(request))
    ]


def guests(bench: Bench, count: int) -> tuple[str, ...]:
    """So many users, of whom Chime does not know three."""
    arns = tuple(f"{APP}/user/guest-{n:03}" for n in range(count))
    for arn in arns:
        if arn not in unknown(arns):
            bench.chime.add_user(arn)
    return arns


def unknown(arns: tuple[str, ...]) -> tuple[str, ...]:
    return (arns[20], arns[120], arns[-1])


async def test_of_250_members_three_that_chime_does_not_know_are_named(bench: Bench) -> None:
    arns = guests(bench, 250)
    request = AddMembers(arns, "DEFAULT")

    first = await all_parts(bench, request)
    second = await all_parts(bench, request)

    refused = tuple(f"{arn}: NotFound" for arn in unknown(arns))
    assert [Done(100, refused[:1]), Done(100, refused[1:2]), Done(50, refused[2:])] == first == second
    assert {BEARER, *arns} - {*unknown(arns)} == set(bench.chime.members(CHANNEL))


async def test_a_new_channel_gets_ten_members_at_once_and_the_rest_in_batches(bench: Bench) -> None:
    arns = guests(bench, 130)

    replies = await all_parts(bench, CreateChannel(OPEN, arns, "DEFAULT"), channel_arn=NEW)

    refused = tuple(f"{arn}: NotFound" for arn in unknown(arns))
    assert [Done(10), Done(100, refused[:1]), Done(20, refused[1:])] == replies
    assert len(bench.chime.members(NEW)) == 1 + 130 - 3


async def test_hidden_members_come_after_the_channel_is_made_and_stay_hidden(bench: Bench) -> None:
    for user in (ANA, BEN):
        bench.chime.add_user(user)

    replies = await all_parts(bench, CreateChannel(OPEN, (ANA, BEN), "HIDDEN"), channel_arn=NEW)

    hidden = bench.chime.call("ListChannelMemberships", {"ChannelArn": NEW, "Type": "HIDDEN"}, bearer=ADMIN)
    assert [Done(0), Done(2)] == replies
    members = [{"Member": {"Arn": arn, "Name": arn.rpartition("/")[2]}} for arn in (ANA, BEN)]
    assert members == hidden["ChannelMemberships"]


async def test_a_batch_whose_reply_was_lost_is_asked_again_whom_it_refused(bench: Bench) -> None:
    """That its last member is there says nothing of the others."""
    bench.chime.add_user(ANA)
    asked = change(AddMembers((STRANGER, ANA), "DEFAULT"))
    bench.strike(LOST_REPLY, BATCH)
    lost = await bench.channels.change(asked)

    look = await bench.channels.look_at(asked)
    again = await bench.channels.change(asked)

    assert isinstance(lost, NoReply)
    assert ANA in bench.chime.members(CHANNEL)
    assert Unchanged() == look
    assert Done(2, (f"{STRANGER}: NotFound",)) == again


async def test_a_second_batch_within_a_second_is_throttled(bench: Bench) -> None:
    asked = await prepared(bench, CASES["add"])
    bench.chime.switches = replace(bench.chime.switches, rates="us-east-1")

    first, second = [await bench.channels.change(asked) for _ in range(2)]

    assert Done(1) == first
    assert isinstance(second, NotNow)
    assert Cause.THROTTLED is second.cause


async def test_members_cannot_be_added_to_a_channel_that_is_not_there(bench: Bench) -> None:
    asked = replace(await prepared(bench, CASES["add"]), channel_arn=MISSING)

    assert (Reason.CHANNEL_NOT_FOUND, False) == the_reason(await bench.channels.change(asked))


async def test_a_look_into_a_channel_of_others_is_refused_and_joining_may_help(bench: Bench) -> None:
    asked = replace(await prepared(bench, CASES["add"]), channel_arn=PRIVATE)

    assert (Reason.FORBIDDEN_OR_MISSING_CHANNEL, True) == the_reason(await bench.channels.look_at(asked))


TWO = change(AddMembers((ANA, BEN), "DEFAULT"))


def batch_answer(*errors: tuple[str, str], channel_arn: str = CHANNEL) -> dict[str, object]:
    return {
        "BatchChannelMemberships": {"ChannelArn": channel_arn},
        "Errors": [{"MemberArn": arn, "ErrorCode": code} for arn, code in errors],
    }


@pytest.mark.parametrize(
    ("errors", "refused"),
    [
        ([], []),
        ([(ANA, "Conflict")], []),
        ([(BEN, "Forbidden"), (ANA, "NotFound")], [f"{ANA}: NotFound", f"{BEN}: Forbidden"]),
        ([(ANA, "New\x1bCode")], [f"{ANA}: New\\x1bCode"]),
        ([(STRANGER, "ServiceFailure")], []),
    ],
    ids=["none", "a member already", "two", "escaped", "of somebody else"],
)
def test_a_batch_names_those_of_its_members_that_chime_refused(
    errors: list[tuple[str, str]], refused: list[str]
) -> None:
    assert Done(2, tuple(refused)) == changed_by(TWO, batch_answer(*errors))


@pytest.mark.parametrize("code", ["ServiceFailure", "ServiceUnavailable"])
def test_a_member_that_chime_failed_to_add_is_asked_for_again(code: str) -> None:
    reply = changed_by(TWO, batch_answer((ANA, code), (BEN, "NotFound")))

    assert isinstance(reply, NoReply)
    assert Cause.UNAVAILABLE is reply.cause


def test_a_member_that_was_throttled_is_asked_for_again() -> None:
    reply = changed_by(TWO, batch_answer((ANA, "Throttled")))

    assert isinstance(reply, NotNow)
    assert Cause.THROTTLED is reply.cause


@pytest.mark.parametrize(
    "answer",
    [
        {},
        batch_answer(channel_arn=NEW),
        {"BatchChannelMemberships": {}, "Errors": "none"},
        {"Errors": [{"MemberArn": ANA, "ErrorCode": "NotFound"}, {"MemberArn": BEN}, "x"]},
    ],
    ids=["empty", "another channel", "no list", "one of two"],
)
def test_a_batch_that_names_neither_its_channel_nor_all_its_members_leaves_doubt(
    answer: dict[str, object],
) -> None:
    reply = changed_by(TWO, answer)

    assert isinstance(reply, NoReply)
    assert Cause.BROKEN_REPLY is reply.cause


def test_a_batch_that_refuses_everybody_need_not_name_its_channel() -> None:
    answer = batch_answer((ANA, "NotFound"), (BEN, "NotFound"))
    del answer["BatchChannelMemberships"]

    assert Done(2, (f"{ANA}: NotFound", f"{BEN}: NotFound")) == changed_by(TWO, answer)


def test_a_batch_of_members_already_may_be_a_conflict() -> None:
    conflict = verdict_on(Refusal(code="ConflictException", status=409, message=""))

    assert Done(2) == changed_by(TWO, conflict)
