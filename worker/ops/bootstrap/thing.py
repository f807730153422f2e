"""A thing that a worker needs: how it stands, and what becomes of it. One at a time, in their order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, assert_never

from worker.ops.doctor.asking import NotAnswered

State = Literal["exists", "created", "would create", "differs", "failed"]
Mode = Literal["look", "make"]

POLL_S = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be said of a thing. Nothing is escaped."""

    what: str
    state: State
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """It is not there, or *part* of it is not, and can be made."""

    part: str | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """A worker can use it; *differs* says where it is not as it would have been made, if anywhere."""

    differs: str | None = None


@dataclass(frozen=True, slots=True)
class Impossible:
    """It is not there, or not as a worker needs it, and only people can mend that."""

    why: str


Standing = Missing | Exists | Impossible


class Thing(Protocol):
    """Something to look for, and to make. Both raise NotAnswered."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    async def look(self) -> Standing:
        """Say how it stands; what it rests on may be missing too."""

    async def make(self) -> None:
        """Make it; what it rests on is there."""


async def gone_through(things: Iterable[Thing], *, mode: Mode) -> AsyncIterator[Line]:
    """Look for every thing, or make what is missing; the first that fails is the last."""
    for thing in things:
        try:
            line = await _line(thing, mode)
        except NotAnswered as fault:
            line = failed(thing.name, fault)
        yield line
        if line.state == "failed":
            return


async def until(condition: Callable[[], Awaitable[bool]], *, within_s: float, action: str) -> None:
    """Wait for what AWS has begun; NotAnswered if *action* does not tell of it in time."""
    try:
        async with asyncio.timeout(within_s):
            while not await condition():  # noqa: ASYNC110 (AWS can only be asked)
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise NotAnswered(action, "", f"it is not ready after {within_s:g} s: run it again") from None


def failed(what: str, fault: NotAnswered) -> Line:
    """Say what AWS did not do, and what allows it if that is why."""
    if fault.code == "AccessDenied":
        sentence = f"{fault.action} is not allowed: `backend-worker iam-policy --bootstrap` prints the policy"
    else:
        sentence = f"{fault} (`{fault.mend}`)" if fault.mend else str(fault)
    return Line(what, "failed", sentence)


async def _line(thing: Thing, mode: Mode) -> Line:
    standing = await thing.look()
    match standing:
        case Exists(None):
            return Line(thing.name, "exists")
        case Exists(differs):
            return Line(thing.name, "differs", differs)
        case Impossible(why):
            return Line(thing.name, "failed", why)
        case Missing(part):
            what = f"{part} of {thing.name}" if part else thing.name
            return Line(what, "would create") if mode == "look" else await _made(thing, what)
        case _:
            assert_never(standing)


async def _made(thing: Thing, what: str) -> Line:
    try:
        await thing.make()
    except NotAnswered as fault:
        if fault.code != "Conflict":
            raise
        return Line(what, "exists")  # somebody else made it meanwhile
    return Line(what, "created")
