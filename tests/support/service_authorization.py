"""What Amazon's Service Authorization Reference says of Chime's actions, as cfn-lint carries it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

_KINDS = {
    "app-instance-user": "bearer",
    "app-instance-bot": "bearer",
    "channel": "channel",
    "channel-flow": "channel flow",
    "app-instance": "app instance",
}


def authorised_kinds(action: str) -> set[str]:
    """On what an action of Chime is authorised; empty if on nothing narrower than `*`."""
    resources = _actions()[action.removeprefix("chime:").lower()].get("Resources", ())
    return {_KINDS[kind] for kind in resources}


@cache
def _actions() -> dict[str, Any]:
    text = files("cfnlint").joinpath("data/AdditionalSpecs/Policies.json").read_text("utf-8")
    actions: dict[str, Any] = json.loads(text)["chime"]["Actions"]
    return actions
