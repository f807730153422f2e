"""What a ledger is asked to count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many jobs a ledger remembers, how they stand, and what reconciliation still has to do."""

    jobs: int
    open: int | None
    """Jobs that have not ended for good; None if the ledger cannot tell without reading them all."""
    by_standing: Mapping[str, int]
    """By state (`ready`, `sending`, `unclear`) or, once ended, by outcome; empty if *open* is None."""
    waiting: int
    """Jobs that reconciliation has to look at, now or later."""
    due: int
    """Those of them whose time has come."""
