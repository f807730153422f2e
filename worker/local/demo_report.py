"""
The demo's verdict: what became of the jobs, counted from what lies in the world, not from the worker.

What the worker says, in its outcomes and its ledger, is held against that, and never counts for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from worker.contract.outcome import Outcome
from worker.contract.outcome_body import OutcomeBody
from worker.core.row import Verdict
from worker.local.chime.clock import to_ms
from worker.local.chime.message_log import Message
from worker.local.demo_ends import Arrives, Changes, DeadLetters, DemoJob, Fact, StaysAway
from worker.local.demo_texts import REDACTED
from worker.local.sqs import StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lay in the world at the end, and the code the worker exited with."""

    messages: Mapping[str, Sequence[Message]]
    """By the channel's title, in order; none of a channel that is not there."""
    members: Mapping[str, Sequence[str]]
    """Their ids, by the channel's title, if it is there."""
    calls: Mapping[str, Collection[str]]
    """The operations that succeeded in a channel, by its title."""
    dead_letters: Sequence[StoredMessage]
    outcomes: Sequence[OutcomeBody]
    """All that were published, in their order."""
    verdicts: Mapping[str, Verdict]
    """What reconciliation found, by job id: it is in the ledger alone."""
    strange_channels: int
    """Channels that no job of the demo names."""
    left_in_queue: int
    faults: Mapping[str, int]
    """How often each kind of trouble has struck."""
    exit_code: int
    cut_short: str | None = None
    """Why the demo ended before its jobs did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures, and a sentence for everything that is not as it should be."""

    jobs: int
    enqueued: int
    delivered_once: int
    doubled: int
    lost: int
    out_of_order: int
    stayed_away: int
    changes_made: int
    dead_lettered_as_expected: int
    dead_lettered_unexpectedly: int
    left_in_queue: int
    outcomes_published: int
    outcomes: Mapping[str, int]
    """How many jobs ended how, by the outcome that counts of each."""
    verdicts: Mapping[str, int]
    worker_exit_code: int
    faults: Mapping[str, int]
    problems: Sequence[str]


@dataclass(slots=True)
class _Tally:
    """The counting in progress."""

    found: Found
    contents: Mapping[str, Counter[str]]
    delivered_once: int = 0
    doubled: int = 0
    lost: int = 0
    stayed_away: int = 0
    changes_made: int = 0
    dead_lettered: int = 0
    problems: list[str] = field(default_factory=list)


def summary_of(jobs: Sequence[DemoJob], found: Found) -> Summary:
    """Count *found* against the ends the jobs must come to."""
    contents = {channel: Counter(map(text_of, messages)) for channel, messages in found.messages.items()}
    tally = _Tally(found, contents)
    for job in jobs:
        _count(tally, job)
        tally.problems += _disagreements(job, found)
    out_of_order = [channel for channel in found.messages if not _in_order(jobs, found, channel=channel)]
    strangers = _letters_of_no_bad_job(jobs, found)
    tally.problems += [f"{channel}: its messages are out of order" for channel in out_of_order]
    tally.problems += [f"dead-lettered as {letter}, but should not be" for letter in strangers]
    tally.problems += _general_problems(jobs, found)
    told = [outcome for job in jobs if (outcome := _told_of(job, found)) is not None]
    return Summary(
        jobs=len(jobs),
        enqueued=sum(job.copies for job in jobs),
        delivered_once=tally.delivered_once,
        doubled=tally.doubled,
        lost=tally.lost,
        out_of_order=len(out_of_order),
        stayed_away=tally.stayed_away,
        changes_made=tally.changes_made,
        dead_lettered_as_expected=tally.dead_lettered,
        dead_lettered_unexpectedly=len(strangers),
        left_in_queue=found.left_in_queue,
        outcomes_published=len(found.outcomes),
        outcomes=dict(sorted(Counter(str(each.outcome) for each in told).items())),
        verdicts=dict(sorted(Counter(map(str, found.verdicts.values())).items())),
        worker_exit_code=found.exit_code,
        faults=found.faults,
        problems=tuple(tally.problems),
    )


def text_of(message: Message) -> str:
    """Say what a message reads now."""
    return REDACTED if message.state == "redacted" else message.content or ""


