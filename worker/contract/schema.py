"""The published contract as JSON Schema 2020-12, made from the models that check jobs. It writes no file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from worker.contract.outcome_body import OutcomeBody
from worker.contract.wire import WIRES, JobWire

JOB_SCHEMA_ID = "urn:chime-backend-worker:schema:job"
OUTCOME_SCHEMA_ID = "urn:chime-backend-worker:schema:outcome"

_OWN_DEFINITIONS = "#/$defs/{model}"

_JOBS = [
    {"id": "order-8812-shipped", "channel": "orders", "message": {"content": "Order 8812 has shipped"}},
    {
        "id": "billing/2030-01/reminder-17",
        "type": "send_message",
        "channel": {"id": "customer-17"},
        "message": {
            "content": "Your invoice is due tomorrow.",
            "metadata": {"invoice": 17},
            "attributes": {"kind": ["reminder"]},
            "push": {"title": "Invoice due"},
        },
        "not_after": "2030-01-31T18:00:00+01:00",
        "context": {"campaign": "dunning"},
    },
    {
        "id": "support/ticket-31/answer-2",
        "channel": {"members": ["ana", "support-bot"], "create": {"name": "Ticket 31"}},
        "message": {"content": "Ana, your ticket has been answered."},
    },
    {
        "id": "order-8812-shipped/corrected",
        "type": "update_message",
        "channel": "orders",
        "message_of": "order-8812-shipped",
        "message": {"content": "Order 8812 ships tomorrow"},
    },
    {
        "id": "order-8812-shipped/redacted",
        "type": "redact_message",
        "channel": "orders",
        "message_of": "order-8812-shipped",
    },
    {
        "id": "moderation/case-5",
        "type": "delete_message",
        "channel": "orders",
        "message_of": {"message_id": "5b1c7f6e0d"},
    },
    {
        "id": "teams/blue",
        "type": "create_channel",
        "channel": {"id": "team-blue", "create": {"privacy": "PRIVATE", "name": "Team Blue"}},
        "members": ["ana", "ben"],
    },
    {"id": "teams/blue/closed", "type": "delete_channel", "channel": "team-blue"},
    {
        "id": "teams/blue/auditors",
        "type": "add_members",
        "channel": "team-blue",
        "members": ["carla"],
        "membership_type": "HIDDEN",
    },
    {"id": "teams/blue/leavers", "type": "remove_members", "channel": "team-blue", "members": ["ben"]},
]
"""Examples, at least one of each type."""


def job_schema(*, refer_to: str = _OWN_DEFINITIONS) -> JsonSchemaValue:
    """
    Describe the job. What JSON Schema cannot count, bytes above all, is said in the descriptions.

    *refer_to* is how the schema refers to its parts, which it brings along as `$defs`.
    """
    models: list[tuple[type[JobWire], Literal["validation"]]] = [
        (wire, "validation") for wire in WIRES.values()
    ]
    references, parts = models_json_schema(models, schema_generator=_Published, ref_template=refer_to)
    return {
        "$schema": _Published.schema_dialect,
        "$id": JOB_SCHEMA_ID,
        "title": "Job",
        "description": "A job. Its `type` says which of these it is; without one it sends a message.",
        "oneOf": list(references.values()),
        "examples": _JOBS,
        **parts,
    }


def outcome_schema(*, refer_to: str = _OWN_DEFINITIONS) -> JsonSchemaValue:
    """Describe the outcome, with the closed lists of outcomes and reasons; *refer_to* as for the job."""
    schema = OutcomeBody.model_json_schema(
        schema_generator=_Published, ref_template=refer_to, mode="serialization"
    )
    return {"$schema": _Published.schema_dialect, "$id": OUTCOME_SCHEMA_ID} | schema


def text_of(document: Mapping[str, object]) -> str:
    """Write a document as it is published: ASCII, so that no locale and no pipe can spoil it."""
    return json.dumps(document, indent=2)


class _Published(GenerateJsonSchema):
    """Pydantic's generator, for people who do not read our code."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Say that null means absent, also where a default stands in; "null by default" says nothing."""
        if schema["default"] is None:
            return self.generate_inner(schema["schema"])
        described = super().default_schema(schema)
        default = described.pop("default")
        return {"anyOf": [described, {"type": "null"}], "default": default}

    def field_title_should_be_set(self, schema: object) -> bool:
        """Give no field a title: it would only repeat the name."""
        return False

    def normalize_name(self, name: str) -> str:
        """Name an object without the suffix of its model: `Message`, not `MessageWire`."""
        return super().normalize_name(name).removesuffix("Wire")

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Keep the order in which the models are written."""
        return value
