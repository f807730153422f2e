"""Where settings come from: the environment, and flags of the same name over it. Only the edge reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from worker.settings.credentials import mistaken_credentials
from worker.settings.mistakes import Mistake, Mistaken, mistakes_of
from worker.settings.model import Settings
from worker.settings.names import PREFIX, environment_name

_ON_ECS = "ECS_CONTAINER_METADATA_URI_V4"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that settings are read from. Both mappings go by environment names."""

    environment: Mapping[str, str]
    flags: Mapping[str, str] = field(default_factory=dict)

    def text_of(self, name: str) -> str | None:
        """Give the text of setting *name*, trimmed; None if it is unset or empty."""
        return _trimmed(self.flags, name) or _from_environment(self.environment, name)

    def source_of(self, name: str) -> Literal["default", "environment", "flag"]:
        """Tell where the text of setting *name* comes from."""
        if _trimmed(self.flags, name):
            return "flag"
        return "environment" if self.text_of(name) else "default"


def load(texts: Texts) -> Settings:
    """Check all settings at once. Raises Mistaken with every mistake."""
    environment = texts.environment
    mistakes = (
        *_unknown_names(environment),
        *_missing_ledger(texts),
        *mistaken_credentials(environment),
    )
    try:
        settings = Settings(_build_sources=((_TextsSource(Settings, texts),), {}))
    except ValidationError as error:
        raise Mistaken((*mistakes_of(error, Settings), *mistakes)) from None
    if mistakes:
        raise Mistaken(mistakes)
    return settings


class _TextsSource(PydanticBaseSettingsSource):
    """
    Hand the texts to pydantic-settings as they are.

    Its own environment source would decode what is no plain type as JSON before our validators can speak,
    and takes only "" for empty. Its command line would read a command's own arguments from WORKER_* as well,
    and answer a usage error (2) and bad configuration (78) alike: so that is argparse, in `worker.cli.words`.
    """

    def __init__(self, settings_cls: type[BaseSettings], texts: Texts) -> None:
        super().__init__(settings_cls)
        self._texts = texts

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._texts.text_of(environment_name(field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        texts = {name: self._texts.text_of(environment_name(name)) for name in self.settings_cls.model_fields}
        return {name: text for name, text in texts.items() if text is not None}


def _trimmed(texts: Mapping[str, str], name: str) -> str | None:
    return texts.get(name, "").strip() or None


def _from_environment(environment: Mapping[str, str], name: str) -> str | None:
    text = _trimmed(environment, name)
    # The SDK for Python reads AWS_DEFAULT_REGION; the other SDKs, ECS and Lambda speak of AWS_REGION.
    if text is None and name == "AWS_REGION":
        return _trimmed(environment, "AWS_DEFAULT_REGION")
    return text


def _unknown_names(environment: Mapping[str, str]) -> tuple[Mistake, ...]:
    known = {environment_name(name) for name in Settings.model_fields}
    return tuple(
        Mistake(name, _is_unknown(name, {other for other in known if other.startswith(PREFIX)}))
        for name in sorted(environment)
        if name.startswith(PREFIX)
        and name not in known
        and not _is_injected(name)
        and _trimmed(environment, name)
    )


def _is_injected(name: str) -> bool:
    """Tell what Kubernetes and Docker links inject for a service called "worker"."""
    return name == "WORKER_PORT" or name.startswith(("WORKER_PORT_", "WORKER_SERVICE_"))


def _is_unknown(name: str, known: set[str]) -> str:
    # Without the prefix, which would make every name resemble every other.
    match get_close_matches(name.removeprefix(PREFIX), [other.removeprefix(PREFIX) for other in known], n=1):
        case [nearest]:
            return f"is no setting: did you mean {PREFIX}{nearest}?"
        case _:
            return "is no setting: remove it, or see `backend-worker settings`."


def _missing_ledger(texts: Texts) -> tuple[Mistake, ...]:
    if _trimmed(texts.environment, _ON_ECS) and not texts.text_of("WORKER_LEDGER"):
        return (
            Mistake(
                "WORKER_LEDGER",
                "must be named on ECS, whose disks die with the task: dynamodb://TABLE, or a volume's file.",
            ),
        )
    return ()
