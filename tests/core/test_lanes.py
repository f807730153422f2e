"""Lanes keep the order of each channel and forget a channel that has nothing left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from worker.core.lanes import Lanes

items = some.lists(some.tuples(some.sampled_from(["orders", "stock", "news"]), some.integers()))


def lanes_of(*pairs: tuple[str, int]) -> Lanes[int]:
    """Make lanes out of (lane, item) in the order of their receipt."""
    lanes: Lanes[int] = Lanes()
    for key, item in pairs:
        lanes.add(key, item)
    return lanes


def drained(lanes: Lanes[int], key: str) -> list[int]:
    """Work a lane off, head first."""
    taken = []
    while (item := lanes.head(key)) is not None:
        taken.append(item)
        lanes.pop(key)
    return taken


@given(items)
def test_what_a_lane_gives_is_what_it_got_in_the_same_order(pairs: list[tuple[str, int]]) -> None:
    lanes = lanes_of(*pairs)

    for lane in list(lanes):
        assert [item for key, item in pairs if key == lane] == drained(lanes, lane)
    assert [] == list(lanes)


@given(items, some.integers(0, 5))
def test_a_cut_takes_what_is_behind_and_leaves_what_is_first(pairs: list[tuple[str, int]], keep: int) -> None:
    lanes, orders = lanes_of(*pairs), [item for key, item in pairs if key == "orders"]

    assert orders[keep:] == lanes.cut("orders", keep=keep)
    assert orders[:keep] == drained(lanes, "orders")


def test_the_length_of_a_lane_says_when_somebody_must_begin_to_work() -> None:
    lanes = lanes_of()

    assert [1, 2, 1] == [lanes.add("orders", 1), lanes.add("orders", 2), lanes.add("stock", 3)]
    lanes.pop("orders")
    lanes.pop("orders")
    assert 1 == lanes.add("orders", 4)


def test_an_empty_lane_does_not_exist() -> None:
    lanes = lanes_of(("orders", 1), ("stock", 2))

    lanes.pop("orders")
    assert [2] == lanes.cut("stock", keep=0)

    assert [] == list(lanes)
    assert (None, []) == (lanes.head("orders"), lanes.cut("orders", keep=1))
    with pytest.raises(KeyError):
        lanes.pop("orders")


def test_lanes_may_end_while_they_are_gone_through() -> None:
    lanes = lanes_of(("orders", 1), ("stock", 2), ("news", 3))

    for key in lanes:
        lanes.pop(key)

    assert [] == list(lanes)


def test_the_head_keeps_its_place_until_it_is_taken_off() -> None:
    lanes = lanes_of(("orders", 1), ("orders", 2))

    assert (1, 1) == (lanes.head("orders"), lanes.head("orders"))


def test_an_item_that_comes_from_another_lane_takes_its_place_behind_the_head() -> None:
    lanes = lanes_of(("orders", 5), ("orders", 3), ("orders", 9))

    lengths = [lanes.insert("orders", item, place=lambda item: item) for item in (4, 1)]

    assert [4, 5] == lengths
    assert [5, 1, 3, 4, 9] == drained(lanes, "orders")


def test_an_item_that_comes_to_a_lane_that_does_not_exist_begins_it() -> None:
    lanes = lanes_of()

    assert 1 == lanes.insert("orders", 2, place=lambda item: item)
    assert [2] == drained(lanes, "orders")
