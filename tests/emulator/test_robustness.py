"""Requests that no SDK would send: each is refused in Chime's own shapes, logged, and breaks nothing."""

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.people import ADMIN, ANNA, ORDERS, ManualClock, a_chime, a_message
from tests.emulator.raw import asked
from worker.local.chime.errors import ChimeError
from worker.local.chime.model import operations
from worker.local.chime.server import Emulator, emulator
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches

CHANNEL = f"/channels/{quote(ORDERS, safe='')}"
MESSAGES = f"{CHANNEL}/messages"
DEEP = b"[" * 100_000
DEEP_BUT_READABLE = b'{"Content": ' + b"[" * 500 + b"]" * 500 + b"}"
DEEP_IN_ATTRIBUTES = json.dumps(
    {
        **a_message(),
        "MessageAttributes": {"k": {"StringValues": ["v"], "X": json.loads("[" * 400 + "]" * 400)}},
    }
).encode()
GZIP = {"Content-Encoding": "gzip"}


@pytest.fixture
def chime(clock: ManualClock) -> Chime:
    """A shop whose callers need not sign."""
    return a_chime(clock, Switches(rates="off", signatures="ignored"))


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"{", {}),
        (b"null", {}),
        (b"[]", {}),
        (b'"text"', {}),
        (b"\xff\xfe", {}),
        (b"\xef\xbb\xbf{}", {}),
        (json.dumps(a_message()).encode("utf-16"), {}),
        (b'{"Content": "\xff"}', {}),
        (json.dumps({**a_message(), "X": float("nan")}).encode(), {}),
        (b'{"Content": 1e999999}', {}),
        (b'{"Content": ' + b"9" * 10_000 + b"}", {}),
        (b'{"Content": "\\ud800"', {}),
        (b'{"Content": {"a": {"a": {}}}}', {}),
        (DEEP, {}),
        (DEEP_BUT_READABLE, {}),
        (DEEP_IN_ATTRIBUTES, {}),
        (b"Content=hello&Type=STANDARD", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
        (b"{}", {"Content-Type": "application/json; charset=nonsense"}),
        (b"{}", GZIP),
        (b"\x1f\x8b\x08" + b"x" * 50, GZIP),
        (b"x" * (1 << 21), {}),
    ],
)
async def test_a_body_that_is_no_message_is_a_bad_request(
    served: Emulator, chime: Chime, body: bytes, headers: Mapping[str, str]
) -> None:
    seen = await asked(served, "POST", MESSAGES, body=body, headers=headers)

    assert seen.status == 400
    assert json.loads(seen.body)["Code"] == "BadRequest"
    assert chime.messages(ORDERS) == []
    assert (chime.calls.latest[-1].operation, chime.calls.latest[-1].status) == ("SendChannelMessage", 400)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-amz-json-1.0", "nonsense", ""])
async def test_the_content_type_is_not_looked_at(served: Emulator, content_type: str) -> None:
    body = json.dumps(a_message()).encode()

    seen = await asked(served, "POST", MESSAGES, body=body, headers={"Content-Type": content_type})

    assert seen.status == 201


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"{MESSAGES}?max-results=0", 400),
        (f"{MESSAGES}?max-results=-1", 400),
        (f"{MESSAGES}?max-results={'9' * 5000}", 400),
        (f"{MESSAGES}?max-results=1_0", 400),
        (f"{MESSAGES}?max-results=%D9%A1", 400),
        (f"{MESSAGES}?max-results=", 400),
        (f"{MESSAGES}?not-before=0001-01-01T00:00:00%2B23:59", 200),
        (f"{MESSAGES}?not-after=9999-12-31T23:59:59-23:59", 200),
        (f"{MESSAGES}?not-before=9999-12-31T23:59:59Z&not-after=0001-01-01T00:00:00Z", 200),
        (f"{MESSAGES}?not-before=NaN", 400),
        (f"{MESSAGES}?sort-order=SIDEWAYS", 400),
        (f"{MESSAGES}?next-token=%00", 400),
        (f"{MESSAGES}?next-token=%FF", 400),
        (f"{MESSAGES}?next-token={'A' * 2049}", 400),
        (f"{MESSAGES}?%FF=%FF&%zz", 200),
        (f"{MESSAGES}/..%2F..%2Fmessages", 400),
        (f"{MESSAGES}/%00", 400),
        (f"{MESSAGES}/%", 400),
        (f"{MESSAGES}/{'x' * 200}", 400),
        ("/channels/%ff%fe/messages", 400),
        ("/channels//messages", 400),
        (f"/channels/{quote(quote(ORDERS, safe=''), safe='')}/messages", 400),
        (f"/channels/{quote(ORDERS)}/messages", 404),
        (f"/channels/{quote(ORDERS + chr(0), safe='')}/messages", 403),
        (f"{CHANNEL}?scope=&operation=", 404),
        (f"{CHANNEL}?scope=app-instance-user-membership", 400),
        ("//", 404),
        ("/..", 404),
        ("/_emulator%2Fcalls", 404),
        ("/_emulator/nonsense", 404),
    ],
)
async def test_a_request_line_out_of_the_ordinary_is_read_or_refused(
    served: Emulator, chime: Chime, target: str, status: int
) -> None:
    before = chime.calls.total

    seen = await asked(served, "GET", target)

    assert status == seen.status
    assert status == 200 or json.loads(seen.body)["Code"]
    assert chime.calls.total == before + 1
    assert chime.calls.latest[-1].status == status


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "DELETE"])
async def test_a_method_of_no_operation_is_unknown(served: Emulator, chime: Chime, method: str) -> None:
    seen = await asked(served, method, MESSAGES)

    assert seen.status == 404
    assert seen.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert (chime.calls.latest[-1].operation, chime.calls.latest[-1].status) == ("", 404)


