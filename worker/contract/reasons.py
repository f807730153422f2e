"""Why a job could not be sent: the closed list of stable codes, each with a sentence for people. No logic."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

MOVED_BY_SQS = "moved_by_sqs"
"""Shown in place of a reason where the queue's own redrive policy moved a job, which gives none."""


class Reason(StrEnum):
    """The code that dead letters, outcomes and metrics carry. Codes are never renamed."""

    sentence: str
    """What happened and what to do about it; constant text, free of anything from the job."""

    def __new__(cls, code: str, sentence: str = "") -> Self:
        """Make a member that equals its code; the default is for the look-up by code, `Reason("bug")`."""
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.sentence = sentence
        return reason

    UNREADABLE = (
        "unreadable",
        "The body is not strict JSON: mend how the producer encodes it, then enqueue the job again.",
    )
    NOT_A_JOB = (
        "not_a_job",
        "The body is readable but is something other than a job: find out who sends it to this queue.",
    )
    INVALID_JOB = (
        "invalid_job",
        "The job breaks a rule of the job schema: mend the fields named in the detail and enqueue it again.",
    )
    ID_CONFLICT = (
        "id_conflict",
        "Another job with this id came first and may have been sent: give every job an id of its own.",
    )
    CONTENT_TOO_LARGE = (
        "content_too_large",
        "The content has more bytes of UTF-8 than Chime takes (4096; CONTROL 30): shorten or split it.",
    )
    METADATA_TOO_LARGE = (
        "metadata_too_large",
        "The metadata has more than 1024 bytes of UTF-8 as compact JSON: keep a reference in it.",
    )
    FOREIGN_CHANNEL = (
        "foreign_channel",
        "The channel is not of the app instance this worker serves: enqueue the job for its own worker.",
    )
    CHANNEL_NOT_FOUND = (
        "channel_not_found",
        "No channel has that name, id or set of members: create it, or let the job do so by `create`.",
    )
    AMBIGUOUS_CHANNEL = (
        "ambiguous_channel",
        "Several channels have that name: name the channel by its id or ARN.",
    )
    BEARER_NOT_ALLOWED = (
        "bearer_not_allowed",
        "The job names a bearer that WORKER_ALLOWED_BEARERS does not match: allow it, or leave `bearer` out.",
    )
    BEARER_INVALID = (
        "bearer_invalid",
        "Chime does not know the bearer the job names: create that user or bot, or leave `bearer` out.",
    )
    NOT_A_MEMBER = (
        "not_a_member",
        "The bearer is not a member of the channel: add it, or promote it to app instance admin.",
    )
    FORBIDDEN_OR_MISSING_CHANNEL = (
        "forbidden_or_missing_channel",
        "Chime refuses and does not say why: check that the channel exists and the bearer may post there.",
    )
    BAD_REQUEST = (
        "bad_request",
        "Chime refused the request as malformed: compare the job with Chime's limits, and report it to us.",
    )
    UNKNOWN_MESSAGE = (
        "unknown_message",
        "The message to change is not known: check `message_of`, and that its job was delivered first.",
    )
    MEMBERS_REFUSED = (
        "members_refused",
        "Chime took none of the members: check that these users exist and are not banned from the channel.",
    )
    ATTEMPTS_EXHAUSTED = (
        "attempts_exhausted",
        "All attempts that count (WORKER_MAX_ATTEMPTS) failed: look at the last fault, then redrive the job.",
    )
    CRASH_LOOP = (
        "crash_loop",
        "Workers began this job repeatedly and died each time: read their last lines, then redrive it.",
    )
    RETENTION_ENDING = (
        "retention_ending",
        "SQS was about to drop the job for its age: mend what held it up, then redrive it.",
    )
    BUG = (
        "bug",
        "The worker failed in a way it does not know: report the logged traceback, then redrive the job.",
    )
