"""What the roles of worker.yaml allow is what the worker does, no more and no less."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
from botocore import xform_name
from botocore.session import get_session

from tests.deploy.dockerfile import ROOT
from tests.deploy.template import listed, properties, statements

PREFIXES = {
    "sqs": "sqs",
    "chime-sdk-messaging": "chime",
    "chime-sdk-identity": "chime",
    "dynamodb": "dynamodb",
}
"""IAM's name of each service that an adapter may call."""
IMPLIED = {"chime:PutChannelExpirationSettings"}
"""What CreateChannel needs beside itself, for ExpirationSettings."""


def test_the_worker_may_do_exactly_what_it_calls() -> None:
    granted = {action for statement in statements("TaskRole") for action in listed(statement["Action"])}

    called = {action for module in _modules_of_the_service() for action in _calls(module)}
    assert granted == called | IMPLIED


def test_sending_takes_the_bearer_and_its_channels() -> None:
    """Chime authorises on both, and names neither when it refuses."""
    (statement,) = (each for each in statements("TaskRole") if each["Sid"] == "SendAsTheBearer")

    assert statement["Resource"] == [{"Ref": "BearerArn"}, {"Fn::Sub": "${AppInstanceArn}/channel/*"}]


def test_channels_are_found_and_made_by_the_bearer_alone() -> None:
    """There is no channel yet that Chime could ask about."""
    (statement,) = (each for each in statements("TaskRole") if each["Sid"] == "FindAndMakeChannels")

    assert {"chime:ListChannels", "chime:CreateChannel"} == set(statement["Action"])
    assert statement["Resource"] == {"Ref": "BearerArn"}


def test_the_worker_takes_from_one_queue_and_writes_to_the_other() -> None:
    queues = {
        each["Resource"]["Fn::GetAtt"][0]: set(each["Action"])
        for each in statements("TaskRole")
        if "Fn::GetAtt" in each["Resource"]
    }

    assert "sqs:SendMessage" not in queues["JobQueue"]
    assert not {"sqs:ReceiveMessage", "sqs:DeleteMessage"} & queues["DeadLetterQueue"]


def test_the_worker_reads_and_writes_rows_of_its_table_and_deletes_none() -> None:
    (statement,) = (each for each in statements("TaskRole") if each["Sid"] == "RememberThem")

    reads = {"dynamodb:GetItem", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"}
    assert {"dynamodb:PutItem", *reads} == set(statement["Action"])
    assert statement["Resource"] == {"Fn::GetAtt": ["LedgerTable", "Arn"]}


def test_no_role_has_a_wildcard_but_for_the_call_that_has_no_resource() -> None:
    for role in ("TaskRole", "ExecutionRole"):
        for statement in statements(role):
            actions = listed(statement["Action"])
            assert not any("*" in action for action in actions)
            if statement["Resource"] == "*":
                assert actions == ["ecr:GetAuthorizationToken"]


def test_only_tasks_of_this_account_take_the_roles() -> None:
    for role in ("TaskRole", "ExecutionRole"):
        (trust,) = properties(role)["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_producers_may_send_and_nothing_else() -> None:
    (by_policy,) = properties("ProducerPolicy")["PolicyDocument"]["Statement"]
    _, by_queue = properties("JobQueuePolicy")["PolicyDocument"]["Statement"]
    condition, allowed, otherwise = by_queue["Fn::If"]

    assert [by_policy["Action"], allowed["Action"]] == ["sqs:SendMessage"] * 2
    assert (condition, otherwise) == ("HasProducers", {"Ref": "AWS::NoValue"})
    assert allowed["Principal"] == {"AWS": {"Ref": "ProducerArns"}}


def _modules_of_the_service() -> Iterator[Path]:
    """The adapters that `worker.app`, and so `run`, reaches: commands of people act with their own rights."""
    reached = grimp.build_graph("worker").find_upstream_modules("worker.app")
    for module in reached:
        if module.startswith("worker.adapters."):
            yield ROOT / f"{module.replace('.', '/')}.py"


def _calls(module: Path) -> set[str]:
    """The IAM actions behind the SDK's methods that *module* calls."""
    if not module.exists():
        return set()  # a package
    actions = _actions()
    return {
        actions[node.func.attr]
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in actions
    }


def _actions() -> dict[str, str]:
    """The IAM action of each SDK method; a batch of SQS needs what its single call needs."""
    sdk = get_session()
    return {
        xform_name(operation): f"{prefix}:{operation.removesuffix('Batch') if prefix == 'sqs' else operation}"
        for service, prefix in PREFIXES.items()
        for operation in sdk.get_service_model(service).operation_names
    }
