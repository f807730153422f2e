"""Quotas as token buckets: the bearer's over everything, the channel's over what writes to it."""

from dataclasses import replace

import pytest

from tests.emulator.people import ANNA, BEN, BOT, ORDERS, PRIVATE, ManualClock, a_message, outcome
from worker.local.chime.errors import ChimeError
from worker.local.chime.model import operations
from worker.local.chime.state import SERVED, Chime
from worker.local.chime.switches import RatePreset
from worker.local.chime.throttle import quotas


@pytest.mark.parametrize(("rates", "per_s"), [("us-east-1", 10), ("eu-central-1", 5)])
def test_a_bearer_has_its_quota_over_all_operations_together(
    chime: Chime, clock: ManualClock, rates: RatePreset, per_s: int
) -> None:
    chime.switches = replace(chime.switches, rates=rates)
    spent = [_send(chime, f"{n}", ANNA) for n in range(per_s)]

    assert {"ok"} == set(spent)
    assert (
        outcome(chime, "ListChannelMessages", {"ChannelArn": PRIVATE}, bearer=ANNA)
        == "ThrottledClientException"
    )
    assert outcome(chime, "ListChannelMessages", {"ChannelArn": PRIVATE}, bearer=BEN) == "ok"
    clock.advance(1 / per_s)
    assert [_send(chime, "a", ANNA), _send(chime, "b", ANNA)] == ["ok", "ThrottledClientException"]


def test_a_channel_has_its_own_quota_that_several_bearers_share(chime: Chime) -> None:
    chime.switches = replace(chime.switches, rates="eu-central-1")
    sent = [_send(chime, f"{bearer}{n}", bearer) for bearer in (ANNA, BEN) for n in range(5)]

    assert {"ok"} == set(sent)
    assert _send(chime, "one too many", BOT) == "ThrottledClientException"
    assert outcome(chime, "ListChannelMessages", {"ChannelArn": ORDERS}, bearer=BOT) == "ok"


def test_a_throttled_call_has_no_effect_and_costs_no_quota(chime: Chime, clock: ManualClock) -> None:
    chime.switches = replace(chime.switches, rates="us-east-1")
    for n in range(20):
        _send(chime, f"{n}", ANNA)
    clock.advance(1)
    for n in range(20, 40):
        _send(chime, f"{n}", ANNA)

    assert len(chime.messages(ORDERS)) == 20
    [bucket] = [each for (name, owner), each in chime.throttle.buckets.items() if owner == ANNA]
    assert (bucket.admitted, bucket.refused) == (20, 20)


def test_the_refusal_is_a_429_that_says_rate_exceeded(chime: Chime) -> None:
    chime.switches = replace(chime.switches, rates="eu-central-1")
    for n in range(5):
        _send(chime, f"{n}", ANNA)
    with pytest.raises(ChimeError, match="Rate exceeded") as refused:
        chime.call("SendChannelMessage", a_message(), bearer=ANNA)

    assert refused.value.status == 429


def test_every_served_operation_has_a_quota(chime: Chime) -> None:
    limited = quotas("us-east-1")

    assert set(limited) <= set(operations())
    assert set(SERVED) - set(limited) == set()


def _send(chime: Chime, text: str, bearer: str) -> str:
    return outcome(chime, "SendChannelMessage", a_message(text), bearer=bearer)
