"""Raw control characters in all that comes from outside: none of them leaves the program as it came."""

from __future__ import annotations

import unicodedata

import pytest

from tests.integration.cli.jobs import a_body
from tests.integration.cli.test_messages import post
from tests.support.programs import Done, program
from worker.local.chime.faults import FaultRule, Refuse
from worker.local.world import World

RAW = "\x1b]0;title\x07\r\n\x9b31m\u2028\u202e\x7f"
ESCAPED = r"\x1b]0;title\x07\r\n\x9b31m\u2028\u202e\x7f"
NAME = "Ann\x1b[31m\x07\u202e"
"""Chime takes no line break in a name."""
QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}
REFUSED = Refuse(status=400, code="BadRequestException", message=f"no {RAW}")


def raw_characters(text: str) -> set[str]:
    """Control and format characters that a terminal acts upon; a line break ends our own lines."""
    return {each for each in text if unicodedata.category(each) in ("Cc", "Zl", "Zp", "Cf")} - {"\n"}


def shown(done: Done) -> str:
    return done.stdout + done.stderr


async def test_messages_escapes_a_sender_a_content_and_a_refusal(world: World) -> None:
    chime = world.chime.chime
    chime.call(
        "UpdateAppInstanceUser",
        {"AppInstanceUserArn": world.bearer_arn, "Name": NAME, "Metadata": ""},
        bearer=world.bearer_arn,
    )
    post(world, f"Hello{RAW}")

    listed = await program("messages", "orders", environment=world.environment)
    as_json = await program("messages", "orders", "--json", environment=world.environment)
    chime.faults.add(FaultRule(REFUSED, operation="ListChannelMessages"))
    refused = await program("messages", "orders", environment=world.environment)

    assert [0, 0, 1] == [done.code for done in (listed, as_json, refused)]
    assert rf"Ann\x1b[31m\x07\u202e: Hello{ESCAPED}" in listed.stdout
    assert f"Hello{RAW}" == as_json.json[0]["content"]
    assert f"no {ESCAPED}" in refused.stderr
    assert set() == raw_characters(shown(listed) + shown(as_json) + shown(refused))


@pytest.mark.parametrize("form", ["json", "console"])
async def test_a_refusal_of_chime_is_escaped_in_log_dead_letter_and_status(world: World, form: str) -> None:
    world.chime.chime.faults.add(FaultRule(REFUSED, operation="SendChannelMessage"))
    await world.enqueue([a_body("order-1"), a_body("order-2", channel=f"a{RAW}")])

    burst = await program("run", "--burst", "--log-format", form, environment={**world.environment, **QUICK})
    status = await program("status", "order-1", environment=world.environment)
    as_json = await program("status", "order-1", "--json", environment=world.environment)

    letters = [letter.attributes for letter in world.dead_letters()]
    assert (0, 0, 0) == (burst.code, status.code, as_json.code)
    assert {"bad_request", "invalid_job"} == {attributes["reason"] for attributes in letters}
    details = "\n".join(attributes["detail"] for attributes in letters)
    assert f"no {ESCAPED}" in details
    assert f'"a{ESCAPED}" is not a channel id' in details
    assert f"no {ESCAPED}" in status.stdout
    assert set() == raw_characters(shown(burst) + shown(status) + shown(as_json) + details)
    assert f"no {ESCAPED}".replace("\\", r"\\") in burst.stderr  # both forms quote what they write


async def test_words_of_the_command_line_come_back_escaped(world: World) -> None:
    commands = (
        ("status", f"order{RAW}"),
        ("messages", f"a{RAW}"),
        ("enqueue", "--channel", f"a{RAW}", "Hello"),
        ("enqueue", "--file", f"a{RAW}"),
        ("enqueue", "--channel", "orders", "--id", f"a{RAW}", "Hello"),
        ("settings", "--bearer", f"a{RAW}"),
        (f"run{RAW}",),
        ("run", f"--burst{RAW}"),
    )

    for words in commands:
        done = await program(*words, environment=world.environment)

        assert done.code in (1, 2, 78)
        assert done.stderr
        assert set() == raw_characters(shown(done))
