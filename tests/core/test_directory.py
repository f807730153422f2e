"""What a list of channels says about a name, in words that help whoever reads a dead letter."""

from __future__ import annotations

import pytest

from tests.core.jobs import APP_INSTANCE
from worker.contract.reasons import Reason
from worker.contract.targets import Creation, Named, OfMembers, Sought
from worker.core.directory import MOST_CHANNELS, Directory, NamedChannel, name_of, no_such_channel
from worker.core.replies import Refused, Resolved

USERS = tuple(f"{APP_INSTANCE}/user/{name}" for name in ("ana", "ben", "cem", "dov"))


def channel(channel_id: str, name: str) -> NamedChannel:
    return NamedChannel(f"{APP_INSTANCE}/channel/{channel_id}", name)


def directory_of(*channels: NamedChannel) -> Directory:
    return Directory(channels, began_at=0.0)


def test_the_only_channel_of_exactly_that_name_is_found() -> None:
    directory = directory_of(channel("1", "Orders"), channel("2", "orders"), channel("3", "orders "))

    assert Resolved(f"{APP_INSTANCE}/channel/2") == directory.find("orders")


def test_a_channel_that_two_pages_list_is_one_channel() -> None:
    """It may have moved between them."""
    assert Resolved(f"{APP_INSTANCE}/channel/1") == directory_of(*[channel("1", "orders")] * 2).find("orders")


def test_a_name_that_nobody_has_is_told_with_its_control_characters_escaped() -> None:
    refused = directory_of(channel("1", "orders")).find("or\x1bders")

    assert Refused(Reason.CHANNEL_NOT_FOUND, 'channel: none is named "or\\x1bders".') == refused


def test_a_name_that_is_missing_from_a_list_that_was_cut_may_be_further_down() -> None:
    cut = directory_of(*(channel(str(n), f"name {n}") for n in range(MOST_CHANNELS)))

    told = 'channel: none among the first 1,000 listed is named "orders".'
    assert Refused(Reason.CHANNEL_NOT_FOUND, told) == cut.find("orders")


@pytest.mark.parametrize(("count", "ids"), [(2, "0, 1"), (3, "0, 1, 2"), (4, "0, 1, 2, …")])
def test_a_name_that_several_have_is_told_with_the_ids_to_choose_from(count: int, ids: str) -> None:
    directory = directory_of(*(channel(str(n), "orders") for n in reversed(range(count))))

    told = f'channel: {count} are named "orders"; give the id of one: {ids}.'
    assert Refused(Reason.AMBIGUOUS_CHANNEL, told) == directory.find("orders")


def test_a_name_that_is_forgotten_is_not_found_again() -> None:
    directory = directory_of(channel("1", "orders"))

    directory.forget("orders")
    directory.forget("stock")

    assert isinstance(directory.find("orders"), Refused)


@pytest.mark.parametrize(("count", "ids"), [(1, "ana"), (3, "ana, ben, cem"), (4, "ana, ben, cem, …")])
def test_members_without_a_channel_are_told_by_their_ids(count: int, ids: str) -> None:
    refused = no_such_channel(OfMembers(USERS[:count]))

    assert Refused(Reason.CHANNEL_NOT_FOUND, f"channel: none was made for the members {ids}.") == refused


@pytest.mark.parametrize(
    ("target", "named", "called"),
    [
        (Named("orders"), None, "orders"),
        (Named("orders"), "Orders of today", "Orders of today"),
        (OfMembers(USERS[:2]), None, "ana, ben"),
        (OfMembers(USERS[:2]), "Ticket 31", "Ticket 31"),
        (OfMembers(tuple(f"{APP_INSTANCE}/user/{'u' * 60}{n}" for n in range(10))), None, "u" * 60 + "0, "),
    ],
    ids=["name", "other-name", "members", "members-with-a-name", "members-of-long-names"],
)
def test_a_channel_is_called_as_its_job_says(target: Sought, named: str | None, called: str) -> None:
    name = name_of(target, Creation(privacy="PUBLIC", mode="UNRESTRICTED", name=named))

    assert name.startswith(called)
    assert len(name) in (len(called), 256)
