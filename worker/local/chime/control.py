"""
The emulator's own HTTP interface, under /_emulator/: looking into Chime and steering it from other processes.

    GET          messages[?channel=ARN]   every message of one or all channels, also those no list shows
    GET          channels                 every channel with its members
    GET          calls                    the latest calls with bearer, token, status and fault
    GET          throttle                 the bucket of every quota, with its counts
    GET PUT      switches                 what AWS does not document; a PUT may name some of them
    GET POST     faults                   the rules in force and how often they struck; a POST adds a list
    DELETE       faults                   no more trouble
    PUT DELETE   policy                   a policy document: what IAM lets every caller do
    POST         seed                     app instances, users, admins, channel flows, channels with members
    PUT          flows                    other treatments for channel flows, by ARN
    GET          pending                  what channel flows have in hand, with the CallbackIds
    POST         sweep                    what has expired, or is past its retention, removed at once
    POST         trim?channel=ARN[&older_than_s=N]   a channel's messages removed, as retention would
    POST         skip?seconds=N           Chime's time runs ahead of the clock
    POST         reset                    everything forgotten but the switches
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from math import isfinite

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from worker.local.chime.errors import ChimeError
from worker.local.chime.faults import FaultRule
from worker.local.chime.iam import policy_of
from worker.local.chime.processes import Process
from worker.local.chime.seeds import STRICT, plant, seed_of
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches
from worker.local.chime.treatments import Treatment

# The seeds are told of here too: they are what a host wants first.
PREFIX = "/_emulator"
_MOST_S = 20 * 365 * 86400.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


# Lists, because a TypeAdapter takes a config only around dataclasses, not for one.
_RULES = TypeAdapter(list[FaultRule], config=STRICT)
_SWITCHES = TypeAdapter(list[Switches], config=STRICT)
_SCRIPTS = TypeAdapter(Mapping[str, tuple[Treatment, ...]], config=STRICT)


def changed(switches: Switches, changes: Mapping[str, object]) -> Switches:
    """The same switches but for *changes*; raises ValueError or TypeError if they make no sense."""
    [found] = _SWITCHES.validate_python([{**asdict(switches), **changes}])
    return found


class Control:
    """The handlers. A request that does not fit is 400, a seed that does not fit what Chime answers."""

    def __init__(self, chime: Chime) -> None:
        self._chime = chime

    def routes(self) -> list[web.RouteDef]:
        """The routes to add to the app."""
        handlers: dict[tuple[str, str], Handler] = {
            ("GET", "messages"): self._messages,
            ("GET", "channels"): self._channels,
            ("GET", "calls"): self._calls,
            ("GET", "throttle"): self._throttle,
            ("GET", "switches"): self._switches,
            ("PUT", "switches"): self._set_switches,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("PUT", "policy"): self._set_policy,
            ("DELETE", "policy"): self._drop_policy,
            ("POST", "seed"): self._seed,
            ("PUT", "flows"): self._script_flows,
            ("GET", "pending"): self._pending,
            ("POST", "sweep"): self._sweep,
            ("POST", "trim"): self._trim,
            ("POST", "skip"): self._skip,
            ("POST", "reset"): self._reset,
        }
        return [web.route(method, f"{PREFIX}/{name}", each) for (method, name), each in handlers.items()]

    async def _messages(self, request: web.Request) -> web.Response:
        asked = request.query.get("channel")
        try:
            channels = self._chime.channels() if asked is None else [asked]
            return _json({arn: [asdict(m) for m in self._chime.messages(arn)] for arn in channels})
        except ChimeError as error:
            return _refused(error)

    async def _channels(self, _: web.Request) -> web.Response:
        return _json({arn: self._chime.members(arn) for arn in self._chime.channels()})

    async def _calls(self, _: web.Request) -> web.Response:
        log = self._chime.calls
        return _json({"total": log.total, "latest": [asdict(call) for call in log.latest]})

    async def _throttle(self, _: web.Request) -> web.Response:
        buckets = self._chime.throttle.buckets
        return _json([{"owner": owner, **asdict(bucket)} for (_, owner), bucket in buckets.items()])

    async def _switches(self, _: web.Request) -> web.Response:
        return _json(asdict(self._chime.switches))

    async def _set_switches(self, request: web.Request) -> web.Response:
        try:
            self._chime.switches = changed(self._chime.switches, json.loads(await request.read()))
        except (ValueError, TypeError, RecursionError) as error:
            return _unfit(error)
        return await self._switches(request)

    async def _faults(self, _: web.Request) -> web.Response:
        return _json([{**asdict(rule), "struck": struck} for rule, struck in self._chime.faults.struck()])

    async def _add_faults(self, request: web.Request) -> web.Response:
        try:
            self._chime.faults.add(*_RULES.validate_json(await request.read()))
        except ValidationError as error:
            return _unfit(error)
        return await self._faults(request)

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self._chime.faults.clear()
        return web.Response(status=204)

    async def _set_policy(self, request: web.Request) -> web.Response:
        try:
            self._chime.policy = policy_of(json.loads(await request.read()))
        except (ValueError, RecursionError) as error:
            return _unfit(error)
        return web.Response(status=204)

    async def _drop_policy(self, _: web.Request) -> web.Response:
        self._chime.policy = None
        return web.Response(status=204)

    async def _seed(self, request: web.Request) -> web.Response:
        try:
            plant(self._chime, seed_of(await request.read()))
        except ValueError as error:
            return _unfit(error)
        except ChimeError as error:
            return _refused(error)
        return web.Response(status=204)

    async def _script_flows(self, request: web.Request) -> web.Response:
        try:
            for arn, treatments in _SCRIPTS.validate_json(await request.read()).items():
                self._chime.script_flow(arn, *treatments)
        except ValidationError as error:
            return _unfit(error)
        except ChimeError as error:
            return _refused(error)
        return web.Response(status=204)

    async def _pending(self, _: web.Request) -> web.Response:
        return _json([_in_process(process) for process in self._chime.pending()])

    async def _sweep(self, _: web.Request) -> web.Response:
        return _json(asdict(self._chime.sweep()))

    async def _trim(self, request: web.Request) -> web.Response:
        try:
            older_than_s = _seconds(request.query.get("older_than_s", "0"))
            removed = self._chime.trim(request.query.get("channel", ""), older_than_s=older_than_s)
        except ValueError as error:
            return _unfit(error)
        except ChimeError as error:
            return _refused(error)
        return _json({"messages": removed})

    async def _skip(self, request: web.Request) -> web.Response:
        try:
            self._chime.skip(_seconds(request.query.get("seconds", "")))
        except ValueError as error:
            return _unfit(error)
        return web.Response(status=204)

    async def _reset(self, _: web.Request) -> web.Response:
        self._chime.reset()
        return web.Response(status=204)


def _in_process(process: Process) -> dict[str, object]:
    """What a processor would be told, in Chime's own members."""
    return {
        "CallbackId": process.callback_id,
        "ChannelArn": process.channel_arn,
        "ChannelMessage": {"MessageId": process.proposed.message_id, "Content": process.proposed.content},
    }


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (isfinite(seconds) and 0 <= seconds <= _MOST_S):
        raise ValueError(f"a number of seconds between 0 and {_MOST_S:.0f} is wanted")
    return seconds


def _json(value: object) -> web.Response:
    return web.Response(text=json.dumps(value), content_type="application/json")


def _refused(error: ChimeError) -> web.Response:
    return web.json_response({"error": error.message}, status=error.status)


def _unfit(error: ValueError | TypeError | RecursionError) -> web.Response:
    return web.json_response({"error": str(error)}, status=400)
