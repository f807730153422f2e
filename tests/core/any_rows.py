"""Strategies of hypothesis: any row, at any moment around `NOW`."""

from __future__ import annotations

from hypothesis import strategies as some

from tests.core.jobs import BEARER, CHANNEL, DEFAULT_BEARER, POLICY, a_row, at
from worker.contract.outcome import Outcome
from worker.core.row import Ended, Ready, Sending, Unclear

NOW = 105.0
"""Of every case: five seconds after the attempt of `unclear()` ended, five before its grace is over."""
DONE = Ended(Outcome.DELIVERED, at(1))

moments = some.integers(int(NOW) - 20, int(NOW) + 20).map(at)
unclear_states = some.builds(
    Unclear, moments, moments, moments, moments, some.sampled_from(["counted", "if_looked", "never"])
)
rows = some.builds(
    a_row,
    some.one_of(
        some.builds(Ready, some.none() | moments),
        some.builds(Sending, moments),
        unclear_states,
        some.just(DONE),
    ),
    channel_arn=some.sampled_from([CHANNEL, ""]),
    message_of=some.sampled_from([None, "send"]),
    message_id=some.sampled_from([None, "message-0"]),
    parts=some.integers(1, 2),
    renewable=some.booleans(),
    listable=some.booleans(),
    not_before=some.none() | moments,
    not_after=some.none() | moments,
    drop_at=some.none() | moments,
    attempts=some.integers(0, POLICY.max_attempts),
    crashes=some.integers(0, POLICY.max_crashes),
    repair=some.sampled_from(["none", "due", "done"]),
    bearer_arn=some.sampled_from([BEARER, DEFAULT_BEARER]),
)
