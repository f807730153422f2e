"""The table printed in `worker.core.arrival` is a specification: what a delivery means at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.core.jobs import BEARER, DEFAULT_BEARER, POLICY, a_row, at, unclear
from tests.core.printed_tables import Line, printed_tables
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core import arrival
from worker.core.arrival import Accepted, Arrival, Busy, Conflict, Settled, arrive, in_doubt
from worker.core.decide import next_step
from worker.core.row import Claim, Ended, Entry, Ready, Row, Sending, Unclear
from worker.core.steps import Look

(LINES,) = printed_tables(arrival)
NOW = 1000.0
CLAIM = Claim("claim-1", at(NOW + 60))
DELIVERED = Ended(Outcome.DELIVERED, at(100))
REJECTED = Ended(Outcome.REJECTED, at(100), Reason.NOT_A_MEMBER, "No member.")
EXPIRED = Ended(Outcome.EXPIRED, at(100))
DROPPED_IN_DOUBT = Ended(Outcome.EXHAUSTED, at(100), Reason.RETENTION_ENDING, "Dropped.", doubt_since=at(90))

SAME = a_row(delivery_id="delivery-1", received_at=at(NOW))
AGAIN = a_row(delivery_id="delivery-2", received_at=at(NOW))
OTHER = a_row(delivery_id="delivery-3", received_at=at(NOW), payload_hash="hash-of-another")


def arrives(stored: Row | None, fresh: Row, *, live: str | None = None) -> Arrival:
    """Let a delivery arrive; only the claim named *live* has a holder at work."""
    return arrive(stored, fresh, now=at(NOW), call_deadline_s=10.0, is_live=lambda claim: claim.id == live)


@dataclass(frozen=True, slots=True)
class Case:
    """What the ledger holds, the delivery, and the line that speaks of them."""

    line: str
    stored: Row | None
    fresh: Row
    live: str | None = None


POSSIBLY_SENT = [outcome for outcome in Outcome if outcome.possibly_sent]
CASES = {
    "new": Case("nothing", None, AGAIN),
    "older-than-the-ledger": Case(
        "nothing, but is younger than the job, received before",
        None,
        replace(AGAIN, state=in_doubt(at(-500), look_at=at(NOW), ended_at=at(NOW))),
    ),
    "in-another-hand": Case("a row that somebody is working on", a_row(claim=CLAIM), AGAIN, "claim-1"),
    "in-another-hand-sending": Case(
        "a row that somebody is working on", a_row(Sending(at(990)), claim=CLAIM), SAME, "claim-1"
    ),
    "ready": Case("an open row of the same job", a_row(attempts=2, claim=CLAIM), SAME),
    "ready-enqueued-again": Case("an open row of the same job", a_row(Ready(at(NOW + 9)), attempts=2), AGAIN),
    "in-doubt": Case("an open row of the same job", a_row(unclear(), attempts=2, claim=CLAIM), SAME),
    "died-in-a-send": Case("… found in the middle of a send", a_row(Sending(at(900)), claim=CLAIM), SAME),
    "open-row-of-another": Case("an open row of another job under this id", a_row(), OTHER),
    "doubt-of-another": Case("an open row of another job under this id", a_row(unclear()), OTHER),
    "rejected-redelivered": Case("an end with nothing possibly sent, same delivery", a_row(REJECTED), SAME),
    "rejected-enqueued-again": Case(
        "an end with nothing possibly sent, a new enqueueing",
        a_row(REJECTED, attempts=3, setbacks=3, crashes=1, repair="done", revision=1, version=7),
        AGAIN,
    ),
    "rejected-mended": Case("an end with nothing possibly sent, a new enqueueing", a_row(REJECTED), OTHER),
    "expired-enqueued-again": Case(
        "an end with nothing possibly sent, a new enqueueing", a_row(EXPIRED), AGAIN
    ),
    "delivered-redelivered": Case(
        "an end after something was possibly sent, same job", a_row(DELIVERED), SAME
    ),
    **{
        f"{outcome.value}-enqueued-again": Case(
            "an end after something was possibly sent, same job", a_row(Ended(outcome, at(100))), AGAIN
        )
        for outcome in POSSIBLY_SENT
    },
    **{
        f"{outcome.value}-by-another": Case(
            "an end after something was possibly sent, other job", a_row(Ended(outcome, at(100))), OTHER
        )
        for outcome in POSSIBLY_SENT
    },
    "dropped-in-doubt-by-another": Case(
        "an end after something was possibly sent, other job", a_row(DROPPED_IN_DOUBT), OTHER
    ),
}


def _is_looked_for(case: Case, came: Arrival) -> bool:
    """Look first, and once the grace has passed since it was received look at the whole list."""
    if not isinstance(came, Accepted):
        return False
    first = next_step(came.row, at(NOW), POLICY)
    second = next_step(came.row, at(NOW + POLICY.grace_s), POLICY)
    return (first, second) == (Look(at(-500), whole=False), Look(at(-500), whole=True))


def _goes_on(case: Case, came: Arrival) -> bool:
    if not (isinstance(came, Accepted) and case.stored):
        return False
    return came.row == replace(case.stored, delivery_id=case.fresh.delivery_id)


def _is_in_doubt(case: Case, came: Arrival) -> bool:
    match came, case.stored:
        case Accepted(Row(state=Unclear(since=since, weight="never")) as row), Row(state=Sending(began_at)):
            return (began_at, case.stored.crashes + 1) == (since, row.crashes)
        case _:
            return False


def _begins_again(case: Case, came: Arrival) -> bool:
    if not (isinstance(came, Accepted) and case.stored):
        return False
    kept = replace(case.fresh, revision=case.stored.revision, version=case.stored.version)
    return came.row == replace(kept, history=came.row.history)


BECOMES: dict[str, Callable[[Case, Arrival], bool]] = {
    "Accepted: a new job": lambda case, came: came == Accepted(case.fresh),
    "Accepted, to be looked for before it is sent": _is_looked_for,
    "Busy: later": lambda case, came: came == Busy(CLAIM.until),
    "Accepted, where it was left": _goes_on,
    "Accepted, in doubt; a crash is counted": _is_in_doubt,
    "Conflict": lambda case, came: came == Conflict(),
    "Settled: settle it again in the same way": lambda case, came: (
        case.stored is not None and came == Settled(case.stored, duplicate=False)
    ),
    "Accepted: it begins again (mended or redriven)": _begins_again,
    "Settled: a duplicate": lambda case, came: (
        case.stored is not None and came == Settled(case.stored, duplicate=case.fresh is not SAME)
    ),
}
"""What the words of the second column mean."""


def test_every_line_of_the_table_has_a_case_and_every_case_a_line() -> None:
    assert {line[0] for line in LINES} == {case.line for case in CASES.values()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_delivery_is_what_its_line_says(case: Case) -> None:
    came = arrives(case.stored, case.fresh, live=case.live)

    line: Line = next(line for line in LINES if line[0] == case.line)
    assert BECOMES[line[1]](case, came), came


@pytest.mark.parametrize("live", [None, "claim-2"], ids=["dead", "another-is-live"])
def test_a_claim_whose_holder_is_dead_holds_nobody_up(live: str | None) -> None:
    came = arrives(a_row(attempts=1, claim=CLAIM), SAME, live=live)

    assert isinstance(came, Accepted)


def test_a_job_taken_over_keeps_the_bearer_of_its_attempts_and_takes_the_times_of_its_delivery() -> None:
    stored = a_row(unclear(), bearer_arn=DEFAULT_BEARER, not_after=at(1), drop_at=at(2), sends=1)
    fresh = replace(AGAIN, bearer_arn=BEARER, not_before=at(3), not_after=at(4), drop_at=at(5))

    came = arrives(stored, fresh)

    assert isinstance(came, Accepted)
    assert (DEFAULT_BEARER, stored.state, 1) == (came.row.bearer_arn, came.row.state, came.row.sends)
    assert (at(3), at(4), at(5)) == (came.row.not_before, came.row.not_after, came.row.drop_at)


@pytest.mark.parametrize(("began", "ended"), [(900, NOW), (995, 1005)], ids=["long-ago", "just-now"])
def test_the_request_of_a_dead_worker_is_over_only_at_its_deadline(began: float, ended: float) -> None:
    came = arrives(a_row(Sending(at(began))), SAME)

    assert isinstance(came, Accepted)
    assert isinstance(came.row.state, Unclear)
    assert at(ended) == came.row.state.ended_at
    assert Look(at(began), whole=False) == next_step(came.row, at(NOW), POLICY)
    assert "found in the middle of a send" == came.row.history[-1].event


def test_a_job_that_ended_in_doubt_is_looked_for_when_it_is_enqueued_again() -> None:
    came = arrives(a_row(DROPPED_IN_DOUBT, revision=1), AGAIN)

    assert isinstance(came, Accepted)
    assert Look(at(90), whole=False) == next_step(came.row, at(NOW), POLICY)
    assert isinstance(came.row.state, Unclear)
    assert (at(90), at(NOW)) == (came.row.state.since, came.row.state.ended_at)


def test_a_job_in_doubt_that_is_enqueued_again_keeps_bearer_channel_and_marker_of_its_attempt() -> None:
    """Its message, if there is one, was sent as settings were then: that is what a look must look for."""
    dropped = a_row(DROPPED_IN_DOUBT, bearer_arn=DEFAULT_BEARER)

    came = arrives(dropped, replace(AGAIN, channel_arn="", bearer_arn=BEARER, listable=False))

    assert isinstance(came, Accepted)
    assert (DEFAULT_BEARER, dropped.channel_arn) == (came.row.bearer_arn, came.row.channel_arn)
    assert came.row.listable


def test_a_job_that_begins_again_keeps_its_timeline() -> None:
    stored = a_row(REJECTED, history=(Entry(at(90), "attempt"), Entry(at(100), "rejected")))

    came = arrives(stored, AGAIN)

    assert isinstance(came, Accepted)
    assert ["attempt", "rejected", "enqueued again"] == [entry.event for entry in came.row.history]
