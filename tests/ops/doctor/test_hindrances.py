"""Where AWS does not answer, doctor says why, and every other check is made all the same."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.ops.doctor.broken import no_permission
from tests.ops.doctor.patient import Patient, ShiftedClock
from worker.core.fleet import Member, Pause, Roll
from worker.local.chime.faults import Drip, FaultRule, Refuse
from worker.ops.doctor.finding import Finding

NO_ONE_LISTENS = "http://127.0.0.1:9"


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {each.check: each for each in findings}


async def test_a_check_that_is_not_allowed_names_the_action(patient: Patient) -> None:
    await no_permission(patient)

    troubles = await patient.troubles()

    assert ["bearer"] == list(troubles)
    assert "warning" == troubles["bearer"].level
    assert "chime:DescribeAppInstanceUser: not allowed" in troubles["bearer"].found


async def test_a_queue_that_cannot_be_reached_keeps_nobody_else_from_being_looked_at(
    patient: Patient,
) -> None:
    patient.environment["AWS_ENDPOINT_URL_SQS"] = NO_ONE_LISTENS

    found = by_check(await patient.findings())

    assert "problem" == found["queue"].level
    assert "sqs:GetQueueAttributes: no connection" in found["queue"].found
    assert {"ok"} == {found[name].level for name in ("credentials", "bearer", "admin", "ledger", "versions")}


async def test_without_credentials_everything_says_so(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    found = by_check(await patient.findings())

    for check in ("credentials", "queue", "app instance"):
        assert "problem" == found[check].level
        assert "no AWS credentials" in found[check].found
        assert "aws configure list" == found[check].mend
    assert "ok" == found["ledger"].level


async def test_expired_credentials_are_named(patient: Patient) -> None:
    expired = Refuse(status=403, code="ExpiredTokenException", message="The security token has expired")
    patient.refuse(FaultRule(expired))

    found = (await patient.troubles())["app instance"]

    assert "they have expired" in found.found


async def test_an_answer_that_never_ends_holds_nobody_up(patient: Patient) -> None:
    patient.environment["WORKER_VISIBILITY_TIMEOUT_S"] = "3"  # a call has a third of it
    # Every read is quick, so that no other timeout than doctor's own can strike.
    patient.refuse(FaultRule(Drip(chunk_bytes=1, interval_s=0.5), operation="DescribeAppInstance"))

    async with asyncio.timeout(15):
        found = by_check(await patient.findings())

    assert "chime:DescribeAppInstance: no answer in time" in found["app instance"].found
    assert "ok" == found["bearer"].level


async def test_a_sandbox_asks_nobody_outside(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_STS")
    monkeypatch.delenv("AWS_ENDPOINT_URL_SNS")
    patient.environment["WORKER_OUTCOMES"] = "arn:aws:sns:us-east-1:123456789012:ends"

    found = by_check(await patient.findings())

    assert ("ok", "not asked: sts:GetCallerIdentity") == (
        found["credentials"].level,
        found["credentials"].found[: len("not asked: sts:GetCallerIdentity")],
    )
    assert "not asked: sns:GetTopicAttributes" in found["outcomes"].found


async def test_nothing_in_the_world_is_changed(patient: Patient) -> None:
    await patient.world.enqueue(["a job"])
    await patient.aws(
        "sqs", "SendMessage", QueueUrl=patient.world.dead_letter_queue_url, MessageBody="a letter"
    )
    patient.channel = "lounge"

    await patient.findings()

    assert 1 == (await patient.world.backlog()).visible
    letters = await patient.aws(
        "sqs",
        "GetQueueAttributes",
        QueueUrl=patient.world.dead_letter_queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    assert {"ApproximateNumberOfMessages": "1", "ApproximateNumberOfMessagesNotVisible": "0"} == letters[
        "Attributes"
    ]
    assert [] == patient.world.chime.chime.members(patient.world.channel_arn("lounge"))
    assert not patient.world.ledger_path.exists()


async def test_the_workers_and_what_is_paused_are_told(patient: Patient) -> None:
    now = ShiftedClock().now()
    alive = Member(id="w1", host="box", version="1", started_at=now, seen_at=now)
    dead = Member(id="w2", host="box", version="1", started_at=now, seen_at=now - timedelta(hours=1))
    orders = patient.world.channel_arn("orders")
    patient.roll = Roll((alive, dead), (Pause(orders, now), Pause(None, now)))

    findings = await patient.findings()

    assert ["w1 on box"] == [each.found for each in findings if each.check == "workers"]
    paused = [(each.level, each.mend) for each in findings if each.check == "paused"]
    assert [
        ("warning", f"backend-worker resume --channel {orders}"),
        ("warning", "backend-worker resume"),
    ] == paused
