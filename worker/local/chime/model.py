"""botocore's service models of Chime messaging and identity: one routing and validation table. No network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import unquote

from botocore.loaders import Loader

from worker.local.chime.shapes import Check, compile_shape

SERVICES = ("chime-sdk-messaging", "chime-sdk-identity")
BEARER_HEADER = "x-amz-chime-bearer"

Place = Literal["path", "query", "body"]


@dataclass(frozen=True, slots=True)
class Member:
    """One input member: its name, the name it travels under, and where and as what it travels."""

    name: str
    wire_name: str
    place: Place
    kind: str


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation of either service.

    *path* holds the segments of its URI, placeholders as "{name}"; *literal* is the query pair
    that tells operations of one path apart; *errors* are the shapes it models.
    """

    name: str
    method: str
    path: tuple[str, ...]
    literal: tuple[str, str] | None
    status: int
    bearer: Literal["required", "optional", "none"]
    members: tuple[Member, ...]
    errors: Mapping[str, int]
    check: Check


@dataclass(frozen=True, slots=True)
class Route:
    """The operation a request asks for, and the members its path carries."""

    operation: Operation
    path_params: Mapping[str, str]


@cache
def operations() -> Mapping[str, Operation]:
    """
    Every operation of both services by name.

    Both have the same three tag operations on the same routes; on one port they are one.
    """
    loader = Loader()
    models = [loader.load_service_model(service, "service-2") for service in SERVICES]
    return {operation.name: operation for model in models for operation in _operations_of(model)}


def route(method: str, raw_path: str, query: Mapping[str, str]) -> Route | None:
    """
    The operation for a request line, or None if neither service has such a route.

    *raw_path* is still percent-encoded, without the query: an ARN's slashes travel as %2F.
    """
    segments = raw_path.removeprefix("/").split("/")
    for operation in _routes().get((method, len(segments)), ()):
        if _literal_of(query) == operation.literal and _fits(operation.path, segments):
            return Route(operation, dict(_path_params(operation, segments)))
    return None


@cache
def _routes() -> Mapping[tuple[str, int], Sequence[Operation]]:
    table: dict[tuple[str, int], list[Operation]] = {}
    for operation in operations().values():
        table.setdefault((operation.method, len(operation.path)), []).append(operation)
    return table


def _literal_of(query: Mapping[str, str]) -> tuple[str, str] | None:
    return next(((name, query[name]) for name in ("scope", "operation") if name in query), None)


def _fits(path: Sequence[str], segments: Sequence[str]) -> bool:
    return all(want.startswith("{") or want == got for want, got in zip(path, segments, strict=True))


def _path_params(operation: Operation, segments: Sequence[str]) -> Iterator[tuple[str, str]]:
    names = {member.wire_name: member.name for member in operation.members if member.place == "path"}
    for want, got in zip(operation.path, segments, strict=True):
        if want.startswith("{"):
            yield names[want.strip("{}")], unquote(got)


def _operations_of(model: Mapping[str, Any]) -> Iterator[Operation]:
    shapes: Mapping[str, Any] = model["shapes"]
    for name, spec in model["operations"].items():
        shape_name = spec.get("input", {}).get("shape")
        shape = shapes[shape_name] if shape_name else {"type": "structure", "members": {}}
        path, _, query = spec["http"]["requestUri"].partition("?")
        key, _, value = query.partition("=")
        yield Operation(
            name=name,
            method=spec["http"]["method"],
            path=tuple(path.removeprefix("/").split("/")),
            literal=(key, value) if query else None,
            status=spec["http"].get("responseCode", 200),
            bearer=_bearer_of(shape),
            members=tuple(_members_of(shape, shapes)),
            errors={e["shape"]: shapes[e["shape"]]["error"]["httpStatusCode"] for e in spec["errors"]},
            check=compile_shape(_without_bearer(shape), shapes),
        )


def _bearer_of(shape: Mapping[str, Any]) -> Literal["required", "optional", "none"]:
    if "ChimeBearer" not in shape["members"]:
        return "none"
    return "required" if "ChimeBearer" in shape.get("required", ()) else "optional"


def _without_bearer(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """The bearer is a header with rules of its own, so it is no parameter here."""
    members = {name: ref for name, ref in shape["members"].items() if name != "ChimeBearer"}
    required = [name for name in shape.get("required", ()) if name != "ChimeBearer"]
    return {**shape, "members": members, "required": required}


def _members_of(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[Member]:
    places: Mapping[str, Place] = {"uri": "path", "querystring": "query"}
    for name, ref in _without_bearer(shape)["members"].items():
        place = places.get(ref.get("location", ""), "body")
        yield Member(name, ref.get("locationName", name), place, shapes[ref["shape"]]["type"])
