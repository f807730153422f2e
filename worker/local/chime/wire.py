"""Requests into parameters, answers and refusals into bytes: Chime's rest-json. It decides nothing."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from worker.local.chime.call import Answer
from worker.local.chime.clock import to_ms
from worker.local.chime.errors import ChimeError, bad_request, refusal, short_code
from worker.local.chime.faults import BrokenBody
from worker.local.chime.model import BEARER_HEADER, Member, Route
from worker.local.chime.switches import Switches


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: an HTTP status, a body and the headers that tell what it is."""

    status: int
    body: bytes
    headers: Mapping[str, str]


# Chime's deepest member lies five deep. What is nested much deeper could not be answered again.
DEPTH_MAX = 32
_INTEGER = re.compile(r"-?[0-9]{1,9}")


def params_of(route: Route, query: Mapping[str, str], body: bytes) -> dict[str, object]:
    """The input members a request carries in path, query and body; what Chime does not know it ignores."""
    members = route.operation.members
    params: dict[str, object] = dict(route.path_params)
    for member in members:
        if member.place == "query" and member.wire_name in query:
            params[member.name] = _from_query(member, query[member.wire_name])
    if any(member.place == "body" for member in members):
        sent = _object_in(body)
        params |= {m.name: sent[m.wire_name] for m in members if m.place == "body" and m.wire_name in sent}
    return params


def check_signature(route: Route, authorization: str) -> None:
    """Refuse what is not signed for Chime; that the signature itself is right is not verified."""
    fields = dict(part.strip().partition("=")[::2] for part in authorization.partition(" ")[2].split(","))
    signed = fields.get("SignedHeaders", "").split(";")
    if not authorization.startswith("AWS4-HMAC-SHA256 ") or not fields.get("Signature"):
        raise refusal("UnauthorizedClientException", "The request is not signed with Signature Version 4")
    if not fields.get("Credential", "").endswith("/chime/aws4_request"):
        raise refusal("UnauthorizedClientException", "The credential must be scoped to the service: chime")
    if route.operation.bearer == "required" and BEARER_HEADER not in signed:
        raise refusal("UnauthorizedClientException", f"The {BEARER_HEADER} header must be signed")


def answered(answer: Answer, status: int) -> Reply:
    """An answer in the model's member names; timestamps are seconds since the epoch with milliseconds."""
    body = b"" if status == 204 else json.dumps(answer, default=_timestamp).encode()
    return Reply(status, body, {"Content-Type": "application/json"})


def refused(error: ChimeError, switches: Switches) -> Reply:
    """A refusal: the shape's name in a header, unless that is omitted, and its short code in the body."""
    body = json.dumps({"Code": short_code(error.code), "Message": error.message}).encode()
    headers = {"Content-Type": "application/json"}
    if switches.error_header == "sent":
        headers["x-amzn-ErrorType"] = error.code
    if error.status == 429 and switches.retry_after_s is not None:
        headers["Retry-After"] = str(switches.retry_after_s)
    return Reply(error.status, body, headers)


def spoilt(reply: Reply, how: BrokenBody) -> Reply:
    """The same success with a body that is of no use to anybody."""
    match how:
        case "truncated":
            return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)
        case "html":
            return Reply(reply.status, b"<html><body>It works!</body></html>", {"Content-Type": "text/html"})
        case "empty":
            return Reply(reply.status, b"", reply.headers)
        case "no_members":
            return Reply(reply.status, b"{}", reply.headers)
        case "number_for_id":
            body = json.dumps({**json.loads(reply.body or b"{}"), "MessageId": 7}).encode()
            return Reply(reply.status, body, reply.headers)
        case "list":
            return Reply(reply.status, b"[]", reply.headers)
        case _:
            assert_never(how)


def _from_query(member: Member, text: str) -> object:
    try:
        match member.kind:
            case "integer" if _INTEGER.fullmatch(text):
                return int(text)
            case "integer":
                raise ValueError(text)
            case "timestamp":
                instant = datetime.fromisoformat(text)
                return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
            case _:
                return text
    except ValueError as error:
        raise bad_request(f"{member.name} must be of type {member.kind}") from error


def _object_in(body: bytes) -> Mapping[str, object]:
    """The body as an object; JSON as RFC 8259 has it, in UTF-8 and nothing else."""
    try:
        sent = json.loads(body.decode() or "{}", parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise bad_request("The request body is not valid JSON") from error
    if not isinstance(sent, dict):
        raise bad_request("The request body must be an object")
    if body.count(b"{") + body.count(b"[") > DEPTH_MAX and _is_deeper(sent, DEPTH_MAX):
        raise bad_request("The request body is nested too deeply")
    return sent


def _no_json(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


def _is_deeper(value: object, depth: int) -> bool:
    """Whether *value* is nested more than *depth* deep."""
    if not isinstance(value, dict | list):
        return False
    items = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_is_deeper(item, depth - 1) for item in items)


def _timestamp(value: object) -> float:
    if isinstance(value, datetime):
        return to_ms(value) / 1000
    raise TypeError(f"an answer holds a {type(value).__name__}, which Chime's JSON cannot carry")
