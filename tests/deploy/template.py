"""The templates in deploy/, as data, and what several tests ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml  # type: ignore[import-untyped]

from tests.deploy.dockerfile import ROOT

DEPLOY = ROOT / "deploy"

APP_INSTANCE_ARN = "arn:aws:chime:us-east-1:123456789012:app-instance/0a1b2c3d"
PARAMETERS = {
    "Image": "chime-backend-worker@sha256:0123",
    "RepositoryArn": "arn:aws:ecr:us-east-1:123456789012:repository/chime-backend-worker",
    "AppInstanceArn": APP_INSTANCE_ARN,
    "BearerArn": f"{APP_INSTANCE_ARN}/user/backend_worker",
    "VpcId": "vpc-0123",
    "SubnetIds": "subnet-0123,subnet-4567",
}
"""What whoever deploys worker.yaml must say."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's short forms; they become the long ones: {"Fn::GetAtt": ["Queue", "Arn"]}."""


def _intrinsic(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case _:
            value = loader.construct_sequence(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {"Ref" if name == "Ref" else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _intrinsic)


def read_template(name: str) -> Mapping[str, Any]:
    """Read a template of deploy/."""
    template: Mapping[str, Any] = yaml.load((DEPLOY / name).read_text(), _Loader)
    return template


WORKER = read_template("worker.yaml")
CHIME = read_template("chime.yaml")


def properties(logical_id: str) -> Mapping[str, Any]:
    """What a resource of worker.yaml is given."""
    result: Mapping[str, Any] = WORKER["Resources"][logical_id]["Properties"]
    return result


def container() -> Mapping[str, Any]:
    """The one container of the task."""
    (only,) = properties("TaskDefinition")["ContainerDefinitions"]
    result: Mapping[str, Any] = only
    return result


def environment() -> dict[str, Any]:
    """The container's environment: texts, and references to other resources."""
    return {each["Name"]: each["Value"] for each in container()["Environment"]}


def statements(role: str) -> Iterator[Mapping[str, Any]]:
    """Every statement of a role's own policies, also those that a condition may leave out."""
    for policy in properties(role)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def listed(value: str | list[str]) -> list[str]:
    """IAM takes one text for a list of one."""
    return [value] if isinstance(value, str) else list(value)
