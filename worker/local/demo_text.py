"""What the demo says: its opening, its progress, the transcripts, the figures. It decides nothing."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import assert_never

from worker.local.chime.clock import from_ms
from worker.local.demo import QUICKER, SWITCHES, Running, Shown, Standing
from worker.local.demo_bad_jobs import NOT_SHOWN
from worker.local.demo_report import Summary, text_of
from worker.local.sqs import StoredMessage
from worker.local.world import BEARER_ID
from worker.terminal import escape, talk

ONE_LINE_EVERY_S = 1.0
OVER_THE_LAST_LINE = "\x1b[A\x1b[2K"

OPENING = f"""\
The real worker, between an SQS queue (moto) and Chime channels (our emulator), all on 127.0.0.1.
It takes no account and no Docker, and nothing leaves this machine. You will see
  - jobs being posted while Chime throttles, fails before or after it has stored a message, loses
    replies, ignores idempotency tokens and shows new messages only after {SWITCHES.list_lag_s:g} s;
  - jobs that come bare and wrapped (SNS, EventBridge, CloudEvents), and name their channel in every way;
  - channels that the worker makes, joins and finds, and one whose channel flow rewrites and denies;
  - jobs that edit, redact and delete what earlier jobs have sent, and that change members and channels;
  - jobs that cannot be done, and where they go: one for every reason that can be shown;
  - the outcome of every job, told to a queue of its own, and each delivered message looked at once more;
  - the transcript of every channel, and what it all came to: counted from queues and channels,
    without asking the worker.
"""


def closing(seed: int) -> str:
    """Say what to try next."""
    again = f"demo --seed {seed}"
    return (
        "\nTry next:\n"
        f"  backend-worker {'sandbox':<{len(again)}}  the same world, kept running for jobs of your own\n"
        f"  backend-worker {again}  the same faults at the same places"
    )


class Progress:
    """Shows how the demo goes on stderr: in place on a terminal, elsewhere one line a second."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._in_place = sys.stderr is not None and sys.stderr.isatty()
        self._lines = 0
        self._next_at_s = 0.0

    def __call__(self, news: Running | Standing) -> None:
        """Show the next piece of news."""
        match news:
            case Running():
                talk(_running(news, seed=self._seed))
            case Standing(took_s=took_s) if self._in_place or took_s >= self._next_at_s:
                over = OVER_THE_LAST_LINE if self._in_place and self._lines else ""
                talk(over + _standing(news))
                self._lines += 1
                self._next_at_s = took_s + ONE_LINE_EVERY_S
            case Standing():
                pass
            case _:
                assert_never(news)


def _running(running: Running, *, seed: int) -> str:
    settings = " ".join(f"{name}={value}" for name, value in QUICKER.items())
    indent = " " * 8
    return "\n".join(
        (
            f"SQS     {running.world.sqs.url}",
            f"Chime   {running.world.chime.url}",
            f"worker  pid {running.pid}; to be quick, unlike the defaults:",
            textwrap.fill(settings, 88, initial_indent=indent, subsequent_indent=indent),
            f"seed    {seed}: where the faults strike",
            "",
        )
    )


def _standing(now: Standing) -> str:
    return (
        f"{now.took_s:5.1f} s  enqueued {now.jobs_enqueued}/{now.jobs}  queue {now.in_queue:2}"
        f"  posted {now.messages:2}  dead {now.dead_letters:2}  to judge {now.to_judge:2}"
        f"  faults {now.faults:2}"
    )


def report(shown: Shown) -> str:
    """All that was shown, for people; what came from outside is escaped."""
    return "\n".join((*_transcripts(shown), *_dead_letters(shown), *_figures(shown.summary)))


def _transcripts(shown: Shown) -> Iterator[str]:
    for channel in shown.channels:
        yield f"\n#{channel.title}  (named {channel.named})"
        members = shown.found.members.get(channel.title)
        if members is None:
            yield "  is not there any more"
        elif others := [each for each in members if each != BEARER_ID]:
            yield escape(f"  members beside the worker: {', '.join(others)}")
        for message in shown.found.messages[channel.title]:
            at = from_ms(message.created_ms).strftime("%H:%M:%S.%f")[:-3]
            edited = " (edited)" if message.edited_ms is not None else ""
            yield escape(f"  {at}  {message.sender_name:<{len(BEARER_ID)}}  {text_of(message)}{edited}")


def _dead_letters(shown: Shown) -> Iterator[str]:
    letters = shown.found.dead_letters
    yield f"\nDead letters: {len(letters)}"
    for letter in letters:
        yield from _dead_letter(letter)
    yield "\nReasons that the demo cannot show"
    yield from (f"  {reason:<28}  {why}" for reason, why in NOT_SHOWN.items())


def _dead_letter(letter: StoredMessage) -> Iterator[str]:
    attributes = letter.attributes
    yield escape(
        f"  {attributes.get('reason', 'no reason'):<28}  {attributes.get('job_id', '(no id to be read)')}"
    )
    yield escape(f"      {attributes.get('detail', '')}")


def _figures(summary: Summary) -> Iterator[str]:
    yield f"\nOf {summary.jobs} jobs ({summary.enqueued} enqueued, some more than once)"
    for count, what in (
        (summary.delivered_once, "are in their channel exactly once, and read as they should"),
        (summary.doubled, "are there more than once"),
        (summary.lost, "are lost"),
        (
            summary.stayed_away,
            "are rightly in no channel: expired, denied by the flow, or deleted by a later job",
        ),
        (summary.changes_made, "have changed a message, a channel or its members"),
        (summary.dead_lettered_as_expected, "are dead letters, each with the right reason"),
        (summary.dead_lettered_unexpectedly, "are dead letters, but should not be"),
        (summary.left_in_queue, "are still in the queue"),
        (summary.out_of_order, "channels are out of order"),
    ):
        yield f"  {count:3} {what}"
    yield f"\nWORKER_OUTCOMES got {summary.outcomes_published} outcomes; the last of each job says"
    yield from _counts(summary.outcomes)
    yield "\nDelivered messages, as reconciliation found them again"
    yield from _counts(summary.verdicts)
    yield "\nFaults that struck"
    yield from _counts(summary.faults)
    yield "\nEverything came to its right end." if not summary.problems else "\nThis is not right:"
    yield from (escape(f"  {problem}") for problem in summary.problems)


def _counts(counts: Mapping[str, int]) -> Iterator[str]:
    return (f"  {count:3} {what}" for what, count in counts.items())
