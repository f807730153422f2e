"""Ways to break a world, each of them one thing that is wrong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing

from tests.ops.doctor.patient import Patient
from worker.adapters.ledger.dynamodb_layout import INDEX_LAYOUT, TIME_TO_LIVE, create_table_request
from worker.local.chime.faults import FaultRule, Refuse

Break = Callable[[Patient], Awaitable[None]]


def setting(name: str, value: str) -> Break:
    """Give a setting a value."""

    async def breaks(patient: Patient) -> None:
        patient.environment[name] = value

    return breaks


async def no_queue(patient: Patient) -> None:
    patient.environment["WORKER_QUEUE_URL"] += "x"


async def short_retention(patient: Patient) -> None:
    await patient.set_queue(patient.world.queue_url, MessageRetentionPeriod="345600")


async def no_redrive_policy(patient: Patient) -> None:
    patient.environment["WORKER_QUEUE_URL"] = await patient.new_queue("bare")


async def no_redrive_policy_on_fifo(patient: Patient) -> None:
    url = await patient.new_queue("bare.fifo", FifoQueue="true")
    patient.environment["WORKER_QUEUE_URL"] = url


async def no_policy_but_a_named_dead_letter_queue(patient: Patient) -> None:
    patient.environment["WORKER_QUEUE_URL"] = await patient.new_queue("plain")
    patient.environment["WORKER_DEAD_LETTER_QUEUE_URL"] = await patient.new_queue("plain-letters")


async def few_receives(patient: Patient) -> None:
    name = patient.world.dead_letter_queue_url.rpartition("/")[2]
    await patient.set_redrive(patient.arn_of_queue(name), 3)


async def no_dead_letter_queue(patient: Patient) -> None:
    await patient.aws("sqs", "DeleteQueue", QueueUrl=patient.world.dead_letter_queue_url)


async def a_dead_letter_queue_of_another_type(patient: Patient) -> None:
    await patient.new_queue("odd.fifo", FifoQueue="true")
    await patient.set_redrive(patient.arn_of_queue("odd.fifo"))


async def no_such_bot(patient: Patient) -> None:
    patient.environment["WORKER_BEARER"] = f"{patient.world.app_instance_arn}/bot/nobody"


async def short_dead_letter_retention(patient: Patient) -> None:
    await patient.set_queue(patient.world.dead_letter_queue_url, MessageRetentionPeriod="86400")


async def two_dead_letter_queues(patient: Patient) -> None:
    patient.environment["WORKER_DEAD_LETTER_QUEUE_URL"] = await patient.new_queue("other-letters")


async def no_app_instance(patient: Patient) -> None:
    patient.environment["WORKER_APP_INSTANCE_ARN"] += "x"


async def a_foreign_app_instance(patient: Patient) -> None:
    arn = patient.environment["WORKER_APP_INSTANCE_ARN"]
    patient.environment["WORKER_APP_INSTANCE_ARN"] = arn.replace("123456789012", "999988887777")


async def a_bare_id_of_a_bot(patient: Patient) -> None:
    home = patient.world.app_instance_arn
    patient.world.chime.chime.add_user(f"{home}/bot/greeter")
    patient.world.chime.chime.add_admin(f"{home}/bot/greeter")
    patient.environment["WORKER_BEARER"] = "greeter"


async def not_admin(patient: Patient) -> None:
    await patient.aws(
        "chime-sdk-identity",
        "DeleteAppInstanceAdmin",
        AppInstanceArn=patient.world.app_instance_arn,
        AppInstanceAdminArn=patient.world.bearer_arn,
    )


async def a_missing_channel(patient: Patient) -> None:
    patient.channel = "cellar"


async def a_stranger_that_may_not_join(patient: Patient) -> None:
    patient.channel = "lounge"
    patient.environment["WORKER_JOIN_CHANNELS"] = "false"


async def a_stranger_that_is_no_admin(patient: Patient) -> None:
    patient.channel = "lounge"
    await not_admin(patient)


async def a_hidden_member(patient: Patient) -> None:
    patient.channel = "lounge"
    channel, member = patient.world.channel_arn("lounge"), patient.world.bearer_arn
    await patient.chime("CreateChannelMembership", ChannelArn=channel, MemberArn=member, Type="HIDDEN")


async def a_missing_directory(patient: Patient) -> None:
    patient.environment["WORKER_LEDGER"] = f"sqlite:///{patient.world.directory}/not here/ledger.db"


async def another_programs_file(patient: Patient) -> None:
    with closing(sqlite3.connect(patient.world.ledger_path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")


async def a_table(patient: Patient, *, key: str = "id", forgets_by: str | None = "expires_at") -> None:
    """Make a ledger's table, or nearly one, and let the worker use it."""
    request = json.dumps(create_table_request(patient.table)).replace('"id"', f'"{key}"')
    await patient.aws("dynamodb", "CreateTable", **json.loads(request))
    if forgets_by:
        specification = {"Enabled": True, "AttributeName": forgets_by}
        await patient.aws(
            "dynamodb", "UpdateTimeToLive", TableName=patient.table, TimeToLiveSpecification=specification
        )
    patient.environment["WORKER_LEDGER"] = f"dynamodb://{patient.table}"


async def a_table_whose_index_shows_too_little(patient: Patient) -> None:
    layout = create_table_request(patient.table)
    index = {**INDEX_LAYOUT, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    await patient.aws("dynamodb", "CreateTable", **{**layout, "GlobalSecondaryIndexes": [index]})
    await patient.aws(
        "dynamodb", "UpdateTimeToLive", TableName=patient.table, TimeToLiveSpecification=TIME_TO_LIVE
    )
    patient.environment["WORKER_LEDGER"] = f"dynamodb://{patient.table}"


async def a_table_with_another_key(patient: Patient) -> None:
    await a_table(patient, key="job")


async def a_table_without_index(patient: Patient) -> None:
    await a_table(patient)
    drop = [{"Delete": {"IndexName": "open"}}]
    await patient.aws("dynamodb", "UpdateTable", TableName=patient.table, GlobalSecondaryIndexUpdates=drop)


async def a_table_that_never_forgets(patient: Patient) -> None:
    await a_table(patient, forgets_by=None)


async def a_table_that_forgets_by_something_else(patient: Patient) -> None:
    await a_table(patient, forgets_by="ttl")


async def outcomes_to_the_dead_letter_queue(patient: Patient) -> None:
    patient.environment["WORKER_OUTCOMES"] = patient.world.dead_letter_queue_url


async def outcomes_to_no_queue(patient: Patient) -> None:
    patient.environment["WORKER_OUTCOMES"] = patient.world.queue_url.replace("jobs", "ends")


async def a_clock_ahead(patient: Patient) -> None:
    patient.clock.ahead_s = 600


async def a_clock_slightly_off(patient: Patient) -> None:
    patient.clock.ahead_s = -20


async def no_permission(patient: Patient) -> None:
    denied = Refuse(status=403, code="AccessDeniedException", message="No policy allows it")
    patient.refuse(FaultRule(denied, operation="DescribeAppInstanceUser"))
