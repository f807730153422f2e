"""`bootstrap` in worlds where something is missing: what it makes, what it leaves alone, and what it says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.ops.site import ACCOUNT, REGION, Site, a_site
from worker.adapters.ledger.dynamodb_layout import INDEX_LAYOUT
from worker.local.chime.faults import FaultRule, Refuse
from worker.local.chime.iam import policy_of
from worker.ops.bootstrap.thing import until
from worker.ops.doctor.asking import NotAnswered
from worker.ops.iam_policy import document, granted
from worker.settings.sources import Texts, load


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with a_site() as made:
        yield made


EVERYTHING = {
    "app instance": "exists",
    "app instance user": "created",
    "admin": "created",
    "dead letter queue": "created",
    "queue": "created",
    "redrive policy of": "created",
    "ledger table": "created",
    "time to live of": "created",
}


async def test_everything_is_made_as_a_worker_needs_it(site: Site) -> None:
    assert EVERYTHING == await site.states()

    queue, letters = await site.attributes(site.queue), await site.attributes(f"{site.queue}-dead-letters")
    table = (await site.dynamodb.describe_table(TableName=site.table))["Table"]
    forgets = await site.dynamodb.describe_time_to_live(TableName=site.table)
    (index,) = table["GlobalSecondaryIndexes"]
    assert (queue["MessageRetentionPeriod"], queue["VisibilityTimeout"]) == ("1209600", "60")
    assert letters["MessageRetentionPeriod"] == "1209600"
    policy = {"deadLetterTargetArn": letters["QueueArn"], "maxReceiveCount": 1000}
    assert policy == json.loads(queue["RedrivePolicy"])
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [{"AttributeName": "id", "KeyType": "HASH"}] == table["KeySchema"]
    assert INDEX_LAYOUT.items() <= index.items()
    assert {"id": "S", "open": "N", "due": "N"} == {
        each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]
    }
    assert forgets["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "expires_at",
    }
    admins = site.chime.call("ListAppInstanceAdmins", {"AppInstanceArn": site.app_instance_arn}, bearer=None)
    assert [{"Admin": {"Arn": site.bearer_arn, "Name": "backend_worker"}}] == admins["AppInstanceAdmins"]


async def test_a_second_run_says_that_everything_exists_and_asks_for_nothing_more(site: Site) -> None:
    await site.states()
    before = site.chime.calls.total

    again = await site.states()

    assert dict.fromkeys(EVERYTHING, "exists") == again
    assert {"Describe"} == {call.operation[:8] for call in list(site.chime.calls.latest)[before:]}


async def test_looking_makes_nothing(site: Site) -> None:
    looked, looked_again = await site.states("look"), await site.states("look")

    would = {what: state.replace("created", "would create") for what, state in EVERYTHING.items()}
    assert would == looked == looked_again


async def test_a_fifo_queue_gets_fifo_dead_letters(site: Site) -> None:
    site.set_queue(f"{site.queue}.fifo")

    await site.states()

    letters = await site.attributes(f"{site.queue.removesuffix('.fifo')}-dead-letters.fifo")
    assert (await site.attributes(site.queue))["FifoQueue"] == letters["FifoQueue"] == "true"


VISIBILITY = "VisibilityTimeout is 30, 60 would be better"


async def test_a_queue_that_exists_is_left_as_it_is_but_for_a_missing_redrive_policy(site: Site) -> None:
    await site.sqs.create_queue(QueueName=site.queue, Attributes={"VisibilityTimeout": "30"})

    lines = {line.what: line for line in await site.lines("make")}

    queue = lines[f"queue {site.queue}"]
    assert (queue.state, queue.detail) == (
        "differs",
        f"MessageRetentionPeriod is 345600, 1209600 would be better; {VISIBILITY}",
    )
    assert lines[f"redrive policy of {site.queue}"].state == "created"
    assert (await site.attributes(site.queue))["VisibilityTimeout"] == "30"


async def test_dead_letters_stay_where_the_redrive_policy_sends_them(site: Site) -> None:
    await site.sqs.create_queue(QueueName=f"{site.queue}-grave")
    policy = {
        "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{site.queue}-grave",
        "maxReceiveCount": 5,
    }
    await site.sqs.create_queue(QueueName=site.queue, Attributes={"RedrivePolicy": json.dumps(policy)})

    lines = {line.what: line for line in await site.lines("make")}

    assert f"dead letter queue {site.queue}-grave" in lines
    assert lines[f"redrive policy of {site.queue}"].detail == "maxReceiveCount is 5, 1000 would be better"
    assert policy == json.loads((await site.attributes(site.queue))["RedrivePolicy"])


async def test_a_redrive_policy_to_another_queue_than_the_settings_is_told(site: Site) -> None:
    await site.states()
    site.environment["WORKER_DEAD_LETTER_QUEUE_URL"] = site.environment["WORKER_QUEUE_URL"] + "-grave"

    told = {line.what.rpartition(" ")[0]: line for line in await site.lines("make")}

    assert told["dead letter queue"].state == "created"
    assert told["redrive policy of"].state == "differs"
    assert f"it moves jobs to arn:aws:sqs:{REGION}:{ACCOUNT}:{site.queue}-dead-letters" in str(
        told["redrive policy of"].detail
    )


async def test_a_queue_that_sqs_makes_in_another_account_is_told(site: Site) -> None:
    site.environment["WORKER_QUEUE_URL"] = (
        f"{site.environment['AWS_ENDPOINT_URL_SQS']}/999999999999/elsewhere"
    )

    [*_, last] = await site.lines("make")

    assert last.state == "failed"
    assert f"/{ACCOUNT}/elsewhere-dead-letters: set WORKER_DEAD_LETTER_QUEUE_URL to that" in str(last.detail)


async def test_a_ledger_that_is_a_file_is_the_workers_own_to_make(site: Site) -> None:
    site.environment["WORKER_LEDGER"] = "sqlite:///ledger.db"

    assert not {"ledger table", "time to live of"} & set(await site.states())


async def test_every_user_of_a_pool_is_made_and_a_bot_only_promoted(site: Site) -> None:
    bot = f"{site.app_instance_arn}/bot/helper"
    site.chime.add_user(bot)
    site.environment["WORKER_BEARER"] = f"one,two,{bot}"

    lines = {line.what: line.state for line in await site.lines("make")}

    assert {"created"} == {
        lines[f"{what} {who}"] for who in ("one", "two") for what in ("app instance user", "admin")
    }
    assert ("exists", "created") == (lines["app instance bot helper"], lines["admin helper"])


async def test_a_bot_that_is_not_there_is_for_people_to_make(site: Site) -> None:
    site.environment["WORKER_BEARER"] = f"{site.app_instance_arn}/bot/helper"

    [*_, last] = await site.lines("make")

    assert (last.what, last.state) == ("app instance bot helper", "failed")
    assert "Lex bot" in str(last.detail)


async def test_an_app_instance_that_is_not_there_ends_it_before_anything_is_made(site: Site) -> None:
    site.environment["WORKER_APP_INSTANCE_ARN"] += "0"

    [only] = await site.lines("make")

    assert only.state == "failed"
    assert "aws chime-sdk-identity list-app-instances" in str(only.detail)


async def test_what_somebody_else_makes_meanwhile_exists(site: Site) -> None:
    await site.states()
    nothing_there = Refuse(status=403, code="ForbiddenException")
    site.chime.faults.add(FaultRule(nothing_there, operation="DescribeAppInstanceUser", times=1))
    site.chime.faults.add(FaultRule(nothing_there, operation="DescribeAppInstanceAdmin", times=1))

    states = await site.states()

    assert ("exists", "exists") == (states["app instance user"], states["admin"])
    assert {409} == {
        call.status for call in list(site.chime.calls.latest)[-4:] if call.operation.startswith("Create")
    }


async def test_what_is_not_ready_in_time_is_told() -> None:
    async def never() -> bool:
        return False

    with pytest.raises(NotAnswered, match=r"DescribeTable: it is not ready after 0\.01 s"):
        await until(never, within_s=0.01, action="dynamodb:DescribeTable")


NEEDED = (
    "DescribeAppInstance",
    "DescribeAppInstanceUser",
    "CreateAppInstanceUser",
    "DescribeAppInstanceAdmin",
    "CreateAppInstanceAdmin",
)


async def test_the_printed_policy_is_enough(site: Site) -> None:
    site.chime.policy = policy_of(_policy(site))

    assert EVERYTHING == await site.states()


@pytest.mark.parametrize("dropped", NEEDED)
async def test_an_action_that_is_missing_is_named_with_what_prints_it(site: Site, dropped: str) -> None:
    policy = _policy(site)
    for statement in policy["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != f"chime:{dropped}"] or ["x:y"]
    site.chime.policy = policy_of(policy)

    [*_, last] = await site.lines("make")

    assert last.state == "failed"
    assert last.detail == (
        f"chime:{dropped} is not allowed: `backend-worker iam-policy --bootstrap` prints the policy"
    )


async def test_the_program_makes_everything_and_exits_0(site: Site) -> None:
    dry = await site.program("--dry-run")
    done = await site.program("--yes", "--json")
    again = await site.program("--yes")

    assert [0, 0, 0] == [dry.code, done.code, again.code]
    assert "would create  app instance user backend_worker" in dry.stdout.splitlines()
    assert list(EVERYTHING.values()) == [each["state"] for each in done.json]
    assert ["exists"] * len(EVERYTHING) == [line.split()[0] for line in again.stdout.splitlines()]


async def test_the_program_asks_a_terminal_or_nobody(site: Site) -> None:
    done = await site.program()

    assert (2, "") == (done.code, done.stdout)
    assert "give --yes" in done.stderr


async def test_the_program_exits_1_if_something_failed(site: Site) -> None:
    site.environment["WORKER_APP_INSTANCE_ARN"] += "0"

    done = await site.program("--yes")

    assert done.code == 1
    assert done.stdout.startswith("failed        app instance ")


def _policy(site: Site) -> dict[str, Any]:
    return document(granted("bootstrap", load(Texts(site.environment))))
