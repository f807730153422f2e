"""Which operations of AWS the code asks for, by its text, and which IAM action each takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
from botocore import xform_name
from botocore.session import get_session

import worker

PREFIXES = {
    "sqs": "sqs",
    "sns": "sns",
    "events": "events",
    "dynamodb": "dynamodb",
    "chime-sdk-messaging": "chime",
    "chime-sdk-identity": "chime",
}
"""IAM's name of each service that is called."""
BATCHES = ("sqs", "sns")
"""Whose batches need what the single call needs."""
ROOT = Path(worker.__file__).parents[1]


def actions_of_the_service() -> set[str]:
    """What `run` asks for: commands of people act with their own rights, so that only `worker.app` counts."""
    reached = grimp.build_graph("worker").find_upstream_modules("worker.app")
    return {
        action
        for module in reached
        if module.startswith("worker.adapters.")
        for action in actions_in(ROOT / f"{module.replace('.', '/')}.py")
    }


def actions_in(module: Path) -> set[str]:
    """The actions behind the operations that a module names, as methods of a client or as texts."""
    if not module.exists():
        return set()  # a package
    named = set(_names(ast.parse(module.read_text())))
    return {action for operation, action in _actions() if {operation, xform_name(operation)} & named}


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) | ast.Constant(value=str(name)):
                yield name
            case _:
                pass


def _actions() -> Iterator[tuple[str, str]]:
    sdk = get_session()
    for service, prefix in PREFIXES.items():
        for operation in sdk.get_service_model(service).operation_names:
            single = operation.removesuffix("Batch") if prefix in BATCHES else operation
            yield operation, f"{prefix}:{single}"
