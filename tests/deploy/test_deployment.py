"""worker.yaml, deployed: CloudFormation, SQS, IAM and ECS as moto plays them, over HTTP."""

from __future__ import annotations

import ast
import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from aiobotocore.session import get_session
from moto.server import ThreadedMotoServer

from tests.deploy.template import DEPLOY, PARAMETERS, WORKER, listed
from worker.ops.iam_policy import document, granted
from worker.settings.ledger_url import DynamoDbTable
from worker.settings.model import Settings
from worker.settings.sources import Texts, load

STACK = "template-test"
REGION = "us-east-1"
UNKNOWN_TO_MOTO = {"AWS::SQS::QueuePolicy", "AWS::CloudWatch::Alarm"}
"""moto 5.2 warns of these and goes on; cfn-lint and the tests of the text are all they have."""

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")


@dataclass(frozen=True, slots=True)
class Deployed:
    """What has become of the stack."""

    status: str
    kinds: frozenset[str]
    queue_attributes: Mapping[str, str]
    environment: Mapping[str, str]
    table: str
    task_role_policy: Mapping[str, Any]


@pytest.fixture(scope="module")
def aws_url() -> Iterator[str]:
    """Serve what AWS is played by."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def deployed(aws_url: str) -> Deployed:
    """Deploy the stack once for all tests that change nothing of it."""
    return asyncio.run(_deploy(aws_url, STACK, PARAMETERS))


def test_the_stack_is_created(deployed: Deployed) -> None:
    assert deployed.status == "CREATE_COMPLETE"


def test_everything_that_moto_knows_is_made(deployed: Deployed) -> None:
    kinds = {resource["Type"] for resource in WORKER["Resources"].values()}

    assert kinds - UNKNOWN_TO_MOTO == deployed.kinds


def test_the_queue_hands_hopeless_jobs_to_the_dead_letter_queue(deployed: Deployed) -> None:
    policy = json.loads(deployed.queue_attributes["RedrivePolicy"])

    assert policy["deadLetterTargetArn"].endswith(f":{STACK}-dead-letters")
    assert int(policy["maxReceiveCount"]) == 1000


def test_the_worker_takes_the_environment_that_the_task_gives_it(deployed: Deployed) -> None:
    """As on ECS, where the ledger has no default."""
    settings = _settings(deployed)

    assert settings.bearer_arns == (PARAMETERS["BearerArn"],)
    assert settings.queue_url.url == deployed.environment["WORKER_QUEUE_URL"]
    assert settings.ledger == DynamoDbTable(deployed.table)
    assert settings.region == REGION
    assert settings.bearer_rate == 10, "an empty parameter is none"


def test_the_ledger_remembers_longer_than_queue_and_dead_letter_queue_keep(deployed: Deployed) -> None:
    kept_s = int(deployed.queue_attributes["MessageRetentionPeriod"])

    assert 2 * kept_s <= _settings(deployed).ledger_retention_s


def test_the_task_role_is_what_iam_policy_prints_for_the_tasks_environment(deployed: Deployed) -> None:
    assert _printed_for(deployed) == _allowed(deployed.task_role_policy)


@pytest.mark.parametrize(
    "target",
    [
        "https://sqs.eu-west-1.amazonaws.com/210987654321/outcomes.fifo",
        "arn:aws:sns:us-east-1:123456789012:outcomes",
        "arn:aws:events:us-east-1:123456789012:event-bus/outcomes",
    ],
)
async def test_whoever_names_a_target_of_outcomes_gives_the_role_the_one_action_for_it(
    aws_url: str, target: str
) -> None:
    stack = f"outcomes-{target.split(':')[2] if target.startswith('arn') else 'sqs'}"

    deployed = await _deploy(aws_url, stack, {**PARAMETERS, "OutcomesTarget": target})

    assert deployed.environment["WORKER_OUTCOMES"] == target
    assert _printed_for(deployed) == _allowed(deployed.task_role_policy)


def _printed_for(deployed: Deployed) -> set[tuple[str, str, str]]:
    """
    Say what `iam-policy` prints for the task's environment.

    Where the dead letter queue lies, only the redrive policy says: `iam-policy` takes it for another.
    """
    printed = document(granted("task role", _settings(deployed)))
    letters = json.loads(deployed.queue_attributes["RedrivePolicy"])["deadLetterTargetArn"]

    guessed = f"{deployed.queue_attributes['QueueArn']}-dead-letters"
    return _allowed(json.loads(json.dumps(printed).replace(guessed, letters)))


def _allowed(policy: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Every action with every ARN that it is allowed on, and anything a statement says beside that."""
    return {
        (action, arn, json.dumps({key: each[key] for key in each.keys() - {"Sid", "Action", "Resource"}}))
        for each in filter(None, policy["Statement"])  # moto leaves None where AWS::NoValue stood
        for action in listed(each["Action"])
        for arn in listed(each["Resource"])
    }


def _settings(deployed: Deployed) -> Settings:
    on_ecs = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/0", "AWS_REGION": REGION}
    return load(Texts(environment={**on_ecs, **deployed.environment}))


async def _deploy(url: str, name: str, parameters: Mapping[str, str]) -> Deployed:
    session = get_session()
    async with (
        session.create_client("cloudformation", REGION, endpoint_url=url) as cloudformation,
        session.create_client("ecs", REGION, endpoint_url=url) as ecs,
        session.create_client("sqs", REGION, endpoint_url=url) as sqs,
        session.create_client("iam", REGION, endpoint_url=url) as iam,
    ):
        await cloudformation.create_stack(
            StackName=name,
            TemplateBody=(DEPLOY / "worker.yaml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        (stack,) = (await cloudformation.describe_stacks(StackName=name))["Stacks"]
        made = (await cloudformation.list_stack_resources(StackName=name))["StackResourceSummaries"]
        task = await ecs.describe_task_definition(taskDefinition=name)
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        (role,) = (each for each in made if each["LogicalResourceId"] == "TaskRole")
        policy = await iam.get_role_policy(RoleName=role["PhysicalResourceId"], PolicyName="worker")
        queue = await sqs.get_queue_attributes(QueueUrl=outputs["QueueUrl"], AttributeNames=["All"])
    (container,) = task["taskDefinition"]["containerDefinitions"]
    return Deployed(
        status=stack["StackStatus"],
        kinds=frozenset(each["ResourceType"] for each in made) - {""},  # what moto does not know
        queue_attributes=queue["Attributes"],
        environment={each["name"]: each["value"] for each in container["environment"]},
        table=outputs["LedgerTable"],
        task_role_policy=ast.literal_eval(str(policy["PolicyDocument"])),  # as moto keeps it
    )
