"""
The calls that change something otherwise than by sending: what each asks, and what an answer proves.

It never calls anything. All of them may be repeated without harm, so whatever is not proved is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, assert_never

from worker.adapters.chime_channel_shapes import create_request, described_by, private_texts_of
from worker.adapters.chime_faults import BY_CODE, NOTHING_STORED, Verdict
from worker.contract.reasons import Reason
from worker.contract.rejected import printable
from worker.contract.requests import (
    AddMembers,
    CreateChannel,
    DeleteChannel,
    DeleteMessage,
    RedactMessage,
    RemoveMembers,
    UpdateMessage,
)
from worker.core.changes import members_of
from worker.core.replies import Cause, ChangeLook, ChangeReply, Done, NoReply, NotNow, Refused, Unchanged
from worker.ports import Change, NewChannel

REMOVES = (DeleteMessage, DeleteChannel, RemoveMembers)
ADDS = (CreateChannel, AddMembers)
HELPED_BY_JOINING = (UpdateMessage, RedactMessage, AddMembers)
"""A member may do these; the others take an admin or moderator, whom Chime asks for no membership."""

PASSING = (Cause.THROTTLED, Cause.UNAVAILABLE)
"""What a batch may say of one member and take back when it is asked again."""

UNPROVED = NoReply(Cause.BROKEN_REPLY, "a 2xx reply that does not name what was changed")
UNSEEN = NotNow(Cause.BROKEN_REPLY, "a 2xx reply that does not show what was asked for")


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: an operation of the service model, its parameters, and which texts may come out nowhere."""

    operation: str
    params: Mapping[str, object] = field(repr=False)
    private: tuple[str, ...] = field(default=(), repr=False)


def change_call(change: Change) -> Asked:
    """Say which call makes a part of a change."""
    request, member_arns = change.request, _member_arns(change)
    match request:
        case UpdateMessage(content=content, metadata=metadata, content_type=content_type):
            params = _of_message(change, Content=content, Metadata=metadata, ContentType=content_type)
            return Asked("UpdateChannelMessage", params, (content, metadata) if metadata else (content,))
        case RedactMessage():
            return Asked("RedactChannelMessage", _of_message(change))
        case DeleteMessage():
            return Asked("DeleteChannelMessage", _of_message(change))
        case CreateChannel() if change.part == 0:
            new = _new_channel(change, request)
            return Asked("CreateChannel", create_request(new), private_texts_of(new))
        case DeleteChannel():
            return Asked("DeleteChannel", _of_channel(change))
        case CreateChannel(membership_type=membership_type) | AddMembers(membership_type=membership_type):
            params = _of_channel(change, MemberArns=list(member_arns), Type=membership_type)
            return Asked("BatchCreateChannelMembership", params)
        case RemoveMembers():
            return Asked("DeleteChannelMembership", _of_channel(change, MemberArn=member_arns[0]))
        case _:
            assert_never(request)


def look_call(change: Change) -> Asked:
    """Say which call shows whether a part of a change was made; of several members it asks for the last."""
    match _subject_of(change):
        case "message":
            return Asked("GetChannelMessage", _of_message(change))
        case "channel":
            return Asked("DescribeChannel", _of_channel(change))
        case "members":
            return Asked("DescribeChannelMembership", _of_channel(change, MemberArn=_member_arns(change)[-1]))


def changed_by(change: Change, answer: Mapping[str, object] | Verdict) -> ChangeReply:
    """Read what a change was answered: a 2xx must name what was changed, unless it has no content at all."""
    request = change.request
    if isinstance(answer, Verdict):
        return _turned_down(change, answer)
    if isinstance(request, REMOVES):  # 204
        return _done(change)
    subject = _subject_of(change)
    if subject == "members":
        return _added_by(change, answer)
    same_channel = answer.get("ChannelArn") == change.channel_arn
    same_message = subject == "channel" or answer.get("MessageId") == change.message_id
    return _done(change) if same_channel and same_message else UNPROVED


def seen_by(change: Change, answer: Mapping[str, object] | Verdict) -> ChangeLook:
    """Read what a look at a change was answered."""
    if isinstance(answer, Verdict):
        return _not_shown(change, answer)
    match _subject_of(change):
        case "message":
            return _seen_message(change, answer.get("ChannelMessage"))
        case "channel":
            found = described_by(answer, change.channel_arn)
            seen = _done(change) if isinstance(change.request, CreateChannel) else Unchanged()
            return found if isinstance(found, NotNow) else seen
        case "members":
            return _seen_member(change, answer.get("ChannelMembership"))


def _turned_down(change: Change, verdict: Verdict) -> ChangeReply:
    """Say what a verdict makes of a change: what is there already, or gone already, is a success."""
    request = change.request
    if isinstance(request, ADDS) and verdict.means is Cause.CONFLICT:
        return _done(change)
    if isinstance(request, REMOVES) and verdict.means is Reason.CHANNEL_NOT_FOUND:
        return _done(change)
    match verdict.means:
        case Reason() as reason:
            return _refused(change, reason, f"{change_call(change).operation}: {verdict.detail}")
        case cause if cause in NOTHING_STORED:
            return NotNow(cause, verdict.detail)
        case cause:
            return NoReply(cause, verdict.detail)


