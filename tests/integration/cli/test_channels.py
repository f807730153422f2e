"""`channels` lists what the bearer may see, and finds a name."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.cli.people import a_channel, a_user
from tests.integration.cli.test_messages import post
from tests.support.programs import Done, program
from worker.local.chime.faults import THROTTLED, FaultRule
from worker.local.world import World


async def channels(world: World, *words: str, **other: str) -> Done:
    return await program("channels", *words, environment={**world.environment, **other})


async def test_all_channels_are_listed_over_all_pages_and_a_429_is_waited_out(world: World) -> None:
    chime = world.chime.chime
    chime.switches = replace(chime.switches, page_size=2)
    chime.faults.add(FaultRule(THROTTLED, operation="ListChannels", first=2, times=1))
    a_channel(world, "secret", privacy="PRIVATE")

    done = await channels(world, "--json")

    assert (0, "") == (done.code, done.stderr)
    ids = [each["channel_id"] for each in done.json_lines]
    assert ["alerts", "lounge", "orders", "support", "secret"] == ids
    assert ["PUBLIC"] * 4 + ["PRIVATE"] == [each["privacy"] for each in done.json_lines]


async def test_a_line_tells_id_name_privacy_mode_last_message_and_arn(world: World) -> None:
    arn = a_channel(world, "o1", world.bearer_arn, name="Order\x1b 1")

    quiet = await channels(world, "--name", "Order\x1b 1")
    post(world, "Hello", channel="o1")
    used = await channels(world, "--name", "Order\x1b 1")

    assert f"o1  Order\\x1b 1  PUBLIC UNRESTRICTED, no message  ({arn})\n" == quiet.stdout
    assert used.stdout.startswith("o1  Order\\x1b 1  PUBLIC UNRESTRICTED, last message 2")
    assert (0, "") == (used.code, used.stderr)


async def test_a_name_is_found_exactly_or_not_at_all(world: World) -> None:
    a_channel(world, "o1", name="Orders")
    a_channel(world, "o2", name="Orders")

    two = await channels(world, "--name", "Orders")
    none = await channels(world, "--name", "Order")

    assert (0, 2) == (two.code, len(two.stdout.splitlines()))
    assert "2 channels have that name: name one of them by its id or ARN\n" == two.stderr
    assert (1, "") == (none.code, none.stdout)
    assert 'none that the bearer may list is named "Order".' in none.stderr


async def test_who_is_no_admin_is_told_that_private_channels_are_left_out(world: World) -> None:
    a_user(world, "ann")
    a_channel(world, "secret", privacy="PRIVATE")

    both = await channels(world, WORKER_BEARER="ann")
    public = await channels(world, "--privacy", "public", WORKER_BEARER="ann")
    private = await channels(world, "--privacy", "private", WORKER_BEARER="ann")

    assert (0, 4, public.stdout) == (both.code, len(both.stdout.splitlines()), both.stdout)
    assert both.stderr.startswith("private channels are left out: private ones are listed to admins")
    assert (0, "") == (public.code, public.stderr)
    assert (1, "") == (private.code, private.stdout)
    assert "ListChannels of " in private.stderr
    assert " as user/ann: " in private.stderr


async def test_a_stranger_fails_instead_of_seeing_no_private_channels(world: World) -> None:
    done = await channels(world, WORKER_BEARER="nobody")

    assert (1, "", 1) == (done.code, done.stdout, len(done.stderr.splitlines()))
    assert "Chime does not know WORKER_BEARER" in done.stderr
