"""`doctor` finds what is wrong, says why it matters, and its line mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.ops.doctor import broken
from tests.ops.doctor.broken import Break, setting
from tests.ops.doctor.patient import Patient
from worker.ops.doctor.finding import Level


@dataclass(frozen=True, slots=True)
class Case:
    """A broken world, the check that must notice, and words of what it says and of the line that mends it."""

    breaks: Break
    check: str
    level: Level
    says: Sequence[str]
    line: Sequence[str]


def case(
    breaks: Break, check: str, level: Level, says: Sequence[str], line: Sequence[str], *, name: str
) -> Any:
    return pytest.param(Case(breaks, check, level, says, line), id=name)


MENDED = [
    case(
        broken.short_retention,
        "retention",
        "warning",
        ["jobs-", "4 days", "loses jobs"],
        ["MessageRetentionPeriod"],
        name="the queue keeps jobs for 4 days",
    ),
    case(
        broken.no_redrive_policy,
        "redrive policy",
        "problem",
        ["bare", "no redrive policy"],
        ["create-queue", "bare-dead-letters", "RedrivePolicy"],
        name="no redrive policy",
    ),
    case(
        broken.no_redrive_policy_on_fifo,
        "redrive policy",
        "problem",
        ["bare.fifo", "no redrive policy"],
        ["create-queue", "bare-dead-letters.fifo", "FifoQueue"],
        name="no redrive policy on a FIFO queue",
    ),
    case(
        broken.no_policy_but_a_named_dead_letter_queue,
        "redrive policy",
        "warning",
        ["plain", "no redrive policy"],
        ["set-queue-attributes", "plain-letters"],
        name="a dead letter queue in the settings alone",
    ),
    case(
        broken.few_receives,
        "redrive policy",
        "problem",
        ["after 3 receives", "good jobs"],
        ["set-queue-attributes", "1000"],
        name="maxReceiveCount 3",
    ),
    case(
        broken.no_dead_letter_queue,
        "dead letter queue",
        "problem",
        ["-dead-letters does not exist", "stay in the queue"],
        ["create-queue"],
        name="no dead letter queue",
    ),
    case(
        broken.short_dead_letter_retention,
        "dead letter retention",
        "problem",
        ["-dead-letters", "1 days", "less than the source queue"],
        ["MessageRetentionPeriod"],
        name="dead letters are kept for a day",
    ),
    case(
        broken.two_dead_letter_queues,
        "dead letter queue",
        "warning",
        ["other-letters", "-dead-letters"],
        ["RedrivePolicy", "other-letters"],
        name="two dead letter queues",
    ),
    case(
        setting("WORKER_BEARER", "herald"),
        "bearer",
        "problem",
        ["no app instance user herald"],
        ["create-app-instance-user", "--app-instance-user-id herald"],
        name="no such user",
    ),
    case(
        broken.a_bare_id_of_a_bot,
        "bearer",
        "problem",
        ["greeter is a bot's", "ARN"],
        ["export WORKER_BEARER=arn:", "/bot/greeter"],
        name="a bare id that is a bot's",
    ),
    case(
        broken.not_admin,
        "admin",
        "warning",
        ["user/backend_worker", "joins no channel", "private"],
        ["create-app-instance-admin"],
        name="no admin",
    ),
    case(
        broken.a_missing_channel,
        "channel",
        "problem",
        ["no channel cellar"],
        ["create-channel", "--channel-id cellar"],
        name="no such channel",
    ),
    case(
        broken.a_stranger_that_may_not_join,
        "channel",
        "problem",
        ["no member of lounge", "WORKER_JOIN_CHANNELS"],
        ["create-channel-membership"],
        name="no member, and not to join",
    ),
    case(
        broken.a_stranger_that_is_no_admin,
        "channel",
        "problem",
        ["no member of lounge", "refused"],
        ["create-app-instance-admin"],
        name="neither member nor admin",
    ),
    case(
        broken.a_hidden_member,
        "channel",
        "problem",
        ["HIDDEN member of lounge"],
        ["delete-channel-membership", "create-channel-membership"],
        name="a hidden member",
    ),
    case(
        setting("WORKER_LEDGER", "memory:"),
        "ledger",
        "warning",
        ["memory", "sent again"],
        ["export WORKER_LEDGER=sqlite:///"],
        name="a ledger in memory",
    ),
    case(
        broken.a_missing_directory,
        "ledger",
        "problem",
        ["has no directory", "does not start"],
        ["mkdir -p"],
        name="no directory for the ledger",
    ),
    case(
        broken.another_programs_file,
        "ledger",
        "problem",
        ["another program's"],
        ["export WORKER_LEDGER=sqlite:///"],
        name="another program's file",
    ),
    case(
        setting("WORKER_LEDGER_RETENTION_S", "604800"),
        "ledger retention",
        "problem",
        ["7 days", "28 days", "twice"],
        ["export WORKER_LEDGER_RETENTION_S=2419200"],
        name="a forgetful ledger",
    ),
    case(
        broken.a_table_without_index,
        "ledger index",
        "problem",
        ["sheet-", "has no index open"],
        ["backend-worker bootstrap"],
        name="a table without the index",
    ),
    case(
        broken.a_table_that_never_forgets,
        "ledger time to live",
        "problem",
        ["sheet-", "never forget"],
        ["update-time-to-live", "expires_at"],
        name="a table without time to live",
    ),
    case(
        broken.a_table_that_forgets_by_something_else,
        "ledger time to live",
        "problem",
        ["by ttl", "expires_at"],
        ["Enabled=false,AttributeName=ttl"],
        name="a table whose time to live is another's",
    ),
    case(
        broken.outcomes_to_no_queue,
        "outcomes",
        "problem",
        ["no queue ends-"],
        ["sqs create-queue", "ends-"],
        name="no queue for outcomes",
    ),
    case(
        setting("WORKER_OUTCOMES", "arn:aws:sns:us-east-1:123456789012:ends.fifo"),
        "outcomes",
        "problem",
        ["no topic ends.fifo"],
        ["sns create-topic", "FifoTopic"],
        name="no topic for outcomes",
    ),
    case(
        setting("WORKER_OUTCOMES", "arn:aws:events:us-east-1:123456789012:event-bus/ends"),
        "outcomes",
        "problem",
        ["no event bus ends"],
        ["events create-event-bus --region us-east-1 --name ends"],
        name="no bus for outcomes",
    ),
    case(
        broken.a_clock_ahead,
        "clock",
        "problem",
        ["s ahead", "refuses"],
        ["timedatectl"],
        name="a clock 10 minutes ahead",
    ),
    case(
        broken.a_clock_slightly_off,
        "clock",
        "warning",
        ["s behind", "claims"],
        ["timedatectl"],
        name="a clock 20 s behind",
    ),
    case(
        broken.no_queue,
        "queue",
        "problem",
        ["account 123456789012 has no queue jobs-"],
        ["backend-worker bootstrap"],
        name="no queue",
    ),
    case(
        setting("WORKER_LEDGER", "dynamodb://nowhere"),
        "ledger",
        "problem",
        ["no table nowhere in us-east-1"],
        ["backend-worker bootstrap"],
        name="no table",
    ),
    case(
        broken.a_table_with_another_key,
        "ledger",
        "problem",
        ["sheet-", "has the key job (S)"],
        ["export WORKER_LEDGER=dynamodb://sheet-", "bootstrap"],
        name="a table with another key",
    ),
    case(
        broken.a_table_whose_index_shows_too_little,
        "ledger index",
        "problem",
        ["the index open of sheet-", "no ledger's"],
        ["update-table", "Delete"],
        name="an index that shows too little",
    ),
    case(
        broken.a_dead_letter_queue_of_another_type,
        "dead letter queue",
        "problem",
        ["odd.fifo is a FIFO queue", "one type for both"],
        ["create-queue", "-dead-letters"],
        name="a dead letter queue of another type",
    ),
]

FOR_PEOPLE = [
    case(
        broken.no_such_bot,
        "bearer",
        "problem",
        ["there is no bot/nobody"],
        ["list-app-instance-bots"],
        name="no such bot",
    ),
    case(
        broken.outcomes_to_the_dead_letter_queue,
        "outcomes",
        "problem",
        ["is the dead letter queue"],
        ["export WORKER_OUTCOMES=", "-outcomes"],
        name="outcomes to the dead letter queue",
    ),
    case(
        broken.no_app_instance,
        "app instance",
        "problem",
        ["has no app instance"],
        ["list-app-instances"],
        name="no app instance",
    ),
    case(
        broken.a_foreign_app_instance,
        "account",
        "problem",
        ["123456789012", "999988887777", "lets nobody in"],
        ["aws configure list-profiles"],
        name="another account's app instance",
    ),
    case(
        setting("AWS_REGION", "eu-central-1"),
        "regions",
        "warning",
        ["Chime in us-east-1, the queue in eu-central-1"],
        ["export AWS_REGION=us-east-1"],
        name="a queue in another region",
    ),
]


async def test_a_healthy_world_is_green(patient: Patient) -> None:
    patient.channel = "orders"

    findings = await patient.findings()

    assert [] == [each for each in findings if each.level != "ok"]
    assert {"credentials", "account", "regions", "clock", "queue", "channel", "ledger", "versions"} <= {
        each.check for each in findings
    }


@pytest.mark.parametrize("case", MENDED)
async def test_the_line_mends_what_is_broken(patient: Patient, case: Case) -> None:
    await case.breaks(patient)

    troubles = await patient.troubles()
    found = troubles[case.check]
    assert case.level == found.level
    assert found.mend is not None
    assert [] == [word for word in case.says if word not in found.found]
    assert [] == [word for word in case.line if word not in found.mend]

    await patient.run(found.mend)
    if later := await patient.troubles():  # what the first line has brought to light, or made possible
        assert later != troubles
        for each in later.values():
            await patient.run(str(each.mend))
        assert {} == await patient.troubles()


@pytest.mark.parametrize("case", FOR_PEOPLE)
async def test_what_people_must_decide_is_told_with_the_command_to_begin_with(
    patient: Patient, case: Case
) -> None:
    await case.breaks(patient)

    found = (await patient.troubles())[case.check]

    assert case.level == found.level
    assert found.mend is not None
    assert [] == [word for word in case.says if word not in found.found]
    assert [] == [word for word in case.line if word not in found.mend]
