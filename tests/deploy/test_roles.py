"""
The roles of worker.yaml, by what they say.

That the task role is what the worker needs, no more and no less, `test_deployment` shows, which compares it
with what `iam-policy` prints, and `tests/ops/test_iam_policy`, which compares that with what the code calls.
"""

from __future__ import annotations

from tests.deploy.template import listed, properties, statements
from worker.adapters.ledger.dynamodb_table import INDEX


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


def test_the_worker_asks_the_index_and_never_the_whole_table() -> None:
    (statement,) = (each for each in statements("TaskRole") if each["Sid"] == "FindOpenJobs")

    assert statement["Action"] == "dynamodb:Query"
    assert statement["Resource"] == {"Fn::Sub": f"${{LedgerTable.Arn}}/index/{INDEX}"}


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
