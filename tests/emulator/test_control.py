"""Looking into the emulator and steering it over HTTP, and running it on its own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiobotocore.session import AioSession
from aiohttp import ClientSession

from tests.emulator.people import ADMIN, ANNA, APP, BEN, FLOW, ORDERS, PRIVATE, a_message
from worker.local.chime.__main__ import main
from worker.local.chime.server import Emulator
from worker.local.chime.state import Chime

DEEP = b"[" * 100_000


@pytest.fixture
async def http(served: Emulator) -> AsyncIterator[ClientSession]:
    async with ClientSession(f"{served.url}/_emulator/") as session:
        yield session


async def test_messages_are_dumped_with_those_that_no_list_shows(http: ClientSession, chime: Chime) -> None:
    chime.call("SendChannelMessage", a_message("typing", Persistence="NON_PERSISTENT"), bearer=ANNA)

    async with http.get("messages", params={"channel": ORDERS}) as answer:
        [message] = (await answer.json())[ORDERS]
    assert (message["content"], message["sender_arn"]) == ("typing", ANNA)


async def test_every_call_is_logged_with_bearer_token_and_status(http: ClientSession, chime: Chime) -> None:
    before = chime.calls.total
    chime.call("SendChannelMessage", a_message(token="one"), bearer=ANNA)

    async with http.get("calls") as answer:
        log = await answer.json()
    assert log["total"] == before + 1
    assert log["latest"][-1] == {
        "at_ms": 1772366400123,
        "operation": "SendChannelMessage",
        "bearer": ANNA,
        "channel": ORDERS,
        "token": "one",
        "status": 201,
        "fault": "",
    }


async def test_faults_are_added_counted_and_cleared(http: ClientSession, chime: Chime) -> None:
    rule = {"fault": {"kind": "drop", "when": "before"}, "operation": "SendChannelMessage", "times": 2}
    async with http.post("faults", json=[rule]) as answer:
        [added] = await answer.json()

    assert answer.status == 200
    assert (added["fault"], added["struck"]) == ({"kind": "drop", "when": "before"}, 0)
    assert chime.faults.fault_for("SendChannelMessage", channel=ORDERS, bearer=ANNA) is not None
    async with http.delete("faults") as answer:
        assert answer.status == 204
    assert chime.faults.fault_for("SendChannelMessage", channel=ORDERS, bearer=ANNA) is None


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": {"kind": "flood"}},
        {"fault": {"kind": "drop", "wen": "after"}},
        {"fault": {"kind": "drop"}, "x": 1},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(
    http: ClientSession, chime: Chime, rule: dict[str, object]
) -> None:
    async with http.post("faults", json=[rule]) as answer:
        assert answer.status == 400
    assert chime.faults.struck() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "switches", b'{"page_size": 0}'),
        ("PUT", "switches", b'{"page_size": 51}'),
        ("PUT", "switches", b'{"list_lag_s": NaN}'),
        ("PUT", "switches", b'{"burst_s": -1}'),
        ("PUT", "switches", b'{"retry_after_s": -1}'),
        ("PUT", "switches", b'{"nonsense": 1}'),
        ("PUT", "switches", b"[]"),
        ("PUT", "switches", b"7"),
        ("PUT", "switches", b"\xff"),
        ("PUT", "switches", DEEP),
        ("POST", "faults", b'[{"fault": {"kind": "drip", "chunk_bytes": 0}}]'),
        ("POST", "faults", b'[{"fault": {"kind": "drip", "interval_s": -1}}]'),
        ("POST", "faults", b'[{"fault": {"kind": "slow", "delay_s": 1e9}}]'),
        ("POST", "faults", b'[{"fault": {"kind": "refuse", "status": 99}}]'),
        ("POST", "faults", b'[{"fault": {"kind": "refuse", "code": "a\\r\\nb"}}]'),
        ("POST", "faults", b'[{"fault": {"kind": "redirect", "location": "a\\nb"}}]'),
        ("POST", "faults", b'[{"fault": {"kind": "redirect", "status": 200}}]'),
        ("POST", "faults", DEEP),
        ("POST", "seed", b"{}]["),
        ("POST", "seed", b""),
        ("POST", "seed", DEEP),
        ("PUT", "flows", b'{"arn": [{"kind": "pass", "delay_s": -1}]}'),
        ("PUT", "flows", b'{"arn": [{"kind": "guess"}]}'),
        ("PUT", "flows", b"[]"),
        ("POST", "skip", b""),
        ("POST", "skip?seconds=NaN", b""),
        ("POST", "skip?seconds=1e300", b""),
        ("POST", "trim?older_than_s=soon", b""),
    ],
)
async def test_a_control_request_that_makes_no_sense_is_refused_and_changes_nothing(
    http: ClientSession, chime: Chime, method: str, path: str, body: bytes
) -> None:
    before = chime.switches

    async with http.request(method, path, data=body) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]
    assert (chime.switches, chime.faults.struck()) == (before, [])


async def test_one_switch_is_set_and_the_others_stay(http: ClientSession, chime: Chime) -> None:
    async with http.put("switches", json={"tokens": "ignored", "list_lag_s": 2}) as answer:
        assert answer.status == 200
    async with http.put("switches", json={"tokens": "sometimes"}) as answer:
        assert answer.status == 400

    assert (chime.switches.tokens, chime.switches.list_lag_s, chime.switches.rates) == ("ignored", 2, "off")


async def test_a_seed_puts_in_what_it_names_and_nothing_else(http: ClientSession, chime: Chime) -> None:
    async with http.post("reset") as answer:
        assert answer.status == 204
    seed = {
        "app_instances": [APP],
        "users": [ANNA, BEN],
        "admins": [ANNA],
        "channels": [{"arn": ORDERS, "privacy": "PRIVATE", "members": [BEN]}],
    }
    async with http.post("seed", json=seed) as answer:
        assert answer.status == 204
    async with http.get("channels") as answer:
        assert await answer.json() == {ORDERS: [BEN]}
    async with http.post(
        "seed", json={"channels": [{"arn": f"{ORDERS}-2", "members": [f"{APP}/user/nobody"]}]}
    ) as answer:
        assert answer.status == 404
    async with http.post("seed", json=seed) as answer:
        assert answer.status == 409


async def test_a_bucket_shows_its_owner_and_what_it_let_through(http: ClientSession, chime: Chime) -> None:
    async with http.put("switches", json={"rates": "us-east-1"}) as answer:
        assert answer.status == 200
    chime.call("SendChannelMessage", a_message(), bearer=BEN)

    async with http.get("throttle") as answer:
        buckets = await answer.json()
    [bearers] = [bucket for bucket in buckets if bucket["owner"] == BEN]
    assert (bearers["quota"]["per_s"], bearers["admitted"], bearers["refused"]) == (10, 1, 0)


async def test_a_flow_is_seeded_watched_scripted_anew_and_called_back(
    http: ClientSession, chime: Chime
) -> None:
    async with http.post("reset") as answer:
        assert answer.status == 204
    seed = {
        "app_instances": [APP],
        "users": [ANNA, BEN],
        "flows": [{"arn": FLOW, "treatments": [{"kind": "hold"}]}],
        "channels": [{"arn": ORDERS, "members": [ANNA, BEN], "flow": FLOW}],
    }
    async with http.post("seed", json=seed) as answer:
        assert answer.status == 204
    sent = chime.call("SendChannelMessage", a_message("hi"), bearer=ANNA)

    async with http.get("pending") as answer:
        [pending] = await answer.json()
    assert pending["ChannelMessage"] == {"MessageId": sent["MessageId"], "Content": "hi"}
    chime.call("ChannelFlowCallback", {**pending, "DeleteResource": True}, bearer=None)
    assert chime.messages(ORDERS) == []
    async with http.put("flows", json={FLOW: [{"kind": "pass", "content": "h*"}]}) as answer:
        assert answer.status == 204
    chime.call("SendChannelMessage", a_message("ho"), bearer=ANNA)
    assert [message.content for message in chime.messages(ORDERS)] == ["h*"]


async def test_time_is_skipped_and_what_has_expired_is_swept(http: ClientSession, chime: Chime) -> None:
    expiring = {"ExpirationDays": 1, "ExpirationCriterion": "CREATED_TIMESTAMP"}
    put: dict[str, object] = {"ChannelArn": PRIVATE, "ExpirationSettings": expiring}
    chime.call("PutChannelExpirationSettings", put, bearer=ADMIN)
    chime.call("SendChannelMessage", a_message(), bearer=ANNA)

    async with http.post("skip", params={"seconds": "86400"}) as answer:
        assert answer.status == 204
    async with http.post("sweep") as answer:
        assert await answer.json() == {"channels": 1, "users": 0, "messages": 0}
    async with http.post("trim", params={"channel": ORDERS, "older_than_s": "86400"}) as answer:
        assert await answer.json() == {"messages": 0}
    async with http.post("trim", params={"channel": ORDERS, "older_than_s": "86399"}) as answer:
        assert await answer.json() == {"messages": 1}
    async with http.post("trim", params={"channel": PRIVATE}) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    "arguments",
    [
        ("--switch", "list_lag=2"),
        ("--switch", "page_size=0"),
        ("--switch", "tokens=sometimes"),
        ("--seed", "/nowhere/seed.json"),
    ],
)
def test_it_does_not_start_with_what_makes_no_sense(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


async def test_it_starts_with_the_seed_and_the_switches_it_is_given(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"app_instances": [APP], "users": [ANNA], "channels": [{"arn": ORDERS}]}))
    async with _running("--seed", str(seed), "--switch", "list_lag_s=2", "--rates", "off") as exports:
        url = exports["AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING"]
        async with ClientSession(f"{url}/_emulator/") as http:
            async with http.get("switches") as answer:
                switches = await answer.json()
            async with http.get("channels") as answer:
                channels = await answer.json()

    assert exports["WORKER_APP_INSTANCE_ARN"] == APP
    assert (switches["list_lag_s"], switches["rates"]) == (2, "off")
    assert channels == {ORDERS: []}


async def test_it_runs_on_its_own_and_prints_what_an_sdk_needs(sdk: AioSession) -> None:
    async with _running() as exports:
        app_instance = exports["WORKER_APP_INSTANCE_ARN"]
        client = sdk.create_client(
            "chime-sdk-messaging",
            region_name="us-east-1",
            endpoint_url=exports["AWS_ENDPOINT_URL_CHIME_SDK_MESSAGING"],
        )
        async with client as messaging:
            sent = await messaging.send_channel_message(
                ChannelArn=f"{app_instance}/channel/general",
                Content="hello",
                Type="STANDARD",
                Persistence="PERSISTENT",
                ChimeBearer=f"{app_instance}/user/backend_worker",
            )

    assert sent["MessageId"]


@asynccontextmanager
async def _running(*arguments: str) -> AsyncIterator[dict[str, str]]:
    """The emulator as a program of its own, and what it prints; it ends well when it is told to."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "worker.local.chime", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        lines = [(await process.stdout.readline()).decode().strip() for _ in range(3)]
        yield dict(line.split("=", 1) for line in lines)
    finally:
        process.terminate()
        exit_code = await process.wait()
    assert exit_code == 0
