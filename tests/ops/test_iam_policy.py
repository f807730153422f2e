"""What `iam-policy` prints is what the code asks for, no more and no less, for the settings at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from tests.ops.plays import (
    ANNA,
    APP,
    BEARER,
    OLD,
    ORDERS,
    PLAYS,
    REQUESTS,
    a_bench,
    has_failed,
    is_denied,
    played,
)
from tests.support.programs import program
from tests.support.sdk_calls import ROOT, actions_in, actions_of_the_service
from tests.support.service_authorization import authorised_kinds
from worker.adapters.chime_changes import HELPED_BY_JOINING, change_call, look_call
from worker.contract.requests import ChangeRequest, CreateChannel
from worker.contract.wire import JobType
from worker.ops.iam_policy import GRANTS, Whose, document, granted
from worker.ops.rights import ALL, TASK_ROLE, Right
from worker.settings.sources import Texts, load

QUEUE = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"
SQS = "arn:aws:sqs:us-east-1:111122223333"
SETTINGS = {
    "WORKER_APP_INSTANCE_ARN": APP,
    "WORKER_QUEUE_URL": QUEUE,
    "WORKER_LEDGER": "dynamodb://ledger",
}
IMPLIED = {"chime:PutChannelExpirationSettings"}
"""What CreateChannel asks for besides, for ExpirationSettings."""

Pairs = set[tuple[str, str]]


def the_policy(whose: Whose = "task role", **settings: str) -> Pairs:
    """Every action with every ARN that it is given on."""
    return _pairs(_document(whose, settings=settings))


def test_the_worker_may_do_exactly_what_it_calls() -> None:
    table = {right.action for grant in TASK_ROLE for right in grant.rights}

    assert actions_of_the_service() | IMPLIED == table


def test_bootstrap_may_do_exactly_what_it_calls() -> None:
    modules = (ROOT / "worker" / "ops" / "bootstrap").glob("*.py")
    table = {right.action for grant in GRANTS["bootstrap"] for right in grant.rights}

    assert table == {action for module in modules for action in actions_in(module)}


@pytest.mark.parametrize("whose", get_args(Whose))
def test_every_action_of_chime_is_given_on_what_it_is_authorised_on(whose: Whose) -> None:
    """Amazon's reference is the judge; its one row without bots is taken as it is meant."""
    names = {"pool user": "bearer", "pool bot": "bearer"}
    for grant in GRANTS[whose]:
        kinds = {names.get(kind, kind) for kind in grant.on} - {"anything"}
        for right in grant.rights:
            if right.action.startswith("chime:"):
                assert authorised_kinds(right.action) == kinds, right.action


def test_nothing_has_a_wildcard_but_channels_and_what_has_no_resource() -> None:
    pairs: Pairs = {pair for whose in get_args(Whose) for pair in the_policy(whose)}

    assert not any("*" in action for action, _ in pairs)
    assert {"*", f"{APP}/channel/*"} == {arn for _, arn in pairs if "*" in arn}
    assert {"chime:CreateAppInstanceUser"} == {action for action, arn in pairs if arn == "*"}


def test_channels_are_every_channel_or_those_that_are_named() -> None:
    assert ("chime:SendChannelMessage", f"{APP}/channel/*") in the_policy()
    some = _pairs(_document("task role", channels=(ORDERS, OLD)))
    assert {ORDERS, OLD} == {arn for _, arn in some if "/channel/" in arn}


@pytest.mark.parametrize(
    ("allowed", "bearers"),
    [
        ("", {BEARER}),
        ("user/*", {f"{APP}/user/*"}),
        ("anna,bot/*", {BEARER, ANNA, f"{APP}/bot/*"}),
        ("shop_[ab]?", {BEARER, f"{APP}/user/shop_??"}),
        ("*,?", {f"{APP}/user/*", f"{APP}/user/?"}),
        (f"{APP}/bot/x*", {BEARER, f"{APP}/bot/x*"}),
    ],
)
def test_bearers_are_the_pool_and_what_jobs_may_name(allowed: str, bearers: set[str]) -> None:
    pairs = the_policy(WORKER_ALLOWED_BEARERS=allowed)

    assert bearers == {arn for action, arn in pairs if action == "chime:ListChannels"}
    assert bearers == {
        arn for action, arn in pairs if action == "chime:SendChannelMessage" and "/channel/" not in arn
    }


@pytest.mark.parametrize(
    ("outcomes", "pair"),
    [
        ("https://sqs.us-east-1.amazonaws.com/111122223333/ends", ("sqs:SendMessage", f"{SQS}:ends")),
        (
            "arn:aws:sns:us-east-1:111122223333:ends",
            ("sns:Publish", "arn:aws:sns:us-east-1:111122223333:ends"),
        ),
        (
            "arn:aws:events:us-east-1:111122223333:event-bus/ends",
            ("events:PutEvents", "arn:aws:events:us-east-1:111122223333:event-bus/ends"),
        ),
    ],
)
def test_outcomes_take_the_one_action_of_their_target(outcomes: str, pair: tuple[str, str]) -> None:
    assert {pair} == the_policy(WORKER_OUTCOMES=outcomes) - the_policy()