def _not_shown(change: Change, verdict: Verdict) -> ChangeLook:
    """
    Say what it means that a look was refused, or failed.

    DescribeChannel has no NotFound: of what is not there it says Forbidden. After an attempt to delete a
    channel that counts as gone, since who may delete it may see it; one that is to be made is made again.
    """
    request = change.request
    absent = {Reason.CHANNEL_NOT_FOUND}
    if _subject_of(change) == "channel":
        absent.add(Reason.FORBIDDEN_OR_MISSING_CHANNEL)
    if verdict.means in absent:
        return _done(change) if isinstance(request, REMOVES) else Unchanged()
    match verdict.means:
        case Reason() as reason:
            return _refused(change, reason, verdict.detail)
        case cause:
            return NotNow(cause, verdict.detail)


def _refused(change: Change, reason: Reason, detail: str) -> Refused:
    """Refuse; what is merely forbidden may be repaired where it helps that the bearer joins the channel."""
    forbidden = reason is Reason.FORBIDDEN_OR_MISSING_CHANNEL
    return Refused(reason, detail, repairable=forbidden and isinstance(change.request, HELPED_BY_JOINING))


def _added_by(change: Change, answer: Mapping[str, object]) -> ChangeReply:
    """Read whom a batch added. What it says of anybody else counts for nothing."""
    asked = _member_arns(change)
    codes = _codes_by_member(answer.get("Errors"), asked)
    match answer.get("BatchChannelMemberships"):
        case {"ChannelArn": told} if told == change.channel_arn:
            pass
        case _ if len(codes) < len(asked):
            return UNPROVED
    meanings = {code: row.means for code in codes.values() if (row := BY_CODE.get(code))}
    for cause in PASSING:
        if cause in meanings.values():
            return _turned_down(change, Verdict(cause, "so the batch was answered for some of its members"))
    refused = (arn for arn in asked if arn in codes and meanings.get(codes[arn]) is not Cause.CONFLICT)
    return Done(len(asked), tuple(f"{arn}: {codes[arn]}" for arn in refused))


def _codes_by_member(errors: object, asked: tuple[str, ...]) -> dict[str, str]:
    codes: dict[str, str] = {}
    for error in errors if isinstance(errors, list) else ():
        match error:
            case {"MemberArn": str(arn), "ErrorCode": str(code)} if arn in asked:
                codes[arn] = printable(code[:64])
    return codes


def _seen_message(change: Change, message: object) -> ChangeLook:
    """A redaction leaves the message, an update replaces all of it."""
    match message:
        case {"MessageId": told, **found} if told == change.message_id:
            pass
        case _:
            return UNSEEN
    match change.request:
        case UpdateMessage(content=content, metadata=metadata, content_type=content_type):
            told = (found.get("Content"), found.get("Metadata"), found.get("ContentType"))
            made = told == (content, metadata, content_type)
        case RedactMessage():
            made = found.get("Redacted") is True
        case _:
            made = False
    return _done(change) if made else Unchanged()


def _seen_member(change: Change, membership: object) -> ChangeLook:
    """
    Say what it means that the last member of a part is there.

    Of a batch of several it proves too little: only the batch's own answer says whom Chime refused. So that
    is asked for again, which harms nobody.
    """
    asked = _member_arns(change)
    match membership:
        case {"Member": {"Arn": told}} if told == asked[-1]:
            added = not isinstance(change.request, REMOVES) and len(asked) == 1
            return _done(change) if added else Unchanged()
        case _:
            return UNSEEN


def _subject_of(change: Change) -> Literal["message", "channel", "members"]:
    match change.request:
        case UpdateMessage() | RedactMessage() | DeleteMessage():
            return "message"
        case DeleteChannel():
            return "channel"
        case CreateChannel():
            return "members" if change.part else "channel"
        case AddMembers() | RemoveMembers():
            return "members"
        case _:
            assert_never(change.request)


def _done(change: Change) -> Done:
    return Done(len(_member_arns(change)))


def _member_arns(change: Change) -> tuple[str, ...]:
    return members_of(change.request, change.part)


def _new_channel(change: Change, request: CreateChannel) -> NewChannel:
    return NewChannel(
        channel_arn=change.channel_arn,
        bearer_arn=change.bearer_arn,
        client_request_token=change.client_request_token,
        name=request.creation.name or change.channel_name,
        member_arns=_member_arns(change),
        creation=request.creation,
    )


def _of_message(change: Change, **new: object) -> dict[str, object]:
    named = {"MessageId": change.message_id, "SubChannelId": change.sub_channel_id}
    return _of_channel(change, **named, **new)


def _of_channel(change: Change, **more: object) -> dict[str, object]:
    """Build parameters; what is None is left out."""
    params = {"ChannelArn": change.channel_arn, "ChimeBearer": change.bearer_arn, **more}
    return {name: value for name, value in params.items() if value is not None}
