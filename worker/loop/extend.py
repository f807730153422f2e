"""Keeps deliveries in hand hidden from other receivers, through the drain too. It settles nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import ceil

import structlog

from worker.loop.hand import Hand, Held
from worker.loop.settle import Settler
from worker.ports import RECEIVE_LIMIT, QueueUnavailable

log = structlog.get_logger()


async def extend_forever(settler: Settler, hand: Hand, *, visibility_timeout_s: float) -> None:
    """Extend whatever has less than two thirds of its visibility timeout left; look every sixth of it."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(visibility_timeout_s / 6)
        due_before = loop.time() + visibility_timeout_s * 2 / 3
        due = [
            held
            for held in hand
            if held.visible_at < due_before and held.phase != "leaving" and not held.lost
        ]
        for start in range(0, len(due), RECEIVE_LIMIT):
            await _extend(settler, due[start : start + RECEIVE_LIMIT], visibility_timeout_s)


async def _extend(settler: Settler, batch: Sequence[Held], visibility_timeout_s: float) -> None:
    began_at = asyncio.get_running_loop().time()
    try:
        faults = await settler.extend(batch, ceil(visibility_timeout_s))
    except QueueUnavailable as fault:
        log.warning("extension.failed", cause=str(fault), deliveries_count=len(batch))
        return
    for held in batch:
        match faults.get(held.delivery.receipt_handle):
            case None:
                held.visible_at = began_at + visibility_timeout_s
            case "gone":
                held.lost = True
                log.warning("delivery.lost", what="extend", delivery_id=held.delivery.message_id)
            case "later":
                pass
