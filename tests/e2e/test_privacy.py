"""
The whole process at its most talkative, through every fault: nothing private leaves it but to Chime.

Every text that must not be told holds the canary; so do the credentials.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from tests.e2e.watching import QUICK, contents, until
from tests.support.jobs import a_job
from tests.support.programs import Done, started, stopped
from worker.core.identity import client_request_token
from worker.local.chime.clock import WallClock
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
    FaultRule,
    Redirect,
    Refuse,
    Slow,
)
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.world import World, embedded_world

CANARY = "canary-7f3a"
CONTENT = f"{CANARY} in the content"

PASSING: Mapping[str, Fault] = {
    "throttled": THROTTLED,
    "unavailable": UNAVAILABLE,
    "failure": FAILURE,
    "failure-after-effect": FAILURE_AFTER_EFFECT,
    "lost-request": LOST_REQUEST,
    "lost-reply": LOST_REPLY,
    "slow": Slow(delay_s=6),
    "drip": Drip(interval_s=1),
    "redirect": Redirect(location=f"http://127.0.0.1:9/{CANARY}"),
    "unauthorized": Refuse(status=401, code="UnauthorizedClientException", message=f"{CANARY} is unknown"),
    **{f"broken-{body}".replace("_", "-"): Broken(body) for body in get_args(BrokenBody)},
}
"""Every kind of fault, in every form of it: each strikes one send of one channel, and its job is posted."""
FATAL = Refuse(status=400, code="BadRequestException", message=f"Content {CANARY} is bad")
"""This one quotes the message."""
SETTINGS: Mapping[str, str] = {
    **QUICK,
    "WORKER_LOG_LEVEL": "debug",
    "WORKER_VISIBILITY_TIMEOUT_S": "6",  # a call's deadline is 2 s: slow and drip are too late
    "WORKER_BEARER_RATE": "100",
    "AWS_ACCESS_KEY_ID": f"{CANARY}-key-id",
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}-secret",
    "AWS_SESSION_TOKEN": f"{CANARY}-session",
}
LISTED = "listed-"
"""Begins the names of the channels where a reply is lost and a list meets the fault."""


@pytest.fixture
async def faulty_world() -> AsyncIterator[World]:
    """A channel for every fault of a send, one for every fault of a list, and one for what is refused."""
    chime = Chime(WallClock(), switches=Switches(tokens="ignored", rates="off"))
    async with embedded_world(channels=[*channels(), "bad"], not_joined=["lounge"], chime=chime) as world:
        for name, fault in PASSING.items():
            strike(world, name, fault, "SendChannelMessage")
            strike(world, LISTED + name, LOST_REPLY, "SendChannelMessage")
            strike(world, LISTED + name, fault, "ListChannelMessages")
        strike(world, "lounge", FAILURE, "CreateChannelMembership")
        strike(world, "bad", FATAL, "SendChannelMessage")
        yield world


async def test_what_is_private_is_in_no_log_line_no_dead_letter_attribute_and_no_ledger(
    faulty_world: World,
) -> None:
    world = faulty_world
    good = [a_telling_job(name, name) for name in (*channels(), "lounge")]
    bad = list(bad_bodies())
    await world.enqueue([*good, *bad])

    done, ledger = await everything_done(world)

    assert 0 == done.code
    assert len(good) == contents(world)[CONTENT]
    assert len(bad) == len(world.dead_letters())
    assert all(struck for _, struck in world.chime.chime.faults.struck())
    assert {"debug", "info", "warning"} <= {json.loads(line)["level"] for line in done.stderr.splitlines()}
    told = [*done.stderr.splitlines(), done.stdout, ledger, *attributes(world)]
    tokens = [client_request_token(world.app_instance_arn, name) for name in channels()]
    assert [] == [text for text in told for secret in (CANARY, *tokens) if secret in text]


def channels() -> list[str]:
    return [*PASSING, *(LISTED + name for name in PASSING)]


def strike(world: World, channel: str, fault: Fault, operation: str) -> None:
    arn = world.channel_arn(channel)
    world.chime.chime.faults.add(FaultRule(fault, operation=operation, channel=arn, times=1))


async def everything_done(world: World) -> tuple[Done, str]:
    """Run a worker until the queue is empty; return what it said, and what its ledger holds meanwhile."""
    async with started("run", environment={**world.environment, **SETTINGS}) as process:
        await until(lambda: process.returncode is not None or not world.jobs(), within_s=45)
        files: list[Path] = sorted(world.directory.iterdir())
        ledger = "".join(file.read_bytes().decode("latin-1") for file in files)
        return await stopped(process), ledger


def attributes(world: World) -> Iterator[str]:
    return (text for letter in world.dead_letters() for text in letter.attributes.values())


def a_telling_job(job_id: str, channel: str, content: str = CONTENT, **fields: object) -> str:
    """A job with the canary wherever a text may be."""
    telling = {
        "metadata": {"note": f"{CANARY} in the metadata"},
        "attributes": {"colour": [f"{CANARY} in an attribute"]},
        "push": {"title": f"{CANARY} in a title", "body": f"{CANARY} in a body"},
        "context": {"note": f"{CANARY} in the context"},
    }
    return a_job(job_id, channel, content, **{**telling, **fields})


def bad_bodies() -> Iterator[str]:
    """Each of these becomes a dead letter."""
    yield f"{CANARY}: no JSON"
    yield json.dumps([CANARY])
    yield json.dumps({"Type": "SubscriptionConfirmation", "Message": CANARY, "TopicArn": CANARY})
    yield a_telling_job("quoted", "bad")
    yield a_telling_job("nowhere", "no-such-channel")
    yield a_telling_job("misspelt", "bad", contxt=CANARY)
    yield a_telling_job("long", "bad", content=CANARY * 1000)
    yield a_telling_job("wide", "bad", metadata={"note": CANARY * 200})
    yield a_telling_job("late", "bad", not_before=CANARY)
    yield a_telling_job("lost-reply", "bad")  # the id of another job
    yield a_telling_job("twice", "bad")[:-1] + f', "context": "{CANARY}"}}'
