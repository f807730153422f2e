"""`dlq` as an operator uses it: from a queue of mixed dead letters to an empty one."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Sequence

import pytest

from tests.integration.cli.jobs import a_body, bodies
from tests.integration.cli.test_control_characters import raw_characters, shown
from tests.support.programs import WITHIN_S, Done, program
from worker.cli.main import run_program
from worker.contract.reasons import MOVED_BY_SQS, Reason
from worker.local.world import World

RAW = "\x9b31m\u2028\u202e\x7f"
"""Of what SQS takes in an attribute, all that a terminal acts upon."""
QUICK = {"WORKER_SHUTDOWN_TIMEOUT_S": "2"}
QUEUE = {"WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"}
SECRET = "the text of a message"


async def dlq(world: World, *words: str) -> Done:
    return await program("dlq", *words, environment=world.environment)


async def buried(world: World, jobs: Sequence[str]) -> None:
    """Let a worker reject jobs."""
    await world.enqueue(jobs)
    done = await program("run", "--burst", environment={**world.environment, **QUICK})
    assert 0 == done.code


async def moved(world: World, body: str, **attributes: str) -> None:
    """Leave a job as SQS's own redrive does, with its producer's *attributes* alone."""
    await world.client.send_message(
        QueueUrl=world.dead_letter_queue_url,
        MessageBody=body,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


async def on_a_terminal(world: World, *words: str, answer: str) -> Done:
    """Run `dlq` where somebody answers."""
    ours, theirs = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "worker", "dlq", *words),
            env={**os.environ, **world.environment},
            stdin=theirs,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        os.write(ours, answer.encode())
        async with asyncio.timeout(WITHIN_S):
            stdout, stderr = await process.communicate()
        return Done(process.returncode or 0, stdout.decode(), stderr.decode())
    finally:
        os.close(ours)
        os.close(theirs)


async def test_letters_are_counted_by_reason_and_listed_without_their_text(world: World) -> None:
    await buried(
        world, ["{", a_body("gone", channel="not-there", content=SECRET), a_body("void", content="")]
    )
    await moved(world, a_body("moved", content=SECRET))

    people = await dlq(world, "ls")
    programs = await dlq(world, "ls", "--json")
    one = await dlq(world, "ls", "--reason", "moved_by_sqs", "--json")

    reasons = {"unreadable": 1, "channel_not_found": 1, "invalid_job": 1, "moved_by_sqs": 1}
    assert [0, 0, 0] == [done.code for done in (people, programs, one)]
    assert {f"{reason:<17}  1" for reason in reasons} == set(people.stdout.splitlines()[:4])
    assert re.search(
        r"^gone  channel_not_found  \d+s old  0 attempts  \([0-9a-f-]{36}\)$", people.stdout, re.MULTILINE
    )
    assert (reasons, 4, 0) == (
        programs.json["by_reason"],
        programs.json["looked_at"],
        programs.json["not_looked_at"],
    )
    assert {None, "gone", "void", "moved"} == {letter["job_id"] for letter in programs.json["letters"]}
    assert ["moved"] == [letter["job_id"] for letter in one.json["letters"]]
    assert SECRET not in shown(people) + shown(programs)


async def test_the_text_is_shown_only_when_asked_for(world: World) -> None:
    body = a_body("gone", channel="not-there", content=SECRET)
    await buried(world, [body])
    [letter] = (await dlq(world, "ls", "--json")).json["letters"]

    people = await dlq(world, "show", "--job", "gone")
    programs = await dlq(world, "show", letter["sqs_message_id"], "--json", "--body")
    nobody = await dlq(world, "show", "--job", "another")

    assert (0, 0, 1) == (people.code, programs.code, nobody.code)
    assert f"body            {len(body)} bytes, the job: --body shows its text" in people.stdout.splitlines()
    assert "  reason (String): channel_not_found" in people.stdout.splitlines()
    assert SECRET not in shown(people)
    assert [body] == [shown["body"] for shown in programs.json]
    assert {"type": "String", "value": "gone"} == programs.json[0]["attributes"]["job_id"]
    assert "no such dead letter was seen" in nobody.stderr


async def test_control_characters_in_letters_reach_no_terminal(world: World) -> None:
    await moved(world, f'{{"id": "{RAW}"', reason=f"bug{RAW}", detail=RAW, job_id=f"order{RAW}")

    lists = [await dlq(world, *words) for words in (("ls",), ("ls", "--json"))]
    message_id = lists[1].json["letters"][0]["sqs_message_id"]
    shows = [
        await dlq(world, "show", message_id, *words) for words in ((), ("--body",), ("--body", "--json"))
    ]
    acts = [await dlq(world, *words) for words in (("redrive", "--yes"), ("purge", "--dry-run"))]

    assert [0, 0, 0, 0, 0, 1, 0] == [done.code for done in (*lists, *shows, *acts)]
    assert r"order\x9b31m\u2028\u202e\x7f" in lists[0].stdout
    for done in (*lists, *shows, *acts):
        assert set() == raw_characters(shown(done))


async def test_mixed_letters_are_walked_to_an_empty_queue(world: World) -> None:
    await buried(world, [*bodies(14, channel="new"), "{", a_body("void", content="")])
    world.chime.chime.call(
        "CreateChannel",
        {
            "AppInstanceArn": world.app_instance_arn,
            "Name": "new",
            "ChannelId": "new",
            "ClientRequestToken": "new",
        },
        bearer=world.bearer_arn,
    )

    dry = await dlq(world, "redrive", "--dry-run", "--reason", "channel_not_found")
    untouched = len(world.dead_letters())
    redriven = await dlq(world, "redrive", "--yes")
    burst = await program("run", "--burst", environment={**world.environment, **QUICK})
    purged = await dlq(world, "purge", "--yes")
    empty = await dlq(world, "ls")

    assert (0, 14, 16) == (dry.code, len(dry.stdout.splitlines()), untouched)
    assert (1, 14) == (redriven.code, len(redriven.stdout.splitlines()))
    assert "void (invalid_job) stays, SQS message " in redriven.stderr
    assert "it would be rejected again: unreadable: " in redriven.stderr
    assert "2 letter(s) that were asked for stay, as told above." in redriven.stderr
    assert (0, 0, 2) == (burst.code, purged.code, len(purged.stdout.splitlines()))
    assert {f"Number {n}" for n in range(14)} == {message.content for message in world.messages("new")}
    assert 14 == len(world.messages("new"))
    assert ((0, "", "no such dead letters\n"), []) == (
        (empty.code, empty.stdout, empty.stderr),
        world.dead_letters(),
    )


async def test_another_job_under_an_id_that_was_sent_stays(world: World) -> None:
    await buried(world, [a_body("order-1", content="first")])
    await moved(world, a_body("order-1", content="second"))

    done = await dlq(world, "redrive", "--yes")
    blind = await dlq(world, "redrive", "--dry-run", "--ledger", "sqlite:////nowhere/ledger.db")

    assert (1, "") == (done.code, done.stdout)
    assert "it would be rejected again: id_conflict: " in done.stderr
    assert (0, 1) == (blind.code, len(blind.stdout.splitlines()))
    assert "id_conflict is left for the worker to find: " in blind.stderr


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, 1), ("n\n", 1, 3), ("\n", 1, 3), ("\x04", 1, 3)]
)
async def test_on_a_terminal_it_asks_with_counts_and_only_yes_is_a_yes(
    world: World, answer: str, code: int, left: int
) -> None:
    for n in range(3):
        await moved(world, a_body(f"order-{n}"))

    done = await on_a_terminal(world, "purge", "--limit", "2", answer=answer)

    assert (code, left) == (done.code, len(world.dead_letters()))
    assert "purge 2 dead letter(s): 2 moved_by_sqs? [y/N]" in done.stderr
    assert "stopped at --limit 2: there are more" in done.stderr


async def test_only_letters_that_were_seen_before_the_question_are_deleted(fifo_world: World) -> None:
    for n in range(12):
        await fifo_world.client.send_message(
            QueueUrl=fifo_world.dead_letter_queue_url,
            MessageBody=a_body(f"order-{n}"),
            MessageGroupId="orders",
            MessageDeduplicationId=str(n),
        )

    done = await on_a_terminal(fifo_world, "purge", answer="yes\n")

    assert (0, 2) == (done.code, len(fifo_world.dead_letters()))
    assert "about 2 more letter(s) did not show" in done.stderr
    assert "purge 10 dead letter(s): 10 moved_by_sqs? [y/N]" in done.stderr


async def test_a_reason_that_only_a_newer_worker_knows_selects_what_ls_lists_of_it(world: World) -> None:
    await moved(world, a_body("order-1"), reason="not_known_here")
    await moved(world, a_body("order-2"), reason="not_known_here_either")

    listed = await dlq(world, "ls", "--reason", "not_known_here", "--json")
    purged = await dlq(world, "purge", "--reason", "not_known_here", "--yes")

    assert (0, {"not_known_here": 1}) == (listed.code, listed.json["by_reason"])
    assert (0, 1) == (purged.code, len(world.dead_letters()))


@pytest.mark.parametrize("verb", [("ls",), ("purge", "--yes")], ids=["ls", "purge"])
async def test_a_reason_that_nobody_knows_and_no_letter_has_was_perhaps_meant_otherwise(
    world: World, verb: Sequence[str]
) -> None:
    done = await dlq(world, *verb, "--reason", "invalid_jobs")

    assert (0, "") == (done.code, done.stdout)
    assert done.stderr == "no such dead letters: did you mean invalid_job?\n"


def test_the_help_tells_every_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run_program(["dlq", "purge", "--help"])

    told = capsys.readouterr().out
    assert [] == [reason for reason in (*Reason, MOVED_BY_SQS) if reason not in told]


async def test_a_queue_without_a_dead_letter_queue_is_78(world: World) -> None:
    done = await dlq(world, "ls", "--queue-url", world.dead_letter_queue_url)

    assert (78, "") == (done.code, done.stdout)
    assert done.stderr.startswith("WORKER_DEAD_LETTER_QUEUE_URL: the queue has no redrive policy")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "ls|show|redrive|purge"),
        (("ls", "--reason", "Invalid job"), "no reason: a code such as invalid_job"),
        (("ls", "--older-than", "2"), "must be a number and s, m, h or d"),
        (("ls", "--limit", "0"), "must be a whole number above 0"),
        (("ls", "--yes"), "does not understand --yes"),
        (("show",), "which letter?"),
        (("show", "m", "--job", "j"), "which letter?"),
        (("purge",), "stdin is no terminal: give --yes, or --dry-run"),
        (("redrive",), "stdin is no terminal: give --yes, or --dry-run"),
        (("redrive", "--yes", "--dry-run"), "give one of them"),
    ],
)
def test_words_that_make_no_sense_are_a_usage_error(
    words: Sequence[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in QUEUE.items():
        monkeypatch.setenv(name, value)

    code = run_program(["dlq", *words])

    told = capsys.readouterr()
    assert (2, "") == (code, told.out)
    assert said in told.err
