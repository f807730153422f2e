"""The second table printed in `worker.core.decide` is a specification: the code is held to each line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.core.any_rows import NOW, moments, rows
from tests.core.jobs import BEARER, CHANNEL, DEFAULT_BEARER, POLICY, a_row, answered, at, unclear
from tests.core.printed_tables import Line, label, printed_tables
from worker.contract.outcome import Outcome
from worker.contract.reasons import Reason
from worker.core import decide
from worker.core.replies import (
    Absent,
    Cause,
    Done,
    Joined,
    Located,
    NoReply,
    NotNow,
    Refused,
    Reply,
    Resolved,
    Seen,
    Sent,
)
from worker.core.row import Ended, Ready, Row, Sending, State, Unclear

_, REPLIES = printed_tables(decide)

GRACE_IS_OVER = 110.0
NOT_A_MEMBER = Refused(Reason.NOT_A_MEMBER, "The bearer is no member.", repairable=True)
BAD_REQUEST = Refused(Reason.BAD_REQUEST, "The content type is malformed.")
UNKNOWN_BEARER = Refused(Reason.BEARER_INVALID, "Chime does not know the bearer.")
GONE = Refused(Reason.CHANNEL_NOT_FOUND, "There is no such channel.")
FORBIDDEN = Refused(Reason.FORBIDDEN_OR_MISSING_CHANNEL, "No.", repairable=True)
OTHER_CHANNEL = f"{CHANNEL}-2"
THROTTLED = NotNow(Cause.THROTTLED, "Too many requests.")
UNKNOWN_MESSAGE = Refused(Reason.UNKNOWN_MESSAGE, "Its job sent none.")
SEND_TO_COME = NotNow(Cause.SEND_TO_COME, "Its job has not begun.")
NONE_TAKEN = Done(2, ("user-1: Forbidden", "user-2: NotFound"))
TIMEOUT = NoReply(Cause.TIMEOUT, "No reply in 10 s.")


def _is_repairable(row: Row, reply: Reply) -> bool:
    return isinstance(reply, Refused) and reply.repairable and row.repair == "none"


def _is_proof(row: Row, reply: Reply) -> bool:
    if not (isinstance(row.state, Unclear) and isinstance(reply, Absent)):
        return False
    return reply.whole and reply.asked_at >= row.state.ended_at + timedelta(seconds=POLICY.grace_s)


def _is_our_own_mistake(row: Row, reply: Reply) -> bool:
    return (
        isinstance(reply, Refused)
        and reply.reason is Reason.BEARER_INVALID
        and row.bearer_arn in POLICY.own_bearer_arns
    )


def _is_of_a_channel_that_is_gone(row: Row, reply: Reply) -> bool:
    reasons = (Reason.FORBIDDEN_OR_MISSING_CHANNEL, Reason.CHANNEL_NOT_FOUND)
    return row.renewable and row.channel_arn != "" and isinstance(reply, Refused) and reply.reason in reasons


REPLY_CONDITIONS: dict[str, Callable[[Row, Reply], bool]] = {
    "Refused: a bearer of the worker is invalid": _is_our_own_mistake,
    "Sent": lambda row, reply: isinstance(reply, Sent),
    "Refused, repairable, not repaired yet": _is_repairable,
    "Refused": lambda row, reply: isinstance(reply, Refused),
    "Refused, a channel found by name is gone": _is_of_a_channel_that_is_gone,
    "Refused (the join, the channel, the message)": lambda row, reply: isinstance(reply, Refused),
    "NoReply": lambda row, reply: isinstance(reply, NoReply),
    "NotNow": lambda row, reply: isinstance(reply, NotNow),
    "NotNow (the join, the channel, the message)": lambda row, reply: isinstance(reply, NotNow),
    "Seen": lambda row, reply: isinstance(reply, Seen),
    "Absent, whole, asked after the grace": _is_proof,
    "Absent, a glance or too early": lambda row, reply: isinstance(reply, Absent),
    "Done, and it was the last part": lambda row, reply: (
        isinstance(reply, Done) and row.parts_done + 1 == row.parts
    ),
    "Done": lambda row, reply: isinstance(reply, Done),
    "Joined": lambda row, reply: isinstance(reply, Joined),
    "Located": lambda row, reply: isinstance(reply, Located),
    "Resolved": lambda row, reply: isinstance(reply, Resolved),
}
"""What the words of the second column mean."""


def _reply_line(row: Row, reply: Reply) -> Line:
    states = ("any", type(row.state).__name__)
    return next(line for line in REPLIES if line[0] in states and REPLY_CONDITIONS[line[1]](row, reply))


def _ended_with(row: Row) -> Outcome | None:
    return row.state.outcome if isinstance(row.state, Ended) else None


def _waits_for_its_backoff(before: Row, row: Row) -> bool:
    """Nothing counts; the state is kept (or Ready again) until a moment within the cap."""
    match row.state:
        case Unclear(next_look_at=again_at):
            is_kept = isinstance(before.state, Unclear) and before.state.since == row.state.since
        case Ready(not_until=moment):
            again_at, is_kept = moment or at(0), not isinstance(before.state, Unclear)
        case _:
            return False
    within_cap = at(NOW) <= again_at <= at(NOW + POLICY.retry_cap_s)
    return is_kept and within_cap and before.attempts == row.attempts and before.setbacks < row.setbacks


def _looks_again(before: Row, row: Row) -> bool:
    old, new = before.state, row.state
    if not (isinstance(old, Unclear) and isinstance(new, Unclear)):
        return False
    grace_end = old.ended_at + timedelta(seconds=POLICY.grace_s)
    is_later = at(NOW) < new.next_look_at <= grace_end or new.next_look_at == grace_end
    return is_later and (old.since, old.ended_at) == (new.since, new.ended_at)


BECOMES: dict[str, Callable[[Row, Row], bool]] = {
    "as NotNow: no job is at fault": _waits_for_its_backoff,
    "Ended: delivered, accepted, failed or denied": lambda before, row: (
        _ended_with(row) in (Outcome.DELIVERED, Outcome.ACCEPTED, Outcome.FAILED, Outcome.DENIED)
        and row.message_id == "message-1"
    ),
    "Ready, Join first; no attempt counts": lambda before, row: (
        (Ready(), "due", before.attempts) == (row.state, row.repair, row.attempts)
    ),
    "Ended: done, or rejected with all its members": lambda before, row: (
        _ended_with(row) is (Outcome.REJECTED if 0 < row.members_count == row.refused_count else Outcome.DONE)
        and row.parts_done == row.parts
    ),
    "Ready for the next part; attempts begin anew": lambda before, row: (
        (Ready(), 0, before.parts_done + 1) == (row.state, row.attempts, row.parts_done)
    ),
    "as it was, about that message": lambda before, row: (
        (before.state, before.attempts, "message-1") == (row.state, row.attempts, row.message_id)
    ),
    "Ended rejected": lambda before, row: _ended_with(row) is Outcome.REJECTED,
    "Unclear": lambda before, row: (
        isinstance(before.state, Sending)
        and isinstance(row.state, Unclear)
        and (before.state.since, at(NOW), at(NOW))
        == (row.state.since, row.state.ended_at, row.state.next_look_at)
    ),
    "Ready after the backoff; no attempt counts": _waits_for_its_backoff,
    "Ready: it is proved that nothing was stored": lambda before, row: (
        isinstance(before.state, Unclear) and Ready(before.state.retry_at) == row.state
    ),
    "Unclear, the next look later": _looks_again,
    "Unclear, Join first": lambda before, row: (before.state, "due") == (row.state, row.repair),
    "Ended unverifiable": lambda before, row: _ended_with(row) is Outcome.UNVERIFIABLE,
    "Unclear, the next look after the backoff": _waits_for_its_backoff,
    "Ready after the backoff": _waits_for_its_backoff,
    "as it was, joined": lambda before, row: (
        (before.state, before.attempts, "done") == (row.state, row.attempts, row.repair)
    ),
    "Ready, Resolve first; no attempt counts": lambda before, row: (
        (Ready(), "", before.attempts) == (row.state, row.channel_arn, row.attempts)
        and (False, "none") == (row.renewable, row.repair)
    ),
    "as it was, in that channel": lambda before, row: (
        (before.state, before.attempts, OTHER_CHANNEL) == (row.state, row.attempts, row.channel_arn)
    ),
}
"""What the words of the third column mean: the row before, and the row it becomes."""


@dataclass(frozen=True, slots=True)
class ReplyCase:
    """A row, a reply to it, and the line that speaks of them."""

    line: str
    row: Row
    reply: Reply


SENDING = a_row(Sending(at(100)))
IN_DOUBT = a_row(unclear())
REPLY_CASES = {
    "our-own-bearer": ReplyCase(
        "any | Refused: a bearer of the worker is invalid",
        a_row(Sending(at(100)), bearer_arn=DEFAULT_BEARER),
        UNKNOWN_BEARER,
    ),
    "our-own-bearer-in-doubt": ReplyCase(
        "any | Refused: a bearer of the worker is invalid",
        a_row(unclear(), bearer_arn=DEFAULT_BEARER),
        UNKNOWN_BEARER,
    ),
    "sent": ReplyCase("Sending | Sent", SENDING, Sent("message-1")),
    "pending": ReplyCase("Sending | Sent", SENDING, Sent("message-1", "PENDING")),
    "flow-failed": ReplyCase("Sending | Sent", SENDING, Sent("message-1", "FAILED")),
    "flow-denied": ReplyCase("Sending | Sent", SENDING, Sent("message-1", "DENIED")),
    "repairable": ReplyCase("Sending | Refused, repairable, not repaired yet", SENDING, NOT_A_MEMBER),
    "refused": ReplyCase("Sending | Refused", SENDING, BAD_REQUEST),
    "refused-bearer": ReplyCase("Sending | Refused", SENDING, UNKNOWN_BEARER),
    "repaired-before": ReplyCase("Sending | Refused", a_row(Sending(at(100)), repair="done"), NOT_A_MEMBER),
    "gone": ReplyCase(
        "Sending | Refused, a channel found by name is gone",
        a_row(Sending(at(100)), renewable=True, repair="done"),
        FORBIDDEN,
    ),
    "gone-or-no-member": ReplyCase(
        "Sending | Refused, repairable, not repaired yet", a_row(Sending(at(100)), renewable=True), FORBIDDEN
    ),
    "gone-again": ReplyCase("Sending | Refused", SENDING, GONE),
    "lost": ReplyCase("Sending | NoReply", SENDING, TIMEOUT),
    "throttled": ReplyCase("Sending | NotNow", SENDING, THROTTLED),
    "done": ReplyCase("Sending | Done, and it was the last part", SENDING, Done()),
    "none-taken": ReplyCase("Sending | Done, and it was the last part", SENDING, NONE_TAKEN),
    "done-before": ReplyCase("Unclear | Done, and it was the last part", IN_DOUBT, Done()),
    "next-part": ReplyCase("Sending | Done", a_row(Sending(at(100)), parts=2, attempts=2), Done()),
    "next-part-done-before": ReplyCase("Unclear | Done", a_row(unclear(), parts=2, attempts=2), Done()),
    "located": ReplyCase("any | Located", a_row(message_of="send"), Located("message-1", None, BEARER)),
    "no-such-message": ReplyCase(
        "Ready | Refused (the join, the channel, the message)", a_row(message_of="send"), UNKNOWN_MESSAGE
    ),
    "send-to-come": ReplyCase(
        "Ready | NotNow (the join, the channel, the message)", a_row(message_of="send"), SEND_TO_COME
    ),
    "seen": ReplyCase("Unclear | Seen", IN_DOUBT, Seen("message-1")),
    "seen-in-a-flow": ReplyCase("Unclear | Seen", IN_DOUBT, Seen("message-1", "PENDING")),
    "absent": ReplyCase(
        "Unclear | Absent, whole, asked after the grace", IN_DOUBT, Absent(at(GRACE_IS_OVER), whole=True)
    ),
    "a-glance": ReplyCase(
        "Unclear | Absent, a glance or too early", IN_DOUBT, Absent(at(GRACE_IS_OVER), whole=False)
    ),
    "too-early": ReplyCase(
        "Unclear | Absent, a glance or too early", IN_DOUBT, Absent(at(GRACE_IS_OVER - 0.001), whole=True)
    ),
    "repairable-look": ReplyCase("Unclear | Refused, repairable, not repaired yet", IN_DOUBT, NOT_A_MEMBER),
    "refused-look": ReplyCase("Unclear | Refused", IN_DOUBT, BAD_REQUEST),
    "refused-join-in-doubt": ReplyCase("Unclear | Refused", a_row(unclear(), repair="due"), NOT_A_MEMBER),
    "throttled-look": ReplyCase("Unclear | NotNow", IN_DOUBT, THROTTLED),
    "gone-in-doubt": ReplyCase("Unclear | Refused", a_row(unclear(), renewable=True, repair="done"), GONE),
    "gone-at-the-join": ReplyCase(
        "Ready | Refused, a channel found by name is gone", a_row(repair="due", renewable=True), GONE
    ),
    "refused-join": ReplyCase(
        "Ready | Refused (the join, the channel, the message)", a_row(repair="due"), NOT_A_MEMBER
    ),
    "no-such-channel": ReplyCase(
        "Ready | Refused (the join, the channel, the message)", a_row(channel_arn="", renewable=True), GONE
    ),
    "throttled-join": ReplyCase(
        "Ready | NotNow (the join, the channel, the message)", a_row(repair="due"), THROTTLED
    ),
    "joined": ReplyCase("any | Joined", a_row(repair="due"), Joined()),
    "resolved": ReplyCase("any | Resolved", a_row(channel_arn=""), Resolved(OTHER_CHANNEL)),
    "resolved-in-doubt": ReplyCase(
        "any | Resolved", a_row(unclear(), channel_arn=""), Resolved(OTHER_CHANNEL)
    ),
    "joined-in-doubt": ReplyCase("any | Joined", a_row(unclear(), repair="due"), Joined()),
}


def test_every_line_of_the_second_table_has_a_case_and_every_case_a_line() -> None:
    assert {label(line) for line in REPLIES} == {case.line for case in REPLY_CASES.values()}


@pytest.mark.parametrize("case", REPLY_CASES.values(), ids=REPLY_CASES)
def test_the_reply_makes_of_the_row_what_its_line_says(case: ReplyCase) -> None:
    row = answered(case.row, case.reply, now=NOW)

    line = _reply_line(case.row, case.reply)
    assert case.line == label(line)
    assert BECOMES[line[2]](case.row, row), row


refusals = some.builds(
    Refused,
    some.sampled_from([Reason.NOT_A_MEMBER, Reason.BEARER_INVALID, Reason.CHANNEL_NOT_FOUND]),
    some.just("No."),
    some.booleans(),
)
not_nows = some.builds(NotNow, some.sampled_from(Cause), some.just("Later."))
lost_replies = some.builds(
    NoReply, some.sampled_from(Cause), some.just("?"), some.sampled_from(["succeeded", "failed", "none"])
)
sent_replies = some.builds(
    Sent, some.just("message-1"), some.sampled_from(["SENT", "PENDING", "FAILED", "DENIED"])
)
absences = some.builds(Absent, moments, some.booleans())
repairs = some.sampled_from([Joined(), Resolved(OTHER_CHANNEL), Located("message-1", None, None)])
parts = some.sampled_from([Done(), Done(2), Done(2, ("user-1: Forbidden",)), NONE_TAKEN])
REPLIES_IN: dict[type[State], some.SearchStrategy[Reply]] = {
    Sending: some.one_of(sent_replies, parts, refusals, lost_replies, not_nows),
    Unclear: some.one_of(some.just(Seen("message-1")), parts, absences, repairs, refusals, not_nows),
    Ready: some.one_of(repairs, refusals, not_nows),
}
"""What a call made in a state can come to."""


@given(rows.filter(lambda row: not isinstance(row.state, Ended)), some.data())
def test_whatever_the_reply_the_row_becomes_what_the_first_line_that_fits_says(
    row: Row, data: some.DataObject
) -> None:
    reply = data.draw(REPLIES_IN[type(row.state)])

    becomes = BECOMES[_reply_line(row, reply)[2]]
    assert becomes(row, answered(row, reply, now=NOW))
