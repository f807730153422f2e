"""
A policy document of IAM, and what it allows. It knows no principals: a Chime applies it to every caller.

Allow and Deny, Action and Resource with the wildcards `*` and `?`, one text or a list of them. What would
make a policy mean something else (NotAction, Condition, Principal) is refused, never passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from worker.local.chime.call import Params
from worker.local.chime.errors import refusal

_PARTS = {"Sid", "Effect", "Action", "Resource"}
_NAMED_WITH_A_BEARER = ("ChannelArn", "ChannelFlowArn")
_NAMED_WITHOUT = (
    "AppInstanceArn",
    "AppInstanceUserArn",
    "AppInstanceBotArn",
    "AppInstanceAdminArn",
    "ChannelArn",
    "ChannelFlowArn",
    "ResourceARN",
)
_OF_NO_RESOURCE = frozenset({"CreateAppInstance", "CreateAppInstanceUser", "CreateAppInstanceBot"})
"""Amazon authorises these on `*` alone, whatever they name."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a policy says of some actions on some resources."""

    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def speaks_of(self, action: str, resource: str) -> bool:
        """Whether both match. Actions ignore case, as IAM's do."""
        return any(_pattern(each.lower()).fullmatch(action.lower()) for each in self.actions) and any(
            _pattern(each).fullmatch(resource) for each in self.resources
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy document: what no statement allows is denied, and Deny beats Allow."""

    statements: tuple[Statement, ...]

    def allows(self, action: str, resource: str) -> bool:
        """Whether a caller may use the action on the resource."""
        effects = {each.effect for each in self.statements if each.speaks_of(action, resource)}
        return effects == {"Allow"}

    def check(self, operation: str, params: Params, *, bearer: str) -> None:
        """Refuse a call unless its action is allowed on everything that Chime authorises it on."""
        named = tuple(authorised_on(operation, params, bearer=bearer))
        for action in _actions(operation, params):
            for resource in named:
                if not self.allows(action, resource):
                    raise refusal("AccessDeniedException", f"Not authorized to perform: {action}")


def policy_of(document: object) -> Policy:
    """Read a policy document, parsed from JSON; raises ValueError if it has not the shape of one."""
    if not isinstance(document, Mapping) or "Statement" not in document:
        raise ValueError("a policy document has a Statement")
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return Policy(tuple(_statement(each) for each in listed))


def authorised_on(operation: str, params: Params, *, bearer: str) -> Iterator[str]:
    """
    The ARNs that a call must be allowed on, all of them: the bearer and the channel, where there are both.

    Without a bearer, whatever it names; `*` if that is nothing.
    """
    if operation in _OF_NO_RESOURCE:
        yield "*"
        return
    names = _NAMED_WITH_A_BEARER if bearer else _NAMED_WITHOUT
    arns = [bearer] if bearer else []
    arns += [str(params[name]) for name in names if params.get(name)]
    yield from arns or ["*"]


def _actions(operation: str, params: Params) -> Iterator[str]:
    """What a call takes: its own action, and for an expiration that comes with a new channel one more."""
    yield f"chime:{operation}"
    if operation == "CreateChannel" and params.get("ExpirationSettings"):
        yield "chime:PutChannelExpirationSettings"


def _statement(value: object) -> Statement:
    if not isinstance(value, Mapping) or not {"Effect", "Action", "Resource"} <= set(value) <= _PARTS:
        raise ValueError("a statement has Effect, Action, Resource and perhaps a Sid; no more is imitated")
    effect: Literal["Allow", "Deny"]
    match value["Effect"]:
        case "Allow" | "Deny" as effect:
            return Statement(effect, _texts(value["Action"]), _texts(value["Resource"]))
        case _:
            raise ValueError("Effect is Allow or Deny")


def _texts(value: object) -> tuple[str, ...]:
    """IAM takes one text for a list of one."""
    listed: Sequence[object] = value if isinstance(value, list) else [value]
    texts = tuple(each for each in listed if isinstance(each, str))
    if not texts or len(texts) < len(listed):
        raise ValueError("Action and Resource are a text or a list of texts")
    return texts


@cache
def _pattern(text: str) -> re.Pattern[str]:
    wild = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(wild, re.DOTALL)
