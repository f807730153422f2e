"""What a send comes to."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.contract.channels.conftest import (
    ADMIN,
    BEARER,
    CHANNEL,
    CONTENT,
    MISSING,
    PRIVATE,
    STRANGER,
    Bench,
    a_message,
    outgoing,
)
from worker.contract.reasons import Reason
from worker.contract.requests import Push
from worker.core.replies import Cause, NoReply, NotNow, Refused, SendReply, Sent
from worker.local.chime.faults import (
    FAILURE,
    FAILURE_AFTER_EFFECT,
    LOST_REPLY,
    LOST_REQUEST,
    THROTTLED,
    UNAVAILABLE,
    Broken,
    BrokenBody,
    Drip,
    Fault,
    Redirect,
    Refuse,
    Slow,
)


async def test_a_stored_message_is_sent_under_its_message_id(bench: Bench) -> None:
    reply = await bench.channels.send(outgoing())

    [stored] = bench.chime.messages(CHANNEL)
    assert Sent(stored.message_id, "SENT") == reply
    assert (CONTENT, BEARER) == (stored.content, stored.sender_arn)


async def test_everything_a_message_has_arrives(bench: Bench) -> None:
    message = replace(
        a_message(),
        metadata='{"order":8812}',
        content_type="text/plain",
        attributes=(("colour", ("red", "blue")), ("size", ("L",))),
        push=Push("Shipped", "Your order", "DEFAULT"),
        target_arn=ADMIN,
    )
    bench.chime.add_member(CHANNEL, ADMIN)

    reply = await bench.channels.send(outgoing(message=message))

    [stored] = bench.chime.messages(CHANNEL)
    assert isinstance(reply, Sent)
    assert ('{"order":8812}', "text/plain", ADMIN) == (
        stored.metadata,
        stored.content_type,
        stored.target,
    )
    assert stored.attributes == {
        "colour": {"StringValues": ["red", "blue"]},
        "size": {"StringValues": ["L"]},
        "job": {"StringValues": ["MARKER1"]},
    }


async def test_without_a_marker_and_attributes_none_are_sent(bench: Bench) -> None:
    await bench.channels.send(replace(outgoing(), marker=None))

    [stored] = bench.chime.messages(CHANNEL)
    assert not stored.attributes


async def test_the_same_token_is_answered_with_the_same_message_id(bench: Bench) -> None:
    first, second = [await bench.channels.send(outgoing()) for _ in range(2)]

    assert first == second
    assert len(bench.stored()) == 1


async def test_a_token_used_for_something_else_is_no_reply(bench: Bench) -> None:
    """The first may be our own, with the text of an earlier version: only a look can tell."""
    await bench.channels.send(outgoing())
    reply = await bench.channels.send(outgoing(message=a_message("something else")))

    assert isinstance(reply, NoReply)
    assert reply.cause is Cause.CONFLICT


@pytest.mark.parametrize("channel_arn", [MISSING, PRIVATE])
async def test_a_channel_that_is_not_there_or_not_ours_is_refused_and_may_be_repaired(
    bench: Bench, channel_arn: str
) -> None:
    reply = await bench.channels.send(outgoing(channel_arn=channel_arn))

    assert isinstance(reply, Refused)
    assert (Reason.FORBIDDEN_OR_MISSING_CHANNEL, True) == (reply.reason, reply.repairable)


async def test_a_bearer_that_chime_does_not_know_is_refused_for_good(bench: Bench) -> None:
    reply = await bench.channels.send(outgoing(bearer_arn=STRANGER))

    assert isinstance(reply, Refused)
    assert (Reason.BEARER_INVALID, False) == (reply.reason, reply.repairable)


async def test_content_that_chime_finds_too_large_is_refused_as_such(bench: Bench) -> None:
    reply = await bench.channels.send(outgoing(message=a_message("x" * 5000)))

    assert isinstance(reply, Refused)
    assert (Reason.CONTENT_TOO_LARGE, False) == (reply.reason, reply.repairable)


async def test_a_malformed_request_is_refused(bench: Bench) -> None:
    reply = await bench.channels.send(outgoing(client_request_token="no spaces allowed"))

    assert isinstance(reply, Refused)
    assert reply.reason is Reason.BAD_REQUEST


def refusal(status: int, code: str, message: str = "no") -> Refuse:
    return Refuse(status=status, code=code, message=message)


@pytest.mark.parametrize(
    ("fault", "kind", "cause", "stored"),
    [
        pytest.param(THROTTLED, NotNow, Cause.THROTTLED, 0, id="429"),
        pytest.param(refusal(400, "ThrottlingException"), NotNow, Cause.THROTTLED, 0, id="throttling at 400"),
        pytest.param(
            refusal(401, "UnauthorizedClientException"), NotNow, Cause.UNAUTHORIZED, 0, id="unauthorized"
        ),
        pytest.param(
            refusal(400, "AccessDeniedException"), NotNow, Cause.ACCESS_DENIED, 0, id="access denied 400"
        ),
        pytest.param(
            refusal(403, "AccessDeniedException"), NotNow, Cause.ACCESS_DENIED, 0, id="access denied 403"
        ),
        pytest.param(refusal(403, "ExpiredTokenException"), NotNow, Cause.CREDENTIALS, 0, id="expired token"),
        pytest.param(
            refusal(403, "InvalidSignatureException"), NotNow, Cause.CLOCK, 0, id="invalid signature"
        ),
        pytest.param(Redirect(), NoReply, Cause.REDIRECT, 0, id="redirect"),
        pytest.param(FAILURE, NoReply, Cause.UNAVAILABLE, 0, id="500 before"),
        pytest.param(FAILURE_AFTER_EFFECT, NoReply, Cause.UNAVAILABLE, 1, id="500 after"),
        pytest.param(UNAVAILABLE, NoReply, Cause.UNAVAILABLE, 0, id="503"),
        pytest.param(refusal(418, "TeapotException"), NoReply, Cause.BROKEN_REPLY, 0, id="unknown 4xx"),
        pytest.param(LOST_REQUEST, NoReply, Cause.UNAVAILABLE, 0, id="dropped before"),
        pytest.param(LOST_REPLY, NoReply, Cause.UNAVAILABLE, 1, id="dropped after"),
        pytest.param(Slow(delay_s=3), NoReply, Cause.TIMEOUT, 1, id="slow"),
        pytest.param(Drip(interval_s=0.3), NoReply, Cause.TIMEOUT, 1, id="drip"),
    ],
)
async def test_what_a_fault_comes_to(
    bench: Bench, fault: Fault, kind: type[NoReply | NotNow], cause: Cause, stored: int
) -> None:
    bench.strike(fault)

    reply = await bench.channels.send(outgoing())

    assert isinstance(reply, kind)
    assert cause is reply.cause
    assert stored == len(bench.stored())


async def test_a_refusal_that_is_lost_is_no_reply_either(bench: Bench) -> None:
    bench.strike(LOST_REPLY)

    reply = await bench.channels.send(outgoing(channel_arn=MISSING))

    assert isinstance(reply, NoReply)
    assert reply.cause is Cause.UNAVAILABLE


async def test_a_refusal_is_one_whatever_would_have_spoilt_a_success(bench: Bench) -> None:
    bench.strike(Broken(body="truncated"))

    reply = await bench.channels.send(outgoing(channel_arn=MISSING))

    assert isinstance(reply, Refused)


@pytest.mark.parametrize("body", ["truncated", "html", "empty", "no_members", "number_for_id", "list"])
async def test_a_2xx_without_a_message_id_is_no_reply(bench: Bench, body: BrokenBody) -> None:
    bench.strike(Broken(body=body))

    reply = await bench.channels.send(outgoing())

    assert isinstance(reply, NoReply)
    assert reply.cause is Cause.BROKEN_REPLY


async def test_short_error_codes_mean_the_same(bench: Bench) -> None:
    """Without the x-amzn-ErrorType header the SDK knows the code from the body only: `Forbidden`."""
    bench.chime.switches = replace(bench.chime.switches, error_header="omitted")

    reply = await bench.channels.send(outgoing(channel_arn=MISSING))

    assert isinstance(reply, Refused)
    assert reply.reason is Reason.FORBIDDEN_OR_MISSING_CHANNEL


async def test_a_request_that_took_effect_after_the_deadline_was_no_reply(bench: Bench) -> None:
    bench.strike(Slow(delay_s=1.3, when="before"))

    reply = await bench.channels.send(outgoing())

    assert isinstance(reply, NoReply)
    assert reply.cause is Cause.TIMEOUT
    assert [] == bench.stored()
    async with asyncio.timeout(5):
        while not bench.stored():
            await bench.channels.list_messages(CHANNEL, bearer_arn=BEARER, not_before=None)
    assert [CONTENT] == bench.stored()


async def test_one_slow_call_holds_up_no_other(bench: Bench) -> None:
    bench.strike(Slow(delay_s=0.8))
    async with asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(bench.channels.send(outgoing(1)))
        await asyncio.sleep(0)
        replies: list[SendReply] = [await bench.channels.send(outgoing(n)) for n in range(2, 6)]

        assert not slow.done()
        assert all(isinstance(reply, Sent) for reply in replies)


@pytest.mark.parametrize(
    "quoting", [CONTENT, f"'{CONTENT[6:20]}' is not allowed", '{"order":8812}', "token-1"]
)
async def test_a_detail_never_shows_what_the_producer_wrote(bench: Bench, quoting: str) -> None:
    bench.strike(refusal(400, "BadRequestException", f"Cannot take {quoting}"))
    message = replace(a_message(), metadata='{"order":8812}')

    reply = await bench.channels.send(outgoing(message=message))

    assert isinstance(reply, Refused)
    assert "Cannot take" not in reply.detail
    assert "BadRequestException (HTTP 400" in reply.detail or "BadRequest (HTTP 400" in reply.detail


async def test_a_detail_tells_what_chime_said_short_and_without_control_characters(bench: Bench) -> None:
    bench.strike(refusal(400, "BadRequestException", "bell \a escape \x1b[2J " + "long " * 200))

    reply = await bench.channels.send(outgoing())

    assert isinstance(reply, Refused)
    assert r"bell \x07 escape \x1b[2J long" in reply.detail
    assert reply.detail.isprintable()
    assert len(reply.detail) < 350
