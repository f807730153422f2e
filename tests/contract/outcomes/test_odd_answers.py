"""A target's answer is a proof only for the entries that it calls taken; every other answer is an outage."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web

from tests.contract.outcomes.conftest import REGION, a_notice, aws, plan_for
from worker.adapters.outcomes import open_outcomes
from worker.ports import Outcomes, OutcomesUnavailable

SECRET = "never to be shown"
TARGETS = {
    "queue": "http://127.0.0.1/123456789012/outcomes",
    "topic": f"arn:aws:sns:{REGION}:123456789012:outcomes",
    "bus": f"arn:aws:events:{REGION}:123456789012:event-bus/outcomes",
}
DEADLINE_S = 1.0

Answer = tuple[int, str]


def of_queue(**answer: Any) -> str:
    return json.dumps(answer)


def of_topic(successful: str = "", failed: str = "") -> str:
    lists = f"<Successful>{successful}</Successful><Failed>{failed}</Failed>"
    return (
        '<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<PublishBatchResult>{lists}</PublishBatchResult></PublishBatchResponse>"
    )


def topic_took(*ids: str) -> str:
    return "".join(f"<member><Id>{each}</Id><MessageId>m</MessageId></member>" for each in ids)


def queue_took(*ids: str) -> list[Mapping[str, str]]:
    return [{"Id": each, "MessageId": "m", "MD5OfMessageBody": "0" * 32} for each in ids]


QUEUE_REFUSED = {"Id": "1", "Code": "InternalError", "SenderFault": False, "Message": SECRET}
TOPIC_REFUSED = "<member><Id>1</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>"
EVENT_REFUSED = {"ErrorCode": "ThrottlingException", "ErrorMessage": SECRET}
EVENT = {"EventId": "e"}

PARTLY = {
    "an entry failed": [
        ("queue", of_queue(Successful=queue_took("2", "0"), Failed=[QUEUE_REFUSED]), [1]),
        ("topic", of_topic(topic_took("2", "0"), TOPIC_REFUSED), [1]),
        ("bus", of_queue(FailedEntryCount=1, Entries=[EVENT, EVENT_REFUSED, EVENT]), [1]),
    ],
    "an entry is not mentioned": [
        ("queue", of_queue(Successful=queue_took("0", "2")), [1]),
        ("topic", of_topic(topic_took("0", "2")), [1]),
        ("bus", of_queue(FailedEntryCount=0, Entries=[EVENT]), [1, 2]),
    ],
    "no entry is mentioned": [
        ("queue", of_queue(), [0, 1, 2]),
        ("topic", of_topic(), [0, 1, 2]),
        ("bus", of_queue(), [0, 1, 2]),
    ],
    "an entry failed and did not": [
        ("queue", of_queue(Successful=queue_took("0", "1", "2"), Failed=[QUEUE_REFUSED]), [1]),
        ("topic", of_topic(topic_took("0", "1", "2"), TOPIC_REFUSED), [1]),
        ("bus", of_queue(FailedEntryCount=0, Entries=[EVENT, EVENT | EVENT_REFUSED, EVENT]), [1]),
    ],
    "a success without an id": [
        ("queue", of_queue(Successful=[*queue_took("0", "2"), {"Id": "1"}]), [1]),
        ("topic", of_topic(topic_took("0", "2") + "<member><Id>1</Id></member>"), [1]),
        ("bus", of_queue(FailedEntryCount=0, Entries=[EVENT, {}, EVENT]), [1]),
    ],
    "more failed than are named": [
        ("bus", of_queue(FailedEntryCount=2, Entries=[EVENT, EVENT_REFUSED, EVENT]), [0, 1, 2]),
        ("bus", of_queue(FailedEntryCount=1, Entries=[EVENT, EVENT, EVENT]), [0, 1, 2]),
    ],
}

PAGES = {
    "a page of a proxy": "<html><body>Please log in.</body></html>",
    "text": "Please log in.",
    "a list": "[1]",
    "nothing": "",
}
REFUSALS: dict[str, Answer] = {
    "a redirect": (307, ""),
    "refused": (403, json.dumps({"__type": "AccessDeniedException", "message": SECRET})),
    "refused in XML": (400, f"<E><Error><Code>NotFound</Code><Message>{SECRET}</Message></Error></E>"),
    "an outage": (503, SECRET),
}


@asynccontextmanager
async def answering(kind: str, answer: Answer | None) -> AsyncIterator[Outcomes]:
    """Open a target of that kind whose every answer is this one; None: it never answers."""

    async def handle(request: web.Request) -> web.Response:
        if answer is None:
            await gone.wait()
        status, text = answer or (200, "")
        return web.Response(status=status, text=text, headers={"Location": str(request.url)})

    gone = asyncio.Event()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    plan = plan_for(f"http://127.0.0.1:{runner.addresses[0][1]}", call_deadline_s=DEADLINE_S)
    try:
        async with open_outcomes(aws(), TARGETS[kind], plan) as outcomes:
            yield outcomes
    finally:
        gone.set()
        await runner.cleanup()


@pytest.mark.parametrize(
    ("kind", "answer", "not_taken"),
    [pytest.param(*case, id=f"{name}, {case[0]}") for name, cases in PARTLY.items() for case in cases],
)
async def test_only_what_the_answer_calls_taken_is_taken(
    kind: str, answer: str, not_taken: list[int]
) -> None:
    async with answering(kind, (200, answer)) as outcomes:
        assert not_taken == await outcomes.publish([a_notice(f"order-{n}") for n in range(3)])


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
async def test_a_200_of_something_on_the_way_takes_nothing(kind: str, page: str) -> None:
    not_taken: Sequence[int] = [0]

    async with answering(kind, (200, page)) as outcomes:
        with suppress(OutcomesUnavailable):
            not_taken = await outcomes.publish([a_notice()])

    assert [0] == not_taken


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_of_the_call_is_an_outage_whose_text_is_not_repeated(
    kind: str, answer: Answer
) -> None:
    async with answering(kind, answer) as outcomes:
        with pytest.raises(OutcomesUnavailable) as raised:
            await outcomes.publish([a_notice(SECRET)])

    assert SECRET not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("kind", TARGETS)
async def test_a_target_that_hangs_is_given_up_at_the_deadline(kind: str) -> None:
    async with answering(kind, None) as outcomes:
        began_at = time.monotonic()
        with pytest.raises(OutcomesUnavailable, match="no answer within 1 s"):
            await outcomes.publish([a_notice()])

    assert time.monotonic() - began_at < 2 * DEADLINE_S


@pytest.mark.parametrize("kind", TARGETS)
async def test_nobody_at_the_address_is_an_outage(kind: str, unused_port: int) -> None:
    plan = plan_for(f"http://127.0.0.1:{unused_port}", call_deadline_s=DEADLINE_S)
    async with open_outcomes(aws(), TARGETS[kind], plan) as outcomes:
        with pytest.raises(OutcomesUnavailable):
            await outcomes.publish([a_notice()])


@pytest.fixture
async def unused_port() -> int:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port
