"""Whatever the body: a job or a refusal, and nothing of the message in what is shown."""

from __future__ import annotations

import json
from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract_job.bodies import parse
from tests.contract_job.wrappings import cloud_event, cloud_event_base64, event_bridge, sns
from worker.contract.job import Job
from worker.contract.rejected import Rejected
from worker.contract.wire import WIRES

SECRET = "Kq7 tell nobody Zx9"

_MESSAGE_FIELDS = ("content", "metadata", "attributes", "push", "content_type", "type", "extra")

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)
secrets = st.sampled_from(
    [SECRET, f"{SECRET}\x00", f"{SECRET}\ud800", f"{SECRET}\n" * 300, [SECRET], {SECRET: SECRET}]
)
message_values: st.SearchStrategy[Any] = any_json | secrets
fields = st.fixed_dictionaries(
    {},
    optional={
        "id": any_json | st.just("a"),
        "channel": any_json | st.just("orders"),
        "message": st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(_MESSAGE_FIELDS, message_values),
        ),
        "message_of": any_json | st.sampled_from(["order-8812", {"message_id": "m-1"}]),
        "members": any_json | st.just(["ana"]),
        "membership_type": any_json | st.just("HIDDEN"),
        "bearer": any_json,
        "type": any_json | st.sampled_from(list(WIRES)),
        "not_before": any_json,
        "context": message_values,
        "extra": any_json,
    },
)
wrappings = st.lists(st.sampled_from([sns, event_bridge, cloud_event, cloud_event_base64]), max_size=4)
bodies = st.builds(
    lambda job, around: json.dumps(reduce(lambda body, wrap: wrap(body), around, job)), fields, wrappings
)


def job_or_refusal(body: str) -> Job | Rejected:
    """Parse, and let nothing but Rejected be raised."""
    try:
        return parse(body)
    except Rejected as rejected:
        return rejected


@given(st.text() | any_json.map(json.dumps))
@settings(max_examples=200, deadline=None)
def test_any_text_and_any_json_is_a_job_or_a_refusal(body: str) -> None:
    """No body may crash the worker."""
    end = job_or_refusal(body)

    assert isinstance(end, Job) or (
        end.detail and end.detail.isprintable() and len(end.detail.encode()) <= 1024
    )


@given(bodies, st.integers(0, 40))
@settings(max_examples=400, deadline=None)
def test_no_refusal_tells_anything_of_the_message(body: str, cut: int) -> None:
    """Message text, metadata and context stay out of the detail, also of a body that breaks off."""
    for text in (body, body[: len(body) - cut]):
        end = job_or_refusal(text)

        assert SECRET not in f"{end} {end!r}"
