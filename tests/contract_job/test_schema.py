"""The published contract says what the worker does: schemas against parser, files against generators."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]

from tests.contract_job.bodies import a_job, a_message, parse
from tests.contract_job.test_limits import JOB_LIMITS, MESSAGE_LIMITS
from tests.contract_job.type_cases import COUNTED, LIMITED, MISPLACED, REFUSED, SMALLEST
from worker.adapters.sqs_letters import OWN_ATTRIBUTES
from worker.contract.asyncapi import asyncapi
from worker.contract.outcome import Outcome
from worker.contract.outcome_body import OutcomeBody
from worker.contract.reasons import Reason
from worker.contract.schema import job_schema, outcome_schema, text_of
from worker.contract.wire import WIRES

ASYNCAPI_SCHEMA = Path(__file__).parent / "asyncapi" / "asyncapi-3.1.0.schema.json"
GENERATED = {
    "--job": ("job.schema.json", job_schema),
    "--outcome": ("outcome.schema.json", outcome_schema),
    "--asyncapi": ("asyncapi.json", asyncapi),
}
JOB = Draft202012Validator(job_schema())
OUTCOME = Draft202012Validator(outcome_schema())


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command `schema` as a shell does."""
    command = [sys.executable, "-m", "worker", "schema", *words]
    return subprocess.run(command, capture_output=True, check=False, encoding="utf-8", timeout=30)


@pytest.mark.parametrize("flag", GENERATED)
def test_the_published_file_is_what_the_models_say(flag: str) -> None:
    """Byte for byte; if not, the contract has changed: is that meant, and does the changelog say so?"""
    name, generate = GENERATED[flag]
    published = resources.files("worker").joinpath("contract", "published", name).read_bytes()

    renew = f"renew it with: backend-worker schema {flag} > worker/contract/published/{name}"
    assert (text_of(generate()) + "\n").encode() == published, renew


@pytest.mark.parametrize("flag", GENERATED)
def test_the_command_prints_the_document_and_nothing_else(flag: str) -> None:
    done = run(flag)

    assert (0, "") == (done.returncode, done.stderr)
    assert GENERATED[flag][1]() == json.loads(done.stdout)


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["none", "json"])
def test_the_command_prints_the_job_if_no_part_is_named(flags: tuple[str, ...]) -> None:
    done = run(*flags)

    assert (0, "") == (done.returncode, done.stderr)
    assert job_schema() == json.loads(done.stdout)


def test_the_command_takes_no_two_parts_of_the_contract() -> None:
    done = run("--job", "--outcome")

    assert (2, "") == (done.returncode, done.stdout)
    assert all(flag in done.stderr for flag in ("--job", "--outcome"))


@pytest.mark.parametrize("schema", [job_schema(), outcome_schema()], ids=["job", "outcome"])
def test_the_schemas_are_json_schema_2020_12(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)

    assert "https://json-schema.org/draft/2020-12/schema" == schema["$schema"]
    assert schema["$id"].startswith("urn:chime-backend-worker:")