async def test_a_request_that_is_not_signed_is_logged_like_any_other(served: Emulator, chime: Chime) -> None:
    chime.switches = replace(chime.switches, signatures="checked")

    seen = await asked(served, "GET", MESSAGES)

    logged = chime.calls.latest[-1]
    assert seen.status == 401
    assert (logged.operation, logged.bearer, logged.channel, logged.status) == (
        "ListChannelMessages",
        ANNA,
        ORDERS,
        401,
    )


@pytest.mark.parametrize("bearer", ["", "\xff\xfe", "arn:aws:chime", f"{ANNA}/", "x" * 4000, ANNA.upper()])
async def test_a_bearer_that_is_no_arn_is_refused(served: Emulator, bearer: str) -> None:
    seen = await asked(served, "GET", MESSAGES, headers={"x-amz-chime-bearer": bearer})

    assert seen.status in (400, 403)


@pytest.mark.parametrize("key", [None, True, "text", [], {}, 1.5, -1, 10**400])
@pytest.mark.parametrize("operation", ["ListChannelMessages", "ListChannelMemberships"])
def test_a_next_token_with_a_forged_key_leads_to_no_page_or_an_honest_one(
    chime: Chime, operation: str, key: object
) -> None:
    for n in range(3):
        chime.call("SendChannelMessage", a_message(f"{n}"), bearer=ANNA)
    query: dict[str, object] = {"ChannelArn": ORDERS, "MaxResults": 1}
    genuine = str(chime.call(operation, query, bearer=ANNA)["NextToken"])
    forged = _token([_query_of(genuine), key])

    status = _status(chime, operation, {**query, "NextToken": forged}, bearer=ANNA)

    assert status in (200, 400)


def test_a_next_token_that_is_deeper_than_json_can_be_read_is_a_bad_request(chime: Chime) -> None:
    token = urlsafe_b64encode(b"[" * 1500).decode()

    assert (
        _status(chime, "ListChannelMessages", {"ChannelArn": ORDERS, "NextToken": token}, bearer=ANNA) == 400
    )


@pytest.mark.parametrize("validation", ["on", "off"])
async def test_what_comes_over_http_is_checked_whatever_the_switch_says(
    served: Emulator, chime: Chime, validation: str
) -> None:
    chime.switches = replace(chime.switches, validation="on" if validation == "on" else "off")

    too_long = json.dumps(a_message("x" * 5000)).encode()
    for body in (b'{"Content": 7}', too_long):
        assert (await asked(served, "POST", MESSAGES, body=body)).status == 400


async def test_the_emulators_own_mistakes_have_a_shape_of_the_model_and_a_traceback_in_the_log(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Mistaken(Chime):
        def call(self, *_: object, **__: object) -> dict[str, object]:
            raise LookupError("hunter2")

    with caplog.at_level(logging.ERROR):
        async with emulator(Mistaken(clock, switches=Switches(signatures="ignored"))) as running:
            seen = await asked(running, "GET", MESSAGES)

    assert (seen.status, seen.headers["x-amzn-errortype"]) == (500, "ServiceFailureException")
    assert b"hunter2" not in seen.body
    assert "ListChannelMessages" in caplog.text


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([ORDERS, ANNA]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_operation_trips_over_what_its_members_hold(data: st.DataObject) -> None:
    """Any JSON for any member of any operation: an answer, or a refusal that Chime could have given."""
    chime = a_chime(ManualClock(), Switches(rates="off"))
    operation = operations()[data.draw(st.sampled_from(sorted(operations())))]
    names = [member.name for member in operation.members]
    sound = {name: SOUND[name] for name in names if name in SOUND}
    strange = data.draw(st.dictionaries(st.sampled_from(names), ANY_JSON)) if names else {}
    params = {**sound, **strange}

    status = _status(chime, operation.name, params, bearer=data.draw(st.sampled_from([ANNA, ADMIN])))

    assert status < 500 or status == 501


SOUND: Mapping[str, object] = {
    **a_message(),
    "AppInstanceArn": ORDERS.rpartition("/channel/")[0],
    "AppInstanceUserArn": ANNA,
    "ChannelModeratorArn": ANNA,
    "MemberArn": ANNA,
    "MessageId": "0" * 64,
    "Name": "name",
    "Persistence": "PERSISTENT",
}


def _status(chime: Chime, operation: str, params: Mapping[str, object], *, bearer: str) -> int:
    try:
        chime.call(operation, params, bearer=bearer)
    except ChimeError as error:
        return error.status
    return 200


def _token(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).decode()


def _query_of(token: str) -> object:
    return json.loads(urlsafe_b64decode(token))[0]
