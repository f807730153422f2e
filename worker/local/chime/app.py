"""Chime over HTTP: both services on one port, played through the fault plan. It keeps no state of its own."""

import asyncio
import logging
from dataclasses import dataclass
from itertools import count
from typing import assert_never
from uuid import UUID

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from worker.local.chime.call import Params
from worker.local.chime.control import Control
from worker.local.chime.errors import ChimeError, bad_request, refusal
from worker.local.chime.faults import Broken, Drip, Drop, Fault, Redirect, Refuse, Slow, takes_effect
from worker.local.chime.model import BEARER_HEADER, Operation, Route, route
from worker.local.chime.state import Chime
from worker.local.chime.wire import Reply, answered, check_signature, params_of, refused, spoilt

MAX_BODY_BYTES = 1 << 20

_log = logging.getLogger(__name__)
_UNSEEN = Reply(500, b"", {})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that could be read."""

    operation: Operation
    params: Params
    bearer: str | None


def application(chime: Chime) -> web.Application:
    """The aiohttp app that serves *chime*, with its controls under /_emulator/."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.add_routes(Control(chime).routes())
    app.router.add_route("*", "/{path:.*}", _Front(chime).handle)
    return app


class _Front:
    """One Chime's HTTP side. Whatever comes in, what goes out has a shape of the service model."""

    def __init__(self, chime: Chime) -> None:
        self._chime = chime
        self._request_ids = count(1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Read a call, let it take effect if its fault lets it, and answer as the fault wants."""
        found = route(request.method, request.raw_path.partition("?")[0], request.query)
        try:
            asked = await self._read(request, found)
        except ChimeError as error:
            return self._respond(self._unread(request, found, error))
        name, channel = asked.operation.name, str(asked.params.get("ChannelArn", ""))
        fault = self._chime.faults.fault_for(name, channel=channel, bearer=asked.bearer or "")
        if isinstance(fault, Slow) and fault.when == "before":
            await asyncio.sleep(fault.delay_s)
        return await self._play(request, fault, reply=self._perform(asked, fault))

    async def _read(self, request: web.Request, found: Route | None) -> Asked:
        if found is None:
            raise refusal("UnknownOperationException", "Neither Chime service has such a route")
        if self._chime.switches.signatures == "checked":
            check_signature(found, request.headers.get("Authorization", ""))
        params = params_of(found, request.query, await _body(request))
        return Asked(found.operation, params, request.headers.get(BEARER_HEADER))

    def _unread(self, request: web.Request, found: Route | None, error: ChimeError) -> Reply:
        """Refuse a request that could not be read; it is logged like a call."""
        name, params = (found.operation.name, found.path_params) if found else ("", {})
        self._chime.unread(name, params, bearer=request.headers.get(BEARER_HEADER), status=error.status)
        return self._refused(error)

    def _perform(self, asked: Asked, fault: Fault | None) -> Reply:
        """Chime's own reply; one that nobody gets to see if the fault keeps the call from it."""
        name, kind = asked.operation.name, fault.kind if fault else ""
        if not takes_effect(fault):
            self._chime.miss(name, asked.params, bearer=asked.bearer, fault=kind)
            return _UNSEEN
        try:
            if self._chime.switches.validation == "off":
                self._chime.check(asked.operation, asked.params)
            answer = self._chime.call(name, asked.params, bearer=asked.bearer, fault=kind)
            return answered(answer, asked.operation.status)
        except ChimeError as error:
            return self._refused(error)
        except Exception:
            _log.exception("the emulator failed at %s: please report it", name)
            return self._refused(refusal("ServiceFailureException", "This is the emulator's own failure"))

    async def _play(self, request: web.Request, fault: Fault | None, *, reply: Reply) -> web.StreamResponse:
        """Answer with *reply*, or with what the fault makes of it."""
        match fault:
            case Drop():
                return _drop(request)
            case Drip():
                return await self._drip(request, fault, reply=reply)
            case Slow(when="after", delay_s=delay_s):
                await asyncio.sleep(delay_s)
            case Broken(body=body) if reply.status < 300:
                reply = spoilt(reply, body)
            case Refuse(status=status, code=code, message=message):
                reply = self._refused(ChimeError(code, status, message))
            case Redirect(status=status, location=location):
                reply = Reply(status, b"", {"Location": location})
            case None | Slow() | Broken():
                pass
            case _:
                assert_never(fault)
        return self._respond(reply)

    async def _drip(self, request: web.Request, fault: Drip, *, reply: Reply) -> web.StreamResponse:
        headers = {**self._headers(reply), "Content-Length": str(len(reply.body))}
        response = web.StreamResponse(status=reply.status, headers=headers)
        await response.prepare(request)
        for start in range(0, len(reply.body), fault.chunk_bytes):
            await response.write(reply.body[start : start + fault.chunk_bytes])
            await asyncio.sleep(fault.interval_s)
        await response.write_eof()
        return response

    def _refused(self, error: ChimeError) -> Reply:
        return refused(error, self._chime.switches)

    def _respond(self, reply: Reply) -> web.Response:
        return web.Response(status=reply.status, body=reply.body, headers=self._headers(reply))

    def _headers(self, reply: Reply) -> dict[str, str]:
        return {**reply.headers, "x-amzn-RequestId": str(UUID(int=next(self._request_ids)))}


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise bad_request("The request body is too large") from error
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise bad_request("The request body cannot be read") from error


def _drop(request: web.Request) -> web.Response:
    """Reset the connection; what is returned finds nobody to go to."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