def objects_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk over the objects that a schema describes."""
    yield from (each for each in (schema, *schema["$defs"].values()) if "properties" in each)


@pytest.mark.parametrize("schema", [job_schema(), outcome_schema()], ids=["job", "outcome"])
def test_every_object_has_a_title_and_every_field_a_description(schema: dict[str, Any]) -> None:
    """The documents are for people too; a reference takes the description of what it refers to."""
    for each in objects_of(schema):
        bare = [
            name for name, field in each["properties"].items() if not field.keys() & {"description", "$ref"}
        ]
        assert each["title"]
        assert each["description"]
        assert bare == []


@pytest.mark.parametrize("example", job_schema()["examples"], ids=lambda example: example["id"])
def test_the_examples_are_jobs(example: object) -> None:
    assert JOB.is_valid(example)
    assert parse(example).id == example["id"]  # type: ignore[index]


def test_there_is_an_example_of_every_type() -> None:
    assert set(WIRES) == {parse(example).type for example in job_schema()["examples"]}


COUNTED_IN_BYTES = {
    "content-in-bytes",
    "content-astral",
    "control-in-bytes",
    "metadata-object",
    "attributes-in-all",
    "context",
}
"""Limits that JSON Schema cannot say: it counts characters."""

LIMITS = {name: (a_message, limit) for name, limit in MESSAGE_LIMITS.items()} | {
    name: (a_job, limit) for name, limit in JOB_LIMITS.items()
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_schema_has_the_limits_of_the_parser(name: str) -> None:
    """What fits is valid; what is too large is not, unless only its bytes are."""
    make, limit = LIMITS[name]

    assert JOB.is_valid(make(**limit.fits))
    assert JOB.is_valid(make(**limit.too_large)) == (name in COUNTED_IN_BYTES)


BAD_FIELDS = {
    "unknown": {"colour": "red"},
    "channel-form": {"channel": {"id": "a", "arn": "b"}},
    "channel-of-another-kind": {"channel": "arn:aws:chime:us-east-1:123456789012:app-instance/a/user/b"},
    "mistyped-arn": {"channel": "arn:aws:chime"},
    "epoch": {"not_after": 1893456000},
    "no-offset": {"not_before": "2030-01-01T12:00:00"},
    "type": {"type": "send_mesage"},
    "line-break": {"message": {"content": "a", "push": {"title": "a\u2028b"}}},
    "metadata-line-break": {"message": {"content": "a", "metadata": "a\nb"}},
}


@pytest.mark.parametrize(("body", "too_large"), LIMITED.values(), ids=LIMITED)
def test_the_schema_has_the_limits_of_all_types(body: object, too_large: object) -> None:
    assert JOB.is_valid(body)
    assert not JOB.is_valid(too_large)


@pytest.mark.parametrize("body", [body for body, _ in MISPLACED], ids=str)
def test_the_schema_gives_a_type_no_field_of_another(body: object) -> None:
    assert not JOB.is_valid(body)


@pytest.mark.parametrize("name", REFUSED)
def test_the_schema_refuses_what_the_parser_refuses_in_a_type(name: str) -> None:
    """But for rules between values, which JSON Schema cannot say."""
    assert JOB.is_valid(REFUSED[name][0]) == (name in COUNTED)


@pytest.mark.parametrize("body", SMALLEST.values(), ids=SMALLEST)
def test_the_schema_takes_null_for_absent_in_every_type(body: dict[str, object]) -> None:
    """A field of another type is no field of this one, null or not."""
    name = "".join(map(str.title, str(body.get("type", "send_message")).split("_")))

    assert JOB.is_valid(body)
    assert JOB.is_valid(dict.fromkeys(job_schema()["$defs"][name]["properties"]) | body)


@pytest.mark.parametrize("fields", BAD_FIELDS.values(), ids=BAD_FIELDS)
def test_the_schema_refuses_what_the_parser_refuses(fields: dict[str, object]) -> None:
    assert not JOB.is_valid(a_job(**fields))


def test_the_schema_takes_null_for_absent() -> None:
    """Like the parser."""
    parts = job_schema()["$defs"]
    optional = parts["SendMessage"]["properties"].keys() - set(parts["SendMessage"]["required"])
    in_message = dict.fromkeys(parts["Message"]["properties"]) | {"content": "a"}

    for body in (a_job(**dict.fromkeys(optional)), a_job(message=in_message)):
        assert JOB.is_valid(body)
        assert parse(body).id == "order-8812"


@pytest.mark.parametrize("example", outcome_schema()["examples"], ids=lambda example: example["outcome"])
def test_the_examples_are_outcomes(example: object) -> None:
    assert OUTCOME.is_valid(example)
    assert OutcomeBody.model_validate(example).version == 1


def test_the_outcome_schema_has_the_closed_lists() -> None:
    parts = outcome_schema()["$defs"]

    assert list(Outcome) == parts["Outcome"]["enum"]
    assert list(Reason) == parts["Reason"]["enum"]
    assert all(
        reason.sentence in outcome_schema()["properties"]["reason"]["description"] for reason in Reason
    )


def test_the_asyncapi_document_is_valid() -> None:
    """Against the official schema, see asyncapi/README.md; which does object to a broken document."""
    official = Draft7Validator(json.loads(ASYNCAPI_SCHEMA.read_bytes()))
    broken: dict[str, Any] = deepcopy(dict(asyncapi()))
    del broken["channels"]["jobs"]["bindings"]["sqs"]["queue"]["fifoQueue"]

    assert [] == [error.message for error in official.iter_errors(asyncapi())]
    assert not official.is_valid(broken)


def references_of(value: object) -> Iterator[str]:
    """Walk over all references of a document."""
    match value:
        case dict():
            yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
            for each in value.values():
                yield from references_of(each)
        case list():
            for each in value:
                yield from references_of(each)
        case _:
            return


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    references = set(references_of(asyncapi()))

    assert references
    for reference in references:
        part: Any = asyncapi()
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


MESSAGES: dict[str, Any] = dict(asyncapi())["components"]["messages"]  # type: ignore[index]


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "deadLetter"])
def test_the_examples_of_the_asyncapi_document_are_what_they_say(name: str) -> None:
    """Valid by their schema, and those that arrive are jobs to the parser."""
    validator = Draft202012Validator(MESSAGES[name]["payload"] | {"components": asyncapi()["components"]})
    payloads = [example["payload"] for example in MESSAGES[name]["examples"]]

    assert payloads
    for payload in payloads:
        assert validator.is_valid(payload)
        assert name == "outcome" or parse(payload).payload_hash
    assert not validator.is_valid({})


def test_a_dead_letter_has_the_six_attributes_of_the_worker() -> None:
    """In the order in which they are kept."""
    attributes = MESSAGES["deadLetter"]["headers"]["properties"]

    assert list(OWN_ATTRIBUTES) == list(attributes)
    assert ["reason"] == MESSAGES["deadLetter"]["headers"]["required"]
