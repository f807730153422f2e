"""The workers of a ledger: who is alive, and who owns which shard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from worker.core.fleet import LAPSE_S, SHARDS, Fleet, Member, shard_of
from worker.core.rendezvous import owner_of

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


def a_member(name: str, beat: int = 0) -> Member:
    seen_at = START + timedelta(seconds=beat)
    return Member(id=name, host="host", version="1", started_at=START, seen_at=seen_at)


def a_fleet(me: str, *others: str, now: float = 0.0) -> Fleet:
    fleet = Fleet(me)
    fleet.observe([a_member(one) for one in others], now)
    return fleet


def test_a_worker_alone_is_a_fleet_of_one_and_owns_every_shard() -> None:
    fleet = a_fleet("a")

    assert ("a",) == fleet.living()
    assert frozenset(range(SHARDS)) == fleet.shards()


def test_every_shard_belongs_to_exactly_one_of_the_living() -> None:
    names = ("a", "b", "c")
    shards = [a_fleet(me, *names).shards() for me in names]

    assert SHARDS == sum(map(len, shards))
    assert frozenset(range(SHARDS)) == frozenset.union(*shards)
    assert min(map(len, shards)) > SHARDS / 3 / 3


def test_a_dead_workers_shards_go_to_the_others_and_nothing_else_moves() -> None:
    fleet = a_fleet("a", "b", "c")
    before = fleet.shards()

    fleet.observe([a_member("b", beat=9), a_member("c")], LAPSE_S + 1)

    assert ("a", "b") == fleet.living()
    assert before < fleet.shards()
    assert frozenset() == fleet.shards() & a_fleet("b", "a").shards()


def test_a_heartbeat_lives_by_its_change_and_not_by_its_time() -> None:
    """A clock that is an hour slow makes nobody dead, and one that is fast keeps nobody alive."""
    fleet = a_fleet("a", "slow")
    fleet.observe([a_member("slow", beat=-3600)], 10.0)
    fleet.observe([a_member("slow", beat=-3600)], 10.0 + LAPSE_S)
    assert ("a", "slow") == fleet.living()

    fleet.observe([a_member("slow", beat=-3600)], 11.0 + LAPSE_S)

    assert ("a",) == fleet.living()
    assert fleet.is_dead("slow")


def test_who_has_not_looked_takes_nobody_for_dead() -> None:
    """A worker that was frozen for an hour wakes up: until it has asked, the others' claims stand."""
    fleet = a_fleet("a", "b")

    assert not fleet.is_dead("b")
    fleet.observe([a_member("b", beat=3600)], 3600.0)
    assert not fleet.is_dead("b")


def test_a_worker_that_was_never_seen_is_not_known_to_be_dead() -> None:
    """Its heartbeat may not be visible yet: its claims stand for their time."""
    fleet = a_fleet("a")
    fleet.observe([], 1e6)

    assert not fleet.is_dead("new")


def test_a_worker_that_comes_back_is_alive_again() -> None:
    fleet = a_fleet("a", "b")
    fleet.observe([a_member("b")], LAPSE_S + 1)
    assert fleet.is_dead("b")

    fleet.observe([a_member("b", beat=30)], LAPSE_S + 2)

    assert not fleet.is_dead("b")


def test_channels_spread_over_the_shards() -> None:
    used = {shard_of(f"arn:aws:chime:us-east-1:1:app-instance/a/channel/{n}") for n in range(1000)}

    assert len(used) == SHARDS


def test_a_new_bearer_takes_over_only_channels_that_are_its_own() -> None:
    channels = [f"channel-{n}" for n in range(300)]
    before = {channel: owner_of(channel, ["a", "b"]) for channel in channels}
    after = {channel: owner_of(channel, ["b", "c", "a"]) for channel in channels}

    moved = {channel for channel in channels if before[channel] != after[channel]}
    assert {"c"} == {after[channel] for channel in moved}
    assert 60 < len(moved) < 140
