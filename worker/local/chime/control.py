"""
The emulator's own HTTP interface, under /_emulator/: looking into Chime and steering it from other processes.

    GET          messages[?channel=ARN]   every message of one or all channels, also those no list shows
    GET          channels                 every channel with its members
    GET          calls                    the latest calls with bearer, token, status and fault
    GET          throttle                 the bucket of every quota, with its counts
    GET PUT      switches                 what AWS does not document; a PUT may name some of them
    GET POST     faults                   the rules in force and how often they struck; a POST adds a list
    DELETE       faults                   no more trouble
    POST         seed                     app instances, users, admins, channels with members
    POST         reset                    everything forgotten but the switches
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from aiohttp import web
from pydantic import ConfigDict, TypeAdapter, ValidationError

from worker.local.chime.errors import ChimeError
from worker.local.chime.faults import FaultRule
from worker.local.chime.roles import Mode, Privacy
from worker.local.chime.state import Chime
from worker.local.chime.switches import Switches

PREFIX = "/_emulator"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class SeedChannel:
    """A channel to begin with, and the users or bots that are its members."""

    arn: str
    name: str | None = None
    privacy: Privacy = "PUBLIC"
    mode: Mode = "UNRESTRICTED"
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seed:
    """What is to be there, by ARN; put in in this order, and never implied by one another."""

    app_instances: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    channels: tuple[SeedChannel, ...] = ()


# Lists, because a TypeAdapter takes a config only around dataclasses, not for one.
_CONFIG = ConfigDict(extra="forbid")
_SEEDS = TypeAdapter(list[Seed], config=_CONFIG)
_RULES = TypeAdapter(list[FaultRule], config=_CONFIG)
_SWITCHES = TypeAdapter(list[Switches], config=_CONFIG)


def plant(chime: Chime, seed: Seed) -> None:
    """Put everything of *seed* into *chime*; raises ChimeError at the first that does not fit."""
    for arn in seed.app_instances:
        chime.add_app_instance(arn)
    for arn in seed.users:
        chime.add_user(arn)
    for arn in seed.admins:
        chime.add_admin(arn)
    for channel in seed.channels:
        chime.add_channel(channel.arn, name=channel.name, privacy=channel.privacy, mode=channel.mode)
        for member in channel.members:
            chime.add_member(channel.arn, member)


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
            ("POST", "seed"): self._seed,
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
            asked = {**asdict(self._chime.switches), **await request.json()}
            [self._chime.switches] = _SWITCHES.validate_python([asked])
        except (ValueError, TypeError) as error:
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

    async def _seed(self, request: web.Request) -> web.Response:
        try:
            [seed] = _SEEDS.validate_json(b"[" + await request.read() + b"]")
            plant(self._chime, seed)
        except ValidationError as error:
            return _unfit(error)
        except ChimeError as error:
            return _refused(error)
        return web.Response(status=204)

    async def _reset(self, _: web.Request) -> web.Response:
        self._chime.reset()
        return web.Response(status=204)


def _json(value: object) -> web.Response:
    return web.Response(text=json.dumps(value), content_type="application/json")


def _refused(error: ChimeError) -> web.Response:
    return web.json_response({"error": error.message}, status=error.status)


def _unfit(error: ValueError | TypeError) -> web.Response:
    return web.json_response({"error": str(error)}, status=400)
