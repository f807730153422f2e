"""A healthy patient: nothing in its world is worth a word."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ops.doctor.patient import Patient
from worker.local.world import embedded_world


@pytest.fixture
async def patient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Patient]:
    """A world whose queues keep messages as long as they can, with STS, SNS and EventBridge in it."""
    async with embedded_world() as world:
        for service in ("STS", "SNS", "EVENTBRIDGE"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", world.sqs.url)
        patient = Patient(world, dict(world.environment))
        for url in (world.queue_url, world.dead_letter_queue_url):
            await patient.set_queue(url, MessageRetentionPeriod="1209600")
        yield patient
