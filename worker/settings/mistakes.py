"""Mistakes in the settings, as sentences that mend them. They never quote a value that was not understood."""

from dataclasses import dataclass

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from worker.settings.names import environment_name

QUOTES = "\"'"
STILL_QUOTED = "still has the quotes that an env file put around it: remove them."


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: the environment name of the setting and the sentence that mends it."""

    name: str
    sentence: str

    def __str__(self) -> str:
        """Give the line that people read."""
        return f"{self.name}: {self.sentence}"


class Mistaken(Exception):
    """The settings cannot be used. Mend every mistake named, then start again."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def mistakes_of(error: ValidationError, model: type[BaseModel]) -> tuple[Mistake, ...]:
    """Word every error of *model*'s validation, in the order of its fields."""
    return tuple(
        Mistake(environment_name(str(detail["loc"][0])), _sentence(detail, model))
        for detail in error.errors(include_url=False, include_input=False)
    )


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    field = model.model_fields[str(detail["loc"][0])]
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "missing":
            return f"is required ({field.title}): {field.description}."
        case "greater_than":
            return f"must be above {context['gt']:g}."
        case "greater_than_equal":
            return f"must be at least {context['ge']:g}."
        case "less_than_equal":
            return f"must be at most {context['le']:g}."
        case "int_parsing" | "int_from_float" | "int_parsing_size":
            return f"must be a whole number ({field.title}), like {field.default}."
        case "float_parsing":
            return f"must be a number ({field.title})."
        case _:
            return f"must be {field.title}."
