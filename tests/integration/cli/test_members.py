"""`members` lists who is in a channel, found by its id, its ARN or its name."""

from __future__ import annotations

from dataclasses import replace

from tests.integration.cli.people import a_channel, a_user
from tests.support.programs import Done, program
from worker.local.world import World


async def members(world: World, *words: str, **other: str) -> Done:
    return await program("members", *words, environment={**world.environment, **other})


async def test_members_are_listed_by_name_over_all_pages(world: World) -> None:
    chime = world.chime.chime
    chime.switches = replace(chime.switches, page_size=1)
    ann, bob = a_user(world, "ann"), a_user(world, "bob")
    chime.call(
        "UpdateAppInstanceUser",
        {"AppInstanceUserArn": ann, "Name": "Zoe\x1b", "Metadata": ""},
        bearer=world.bearer_arn,
    )
    a_channel(world, "team", ann, bob)

    people = await members(world, "team")
    programs = await members(world, world.channel_arn("team"), "--json")

    assert (0, "") == (people.code, people.stderr)
    assert [f"bob  ({bob})", f"Zoe\\x1b  ({ann})"] == sorted(people.stdout.splitlines(), key=str.lower)
    assert [ann, bob] == sorted(each["member_arn"] for each in programs.json_lines)
    assert {"DEFAULT"} == {each["type"] for each in programs.json_lines}


async def test_hidden_members_are_listed_apart(world: World) -> None:
    ann = a_user(world, "ann")
    world.chime.chime.call(
        "CreateChannelMembership",
        {"ChannelArn": world.channel_arn("orders"), "MemberArn": ann, "Type": "HIDDEN"},
        bearer=world.bearer_arn,
    )

    hidden = await members(world, "orders", "--type", "hidden", "--json")
    others = await members(world, "support", "--type", "hidden")
    refused = await members(world, "orders", "--type", "hidden", WORKER_BEARER="ann")

    assert [(ann, "HIDDEN")] == [(each["member_arn"], each["type"]) for each in hidden.json_lines]
    assert (0, "", "no hidden members\n") == (others.code, others.stdout, others.stderr)
    assert (1, "") == (refused.code, refused.stdout)
    assert "ListChannelMemberships of channel/orders as user/ann: " in refused.stderr
    assert "hidden members are listed to moderators and admins alone." in refused.stderr


async def test_what_is_no_channel_id_may_be_a_name(world: World) -> None:
    a_channel(world, "o1", world.bearer_arn, name="Orders of today")
    a_channel(world, "o2", world.bearer_arn, name="today", privacy="PRIVATE")

    spaced = await members(world, "Orders of today", "--json")
    plain = await members(world, "today", "--json")

    for done, channel in ((spaced, "o1"), (plain, "o2")):
        assert [world.bearer_arn] == [each["member_arn"] for each in done.json_lines]
        assert f"reading {world.channel_arn(channel)}, the channel of that name\n" == done.stderr


async def test_an_id_goes_before_a_name(world: World) -> None:
    a_channel(world, "o1", name="orders")

    done = await members(world, "orders", "--json")

    assert ([world.bearer_arn], "") == ([each["member_arn"] for each in done.json_lines], done.stderr)


async def test_what_is_neither_id_nor_name_is_refused_in_one_sentence(world: World) -> None:
    a_channel(world, "o1", name="Orders")
    a_channel(world, "o2", name="Orders")

    several = await members(world, "Orders")
    missing = await members(world, "nothing")
    no_name = await members(world, "Nothing at all")
    no_arn = await members(world, "arn:aws:chime:nowhere")

    assert [1, 1, 1, 2] == [done.code for done in (several, missing, no_name, no_arn)]
    assert '2 are named "Orders"; give the id of one: o1, o2.' in several.stderr
    assert "ListChannelMemberships of channel/nothing as user/backend_worker: " in missing.stderr
    assert 'none is named "Nothing at all".' in no_name.stderr
    assert "is not an ARN of Chime messaging" in no_arn.stderr
