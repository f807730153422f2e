"""What is remembered for a time: the newest, and not for ever."""

from __future__ import annotations

import pytest

from worker.core.recent import Recent


@pytest.fixture
def recent() -> Recent[str]:
    return Recent(size=2, keep_s=10.0)


def test_a_value_is_remembered_until_its_time_is_over(recent: Recent[str]) -> None:
    recent.put("orders", "arn", 100.0)

    assert ("arn", "arn", None) == tuple(recent.get("orders", now) for now in (100.0, 109.9, 110.0))
    assert recent.get("stock", 100.0) is None


def test_the_oldest_of_too_many_is_forgotten(recent: Recent[str]) -> None:
    for now, key in enumerate(("orders", "stock", "orders", "news")):
        recent.put(key, f"arn-{now}", float(now))

    assert ["arn-2", None, "arn-3"] == [recent.get(key, 4.0) for key in ("orders", "stock", "news")]


def test_what_is_to_be_forgotten_is(recent: Recent[str]) -> None:
    recent.put("orders", "arn", 0.0)

    recent.forget("orders")
    recent.forget("stock")

    assert recent.get("orders", 0.0) is None
