"""Every step of the seed document with our commands and jobs, from an empty app instance on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ops.site import Site, a_site
from tests.seed.account import ACTIONS
from tests.support.programs import Done, logged, program, started
from worker.local.chime.iam import policy_of

pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A shell with the exports of a site."""

    site: Site

    async def ours(self, *words: str) -> Done:
        """Run one of our commands; it must succeed."""
        done = await program(*words, environment=self.site.environment)
        assert done.code == 0, done.stderr
        return done

    async def job(self, *words: str) -> str:
        """Enqueue a job and wait for its end; tell how it ended."""
        done = await program("enqueue", "--wait", *words, environment=self.site.environment)
        return done.stdout + done.stderr

    async def policy(self, *words: str) -> dict[str, Any]:
        """What the worker's role must allow."""
        document: dict[str, Any] = (await self.ours("iam-policy", "--task-role", *words)).json
        return document

    async def contents(self, channel: str) -> list[str]:
        messages = (await self.ours("messages", channel, "--json")).json
        return [message["content"] for message in messages]

    async def members(self, channel: str) -> set[str]:
        return {each["member_arn"] for each in (await self.ours("members", channel, "--json")).json_lines}


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    """An app instance with nobody in it, as the seed begins; what `bootstrap` makes of it, and a worker."""
    async with a_site() as site:
        identity_url = site.environment["AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY"]
        site.environment["AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING"] = identity_url
        site.environment["WORKER_LEDGER"] = f"sqlite:///{tmp_path}/ledger.db"
        site.environment |= {"WORKER_ADMIN_PORT": "off", "WORKER_ALLOWED_BEARERS": "user/*"}
        terminal = Terminal(site)
        await terminal.ours("bootstrap", "--yes")
        async with started("run", environment=site.environment) as worker:
            await logged(worker, "worker.started")
            yield terminal


async def test_the_backends_user_is_created_and_promoted_to_an_admin(terminal: Terminal) -> None:
    site = terminal.site
    asked = {"AppInstanceArn": site.app_instance_arn}
    admins = site.chime.call("ListAppInstanceAdmins", asked, bearer=None)

    assert [{"Admin": {"Arn": site.bearer_arn, "Name": "backend_worker"}}] == admins["AppInstanceAdmins"]
    assert (await terminal.ours("doctor")).stdout


async def test_the_printed_policy_has_the_shape_of_the_iam_example(terminal: Terminal) -> None:
    site = terminal.site
    of_worker = await terminal.policy("--allowed-bearers", "backend_worker")
    of_users = await terminal.policy("--allowed-bearers", "user/*")

    ours = {action for statement in of_worker["Statement"] for action in statement["Action"]}
    assert {"chime:ListChannelMemberships"} == set(ACTIONS) - ours  # only people list members
    [sends] = [each for each in of_worker["Statement"] if "chime:SendChannelMessage" in each["Action"]]
    assert [site.bearer_arn, f"{site.app_instance_arn}/channel/*"] == sends["Resource"]
    assert f"{site.app_instance_arn}/user/*" in json.dumps(of_users)


async def test_a_channel_is_created_and_messages_are_sent_and_listed_under_that_policy(
    terminal: Terminal,
) -> None:
    terminal.site.chime.policy = policy_of(await terminal.policy())

    await terminal.job("--type", "create_channel", "--channel", "first", "--name", "firstChannel")
    await terminal.job("--channel", "first", "hello world")

    [channel] = (await terminal.ours("channels", "--name", "firstChannel", "--json")).json_lines
    assert f"{terminal.site.app_instance_arn}/channel/first" == channel["channel_arn"]
    assert ["hello world"] == await terminal.contents("first")


async def test_members_come_and_go_and_the_channel_goes_last(terminal: Terminal) -> None:
    somebody = f"{terminal.site.app_instance_arn}/user/somebody"
    terminal.site.chime.add_user(somebody)
    await terminal.job("--type", "create_channel", "--channel", "first")

    await terminal.job("--type", "add_members", "--channel", "first", "--member", "somebody")
    assert {terminal.site.bearer_arn, somebody} == await terminal.members("first")
    await terminal.job("--type", "remove_members", "--channel", "first", "--member", "somebody")
    assert {terminal.site.bearer_arn} == await terminal.members("first")
    await terminal.job("--type", "delete_channel", "--channel", "first")

    assert "" == (await terminal.ours("channels")).stdout


async def test_a_user_speaks_only_where_it_belongs_and_is_told_what_is_missing(terminal: Terminal) -> None:
    site = terminal.site
    somebody = f"{site.app_instance_arn}/user/somebody"
    site.chime.add_user(somebody)
    await terminal.job("--type", "create_channel", "--channel", "first")

    told = await terminal.job("--channel", "first", "--bearer", "somebody", "too early")
    await terminal.job("--type", "add_members", "--channel", "first", "--member", "somebody")
    await terminal.job("--channel", "first", "--bearer", "somebody", "hello world")

    assert "CreateChannelMembership" in told
    assert f"doctor --channel {site.app_instance_arn}/channel/first --bearer {somebody}" in told
    assert ["hello world"] == await terminal.contents("first")
