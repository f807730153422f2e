"""
Two tables, printed by `pytest -s`: what becomes of every wrapping, and of every poison body of the catalogue.

The catalogue numbers the bodies that queues have been poisoned with. What is wrong with each of them in
detail is in `test_poison_bodies` and `wrapping_cases`, whose bodies these are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tests.contract_job.bodies import HOME, a_job, a_message, parse
from tests.contract_job.test_poison_bodies import FOREIGN, INVALID, NOT_A_JOB, UNREADABLE
from tests.contract_job.wrapping_cases import (
    FIXED_CLOUD,
    FIXED_EVENT,
    FIXED_SNS,
    GOOD,
    JOB,
    OUTCOMES,
    WRONG,
)
from tests.contract_job.wrappings import cloud_event, cloud_event_base64, event_bridge, only, sns, without
from worker.contract.rejected import Rejected

Wrap = Callable[..., dict[str, object]]
Case = tuple[object, str]
"""A body and its end: a reason, or TAKEN."""


def sns_fifo(content: object, /, **keys: object) -> dict[str, object]:
    """Wrap into a notification of a FIFO topic."""
    return sns(content, TopicArn="arn:aws:sns:us-east-1:123456789012:orders.fifo", SequenceNumber="1") | keys


WRAPPINGS: Mapping[str, tuple[Wrap, tuple[str, ...]]] = {
    "SNS": (sns, FIXED_SNS),
    "SNS, FIFO topic": (sns_fifo, FIXED_SNS),
    "EventBridge": (event_bridge, FIXED_EVENT),
    "CloudEvent, data": (cloud_event, FIXED_CLOUD),
    "CloudEvent, data_base64": (cloud_event_base64, ("specversion", "id", "source", "type", "data_base64")),
}
"""Each with the keys that its sender always sets. Raw SNS is no wrapping: the body is the job."""

TAKEN = "a job"
"""The end of a body that is a job, also of one that looks like poison: its text is text."""


def bodies_of(wrap: Wrap, fixed: tuple[str, ...]) -> Mapping[str, Case]:
    """All that can become of one wrapping."""
    return {
        "good": (wrap(JOB), TAKEN),
        "nested: in SNS": (sns(wrap(JOB)), TAKEN),
        "nested: SNS inside": (wrap(sns(JOB)), TAKEN),
        "nested: three deep": (sns(event_bridge(wrap(JOB))), TAKEN),
        "nested: the fourth": (sns(event_bridge(sns(wrap(JOB)))), "not_a_job"),
        "optional keys missing": (only(wrap(JOB), *fixed), TAKEN),
        "wrong: a fixed key missing": (without(wrap(JOB), fixed[-2]), "not_a_job"),
        "wrong: no job inside": (wrap({"order": 8812}), "not_a_job"),
        "wrong: encoded twice": (wrap(json.dumps(json.dumps(JOB))), "unreadable"),
        "wrong: a bad job inside": (wrap(a_job(chanel="orders")), "invalid_job"),
    }


BARE: Mapping[str, Case] = {
    "good": (JOB, TAKEN),
    "optional fields missing": (only(JOB, "id", "channel", "message"), TAKEN),
    "optional fields null": (a_job(bearer=None, context=None), TAKEN),
    "wrong: a field missing": (without(JOB, "channel"), "invalid_job"),
}
GRID = {
    f"{name}: {what}": case
    for name, cases in (
        ("no wrapping, or raw SNS", BARE),
        *((name, bodies_of(wrap, fixed)) for name, (wrap, fixed) in WRAPPINGS.items()),
    )
    for what, case in cases.items()
}


def a_reason(reason: str, *bodies: object) -> list[Case]:
    return [(body, reason) for body in bodies]


def unreadable(*names: str) -> list[Case]:
    return a_reason("unreadable", *(UNREADABLE[name][0] for name in names))


def not_a_job(*names: str) -> list[Case]:
    return a_reason("not_a_job", *(NOT_A_JOB[name][0] for name in names))


def invalid(*names: str) -> list[Case]:
    return a_reason("invalid_job", *(a_job() | INVALID[name][0] for name in names))


def foreign(name: str) -> list[Case]:
    return a_reason("foreign_channel", a_job(channel=f"{FOREIGN[name][0]}/channel/orders"))


LOG_LINE = '\n{"level": "error"}\x1b[2J\u2028\u202e'
TEMPLATE = "{0.__class__} %(x)s ${jndi:ldap://x}"
SCRIPT = "<script>alert(1)</script>"

CATALOGUE: Mapping[str, list[Case]] = {
    "1 empty": unreadable("empty", "white-space"),
    "2 null": not_a_job("null"),
    "3 number": not_a_job("number", "boolean"),
    "4 bare string": not_a_job("string"),
    "5 list": not_a_job("list"),
    "6 XML, plain text": unreadable("xml", "plain-text"),
    "7 truncated": unreadable("truncated"),
    "8 trailing garbage": unreadable("trailing-text"),
    "9 byte order mark": unreadable("bom"),
    "10 single quotes": unreadable("python-repr"),
    "11 100k deep arrays": unreadable("100k-deep-arrays"),
    "12 100k unclosed objects": unreadable("100k-unclosed-objects"),
    "13 integer of 5,000 digits": unreadable("long-integer"),
    "14 integer of a million digits": a_reason("unreadable", "9" * 1_000_000),
    "15 NaN, Infinity, 1e999": unreadable("nan", "infinity", "1e999"),
    "16 duplicate keys": unreadable("duplicate-key", "duplicate-key-inside"),
    "17 lone surrogate": unreadable("lone-high-surrogate", "lone-low-surrogate"),
    "18 NUL and controls": [
        *unreadable("nul-escape", "raw-control"),
        *a_reason("invalid_job", a_job(id="a\x07"), a_job(channel="a\x1b")),
        *a_reason(TAKEN, a_message(content="a\x07")),
    ],
    "19 100k unknown keys": [
        *invalid("12k-unknown-keys"),
        *a_reason("unreadable", a_job(**{f"k{n}": n for n in range(100_000)})),
    ],
    "20 content of 1 MiB": [
        *a_reason("unreadable", a_message(content="x" * 2**20)),
        *a_reason("content_too_large", a_message(content="x" * 4097)),
    ],
    "21 boolean or integer for a string": invalid("number-for-string", "boolean-for-string"),
    "22 unknown fields": invalid("endpoint-url", "dunder", "typo"),
    "23 unknown schema version": invalid("schema-version"),
    "24 job id empty, long, odd": a_reason(
        "invalid_job", *(a_job(id=each) for each in ("", "x" * 129, "a\n", "a b", "a\\..\\b", "😀"))
    ),
    "25 other app instance": foreign("app-instance"),
    "26 other account": foreign("account"),
    "27 other partition": foreign("partition"),
    "28 other region": foreign("region"),
    "29 ARN of something else": invalid("user-for-channel", "flow-for-channel", "app-instance-for-channel"),
    "30 odd channel ARNs": a_reason(
        "invalid_job",
        *(a_job(channel=f"{HOME}/channel/{end}") for end in ("a\r\nb", "a b", "../a", "a%2fb", "*")),
    ),
    "31 bearer in the job": invalid("foreign-bearer", "channel-for-bearer"),
    "32 times": [
        *invalid("epoch", "no-offset", "empty-window"),
        *a_reason("invalid_job", a_job(not_after="tomorrow"), a_job(not_before="9999-12-31T23:59:59Z")),
        *a_reason(TAKEN, a_job(not_after="2001-01-01T00:00:00Z"), a_job(not_after="9999-12-31T23:59:59Z")),
    ],
    "34 log lines as text": [
        *a_reason(TAKEN, a_message(content=LOG_LINE)),
        *a_reason("invalid_job", a_job(id=LOG_LINE), a_job(**{LOG_LINE: 1}), a_job(channel=LOG_LINE)),
    ],
    "37 Base64, gzip": unreadable("base64", "base64-gzip", "base64-in-json"),
    "38 HTML in ids": a_reason("invalid_job", a_job(id=SCRIPT), a_job(channel=SCRIPT), a_job(bearer=SCRIPT)),
    "39 templates": [
        *a_reason(TAKEN, a_message(content=TEMPLATE)),
        *a_reason("invalid_job", a_job(id=TEMPLATE), a_job(**{TEMPLATE: TEMPLATE})),
    ],
    "40 S3 pointers": [
        *not_a_job("s3-pointer"),
        *a_reason("not_a_job", *(WRONG[name].body for name in WRONG if name.startswith("bare: S3 pointer"))),
    ],
    "41 SNS notification": [*a_reason(TAKEN, sns(JOB)), *a_reason("not_a_job", sns({"order": 1}))],
    "42 invalid UTF-8": a_reason("unreadable", b'{"id": "\xff"}'.decode(errors="surrogateescape")),
}
"""
By the catalogue's numbers; those that are no body are elsewhere: 33 an id with two payloads (`core`), 35
attributes and 36 trace headers (`contract/inbox`). SQS itself refuses 42: here it is what a reader that
does not would hand us.
"""


def test_the_table_of_wrappings_and_their_ends() -> None:
    """Beside the grid it has what each sender makes besides, by the table of `test_wrappings`."""
    others = {name: case.body for table in (GOOD, WRONG) for name, case in table.items()} | OUTCOMES

    ends = {name: end_of(body) for name, (body, _) in GRID.items()}
    ends_of_others = {f"besides: {name}": end_of(body) for name, body in others.items()}

    show("wrapping", ends | ends_of_others)
    assert {name: end for name, (_, end) in GRID.items()} == {
        name: end.partition(":")[0] for name, end in ends.items()
    }


def test_the_table_of_poison_bodies_and_their_reasons() -> None:
    """Each body of the catalogue by its number."""
    ends = {name: [end_of(body) for body, _ in cases] for name, cases in CATALOGUE.items()}

    show("poison", {f"{name} ({n})": end for name, each in ends.items() for n, end in enumerate(each, 1)})
    assert {name: [end for _, end in cases] for name, cases in CATALOGUE.items()} == {
        name: [end.partition(":")[0] for end in each] for name, each in ends.items()
    }


def end_of(body: object) -> str:
    """TAKEN, or the reason and the detail of the refusal."""
    try:
        parse(body)
    except Rejected as rejected:
        return str(rejected)
    return TAKEN


def show(what: str, ends: Mapping[str, str]) -> None:
    """Print a table in Markdown."""
    lines = [f"| {name} | {end} |" for name, end in ends.items()]
    print("", f"| {what} | end |", "|---|---|", *lines, sep="\n")  # noqa: T201 (asked for)