def _count(tally: _Tally, job: DemoJob) -> None:
    match job.end:
        case Arrives() as end:
            _count_message(tally, end)
        case StaysAway(content):
            if any(channel[content] for channel in tally.contents.values()):
                tally.problems.append(f"{job.what}: its message was posted all the same")
            else:
                tally.stayed_away += 1
        case DeadLetters(reason):
            reasons = [
                each.attributes.get("reason") for each in tally.found.dead_letters if each.body == job.body
            ]
            if reasons == [reason]:
                tally.dead_lettered += 1
            else:
                found = ", ".join(map(str, reasons)) or "nothing"
                tally.problems.append(f"{job.what}: should be one dead letter, {reason}; found {found}")
        case Changes(channel=channel, brought=brought, took=took):
            facts = _facts_of(channel, tally.found)
            if brought in facts and took not in facts:
                tally.changes_made += 1
            else:
                tally.problems.append(f"{job.what}: {channel} does not show it")
        case _:
            assert_never(job.end)


def _facts_of(channel: str, found: Found) -> set[Fact]:
    """Gather all that can be seen in a channel, and of it."""
    facts = {Fact("call", operation) for operation in found.calls[channel]}
    if channel in found.members:
        facts.add(Fact("channel", channel))
    facts |= {Fact("member", each) for each in found.members.get(channel, ())}
    return facts | {Fact("message", text_of(message)) for message in found.messages[channel]}


def _disagreements(job: DemoJob, found: Found) -> Iterator[str]:
    """Say so if the worker told of another end than the job must come to, or judged its message wrongly."""
    told = _told_of(job, found)
    expected = job.end.outcome or Outcome.REJECTED
    if told is None or told.outcome is not expected:
        yield f"{job.id or job.what}: should be told to be {expected}, is {told.outcome if told else 'not'}"
    if job.id is not None and job.end.outcome is Outcome.DELIVERED:
        verdict = found.verdicts.get(job.id)
        if verdict is None or (verdict == "gone" and isinstance(job.end, Arrives)):
            yield f"{job.id}: should be found by reconciliation, is {verdict or 'not judged'}"


def _told_of(job: DemoJob, found: Found) -> OutcomeBody | None:
    """
    Find the outcome that counts of a job: the one of its highest revision.

    A job without an id of its own is told by its reason from others that have none, or from that whose id
    it took; which keeps its outcome, for that came first.
    """
    told = [each for each in found.outcomes if each.job_id == job.id]
    if isinstance(job.end, DeadLetters) and job.end.outcome is None:
        told = [each for each in told if each.reason is job.end.reason]
    return max(told, key=lambda each: each.revision, default=None)


def _count_message(tally: _Tally, end: Arrives) -> None:
    match tally.contents[end.channel][end.content]:
        case 0:
            tally.lost += 1
            tally.problems.append(f"{end.channel}: lost: {end.content}")
        case 1:
            tally.delivered_once += 1
        case count:
            tally.doubled += 1
            tally.problems.append(f"{end.channel}: {count} times: {end.content}")
    if end.not_before is not None:
        due_ms = to_ms(end.not_before)
        stored = [m for m in tally.found.messages[end.channel] if text_of(m) == end.content]
        if any(message.stored_ms < due_ms for message in stored):
            tally.problems.append(f"{end.channel}: posted before it was due: {end.content}")


def _in_order(jobs: Sequence[DemoJob], found: Found, *, channel: str) -> bool:
    """Whether a channel shows its jobs in the order they were enqueued in; one that waited is not counted."""
    wanted = [
        job.end.content
        for job in jobs
        if isinstance(job.end, Arrives) and job.end.channel == channel and job.end.not_before is None
    ]
    places = {content: place for place, content in enumerate(wanted)}
    seen = [places[text] for m in found.messages[channel] if (text := text_of(m)) in places]
    return seen == sorted(seen)


def _letters_of_no_bad_job(jobs: Sequence[DemoJob], found: Found) -> list[str]:
    """The reasons of dead letters that should not be there."""
    bad = {job.body for job in jobs if isinstance(job.end, DeadLetters)}
    return [letter.attributes.get("reason", "?") for letter in found.dead_letters if letter.body not in bad]


def _general_problems(jobs: Sequence[DemoJob], found: Found) -> Iterator[str]:
    if found.cut_short:
        yield found.cut_short
    known = {job.end.content for job in jobs if isinstance(job.end, (Arrives, StaysAway))}
    for channel, messages in found.messages.items():
        strangers = sum(text_of(message) not in known for message in messages)
        if strangers:
            yield f"{channel}: {strangers} messages of no job"
    ids = {job.id for job in jobs}
    if strange := sum(each.job_id not in ids for each in found.outcomes):
        yield f"{strange} outcomes are of no job"
    if found.strange_channels:
        yield f"{found.strange_channels} channels are there that no job names"
    if found.left_in_queue:
        yield f"{found.left_in_queue} jobs are still in the queue"
    if found.exit_code:
        yield f"the worker exited with {found.exit_code}"
    for name, count in found.faults.items():
        if not count:
            yield f"this trouble never struck, so nothing was shown of it: {name}"
