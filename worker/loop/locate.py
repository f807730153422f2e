"""Finds the message that a job changes: another job sent it, and the ledger knows. It asks nobody else."""

from __future__ import annotations

from datetime import timedelta

from worker.contract.reasons import Reason
from worker.contract.rejected import quoted
from worker.core.replies import Cause, Located, LocateReply, NotNow, Refused
from worker.core.row import Ended, Row
from worker.loop.gear import Gear

SEND_MAY_COME = timedelta(minutes=5)
"""A change may overtake its send, which is not in the ledger then; so long it is waited for."""
SENDER_ONLY = frozenset({"update_message", "redact_message"})
"""What Chime lets only the sender of a message do."""


async def locate(gear: Gear, row: Row) -> LocateReply:
    """Find the message that *row* is about. Raise LedgerUnavailable."""
    sent_by = row.message_of or ""
    name = f"message_of: job {quoted(sent_by)}"
    send = await gear.ledger.read(sent_by)
    if send is None:
        if gear.clock.now() < row.received_at + SEND_MAY_COME:
            return NotNow(Cause.SEND_TO_COME, f"{name} has not begun.")
        return Refused(Reason.UNKNOWN_MESSAGE, f"{name} is not in the ledger.")
    if not send.is_send:
        return Refused(Reason.UNKNOWN_MESSAGE, f"{name} sends no message: its type is {send.type}.")
    if not isinstance(send.state, Ended):
        return NotNow(Cause.SEND_TO_COME, f"{name} has not ended.")
    if send.message_id is None or not send.state.outcome.possibly_sent:
        return Refused(Reason.UNKNOWN_MESSAGE, f"{name} ended as {send.state.outcome}, without a message.")
    if send.channel_arn != row.channel_arn:
        return Refused(Reason.UNKNOWN_MESSAGE, f"{name} was for another channel.")
    sender_arn = send.bearer_arn if row.type in SENDER_ONLY else None
    return Located(send.message_id, send.sub_channel_id, sender_arn)
