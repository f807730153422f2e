"""How an attempt begins, and how a row ends: the changes of a row that need no reply."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from worker.core.policy import Policy
from worker.core.row import Ended, Ready, Row, Sending, Unclear


def begin(row: Row, now: datetime) -> Row:
    """Note that an attempt begins: to be stored before the first byte leaves."""
    match row.state:
        case Ready():
            part = f"part {row.parts_done + 1} of {row.parts}" if row.parts > 1 else None
            return replace(row, state=Sending(now), sends=row.sends + 1).noting("attempt", now, part)
        case Sending() | Unclear() | Ended():
            raise ValueError(f"job {row.job_id} cannot be sent while it is {row.state.kind}")
        case _:
            assert_never(row.state)


def end(row: Row, ended: Ended) -> Row:
    """Close a row: the claim is given up, the revision grows."""
    note = ended.reason.value if ended.reason else None
    context = None if ended.outcome.is_final else row.context
    row = replace(row, state=ended, claim=None, revision=row.revision + 1, context=context)
    return row.noting(ended.outcome.value, ended.at, note)


def grace_end(unclear: Unclear, policy: Policy) -> datetime:
    """Say from when on absence from a list counts."""
    return unclear.ended_at + timedelta(seconds=policy.grace_s)