@pytest.mark.parametrize(
    ("setting", "value", "needless"),
    [
        ("WORKER_JOIN_CHANNELS", "false", {"chime:CreateChannelMembership"}),
        ("WORKER_DEAD_LETTER_QUEUE_URL", f"{QUEUE}-dead-letters", {"sqs:GetQueueUrl"}),
        (
            "WORKER_LEDGER",
            "memory:",
            {right.action for grant in TASK_ROLE for right in grant.rights if "dynamodb" in right.action},
        ),
    ],
)
def test_what_settings_make_needless_is_left_out(setting: str, value: str, needless: set[str]) -> None:
    before, after = the_policy(), the_policy("task role", **{setting: value})

    assert after < before
    assert needless == {action for action, _ in before - after}


def test_queues_lie_in_the_account_and_region_of_their_urls() -> None:
    pairs = the_policy(
        "producer", WORKER_QUEUE_URL="https://sqs.eu-west-1.amazonaws.com/444455556666/jobs.fifo"
    )

    assert {("sqs:SendMessage", "arn:aws:sqs:eu-west-1:444455556666:jobs.fifo")} == pairs


CHIME_RIGHTS = {
    right.action.removeprefix("chime:"): right
    for grant in TASK_ROLE
    for right in grant.rights
    if right.action.startswith("chime:")
}


def test_every_action_on_chime_isplayed() -> None:
    assert set(CHIME_RIGHTS) == set().union(*(actions for actions, _ in PLAYS.values()))


async def test_with_the_printed_policy_every_operation_works() -> None:
    replies = await played(_document("task role"))

    assert {} == {name: reply for name, reply in replies.items() if has_failed(reply)}


@pytest.mark.parametrize("dropped", sorted(CHIME_RIGHTS))
async def test_without_one_action_exactly_what_takes_itis_denied(dropped: str) -> None:
    policy = _document("task role")
    for statement in policy["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != f"chime:{dropped}"]

    replies = await played(policy)

    takers = {name for name, (actions, _) in PLAYS.items() if dropped in actions}
    assert takers == {name for name, reply in replies.items() if is_denied(reply)}


@pytest.mark.parametrize(("name", "request_"), REQUESTS.items())
def test_every_type_of_job_has_the_actions_of_its_calls(name: JobType, request_: ChangeRequest) -> None:
    change = a_bench(_document("task role")).change(request_)
    called = {change_call(change).operation, look_call(change).operation}
    if isinstance(request_, HELPED_BY_JOINING):
        called.add("CreateChannelMembership")
    if isinstance(request_, CreateChannel):
        called |= {"BatchCreateChannelMembership", "DescribeChannelMembership"}  # its eleventh member

    theirs = {action for action, right in CHIME_RIGHTS.items() if name in right.jobs}
    finding = {"DescribeChannel", "ListChannels", "CreateChannel", "PutChannelExpirationSettings"}
    assert called - finding == theirs - finding
    assert called <= theirs


def test_a_policy_for_some_types_of_jobs_has_no_more_than_theirs() -> None:
    grants = granted("task role", load(Texts(SETTINGS)), jobs={"delete_channel"})

    rights: list[Right] = [right for grant in grants for right in grant.rights]
    assert all("delete_channel" in right.jobs for right in rights)
    assert {"chime:DescribeChannel", "chime:DeleteChannel", "chime:ListChannels"} == {
        right.action for right in rights if right.jobs != ALL or right.action == "chime:DescribeChannel"
    }


async def test_the_program_prints_the_document_and_says_what_it_took_for_granted() -> None:
    done = await program("iam-policy", "--channel", "orders", environment=SETTINGS)

    assert (0, _document("task role", channels=(ORDERS,))) == (done.code, done.json)
    assert "taken for jobs-dead-letters" in done.stderr


async def test_the_program_explains_every_action() -> None:
    done = await program("iam-policy", "--explain", environment=SETTINGS)

    lines = done.stdout.splitlines()
    assert {right.action for grant in TASK_ROLE for right in grant.rights} - {
        "sns:Publish",
        "events:PutEvents",
    } == {line.split()[0] for line in lines if not line.startswith(" ")}
    assert all("without it: " in line for line in lines if not line.startswith(" "))


async def test_an_unknown_type_of_job_is_a_usage_error() -> None:
    done = await program("iam-policy", "--jobs", "send_mesage", environment=SETTINGS)

    assert (2, "") == (done.code, done.stdout)
    assert "did you mean send_message?" in done.stderr


def _document(
    whose: Whose, *, channels: tuple[str, ...] = (), settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    loaded = load(Texts({**SETTINGS, **(settings or {})}))
    return document(granted(whose, loaded, channels=channels))


def _pairs(policy: Mapping[str, Any]) -> Pairs:
    return {
        (action, arn)
        for statement in policy["Statement"]
        for action in statement["Action"]
        for arn in statement["Resource"]
    }
