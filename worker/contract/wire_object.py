"""What all objects of a job have in common: exact types, known fields only, null for absent."""

from __future__ import annotations

from itertools import islice

from pydantic import BaseModel, ConfigDict, model_validator

MAX_PROBLEMS = 5
"""Of one refusal: enough to mend a job, and a bound on the work that a hostile body causes."""


class Wire(BaseModel):
    """Rules common to all objects of a job: exact types, known fields only, and null means absent."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """Drop nulls from known fields, and all but a few unknown fields: each costs an error entry."""
        if not isinstance(value, dict):
            return value
        known = {name: value[name] for name in cls.model_fields if value.get(name) is not None}
        unknown = islice((name for name in value if name not in cls.model_fields), MAX_PROBLEMS + 1)
        return known | dict.fromkeys(unknown)
