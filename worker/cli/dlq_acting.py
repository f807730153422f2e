"""`dlq redrive` and `dlq purge`: they look and ask first, and then act on what was seen and nothing else."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, assert_never

from worker.adapters.clock import SystemClock
from worker.adapters.ledger.refused import LedgerRefused
from worker.adapters.sqs_dead_letters import SqsDeadLetters, StoredLetter
from worker.cli.asking import check_can_ask, confirmed
from worker.cli.dlq import REDRIVE_SETTINGS, SETTINGS
from worker.cli.dlq_reading import look_for, talk_of_bounds, talk_of_none
from worker.cli.exit_codes import DONE, Failed
from worker.cli.failures import in_words
from worker.cli.ledger_reader import LedgerReader, ledger_reader
from worker.cli.letters import as_line, name_of
from worker.cli.setting_flags import settings_from
from worker.contract.arns import AppInstance
from worker.core.row import Row
from worker.ops.dead_letters import (
    Deal,
    Fate,
    Kept,
    Listed,
    Looked,
    Purged,
    Redriven,
    checking,
    listed,
    purging,
    redriving,
)
from worker.ops.rejection_check import RejectionCheck
from worker.plans import may_speak_for
from worker.ports import LedgerUnavailable
from worker.settings import Settings
from worker.settings.ledger_url import InMemory
from worker.terminal import escape, say, talk


def redrive(args: Namespace) -> int:
    """Send jobs back; 1 if one that was asked for stays."""
    check_can_ask(args)
    settings = settings_from(args, REDRIVE_SETTINGS)
    return _act(args, settings, lambda: _redriving(args, settings))


def purge(args: Namespace) -> int:
    """Delete letters; 1 if one that was asked for stays."""
    check_can_ask(args)
    return _act(args, settings_from(args, SETTINGS), lambda: nullcontext(Deals(listed, purging)))


@dataclass(frozen=True, slots=True)
class Deals:
    """What an acting verb does to letters: before it was allowed to, and then."""

    plan: Deal
    act_on: Callable[[SqsDeadLetters], Deal]


@dataclass(slots=True)
class _Account:
    """What became of the letters, told one by one."""

    args: Namespace
    home: AppInstance
    reasons: dict[str, str] = field(default_factory=dict)
    """Of the letters that may be acted on, by MessageId."""
    done_count: int = 0
    kept_count: int = 0

    def tell(self, letter: StoredLetter, fate: Fate) -> None:
        """Tell of one letter, and count it."""
        name = escape(f"{name_of(letter, self.home)} ({letter.reason})")
        match fate:
            case Listed():
                self.reasons[letter.id] = letter.reason
                if self.args.dry_run:
                    say(f"would {self.args.verb} {as_line(letter, self.home)}")
            case Redriven(sqs_message_id):
                self.done_count += 1
                say(f"redriven {name} as SQS message {escape(sqs_message_id)}")
            case Purged():
                self.done_count += 1
                say(f"purged {name}, SQS message {escape(letter.id)}")
            case Kept(cause):
                self.kept_count += 1
                talk(f"{name} stays, SQS message {escape(letter.id)}: {escape(cause)}")
            case _:
                assert_never(fate)


def _act(
    args: Namespace, settings: Settings, open_deals: Callable[[], AbstractAsyncContextManager[Deals]]
) -> int:
    """Act at once if --yes, else look and ask first. Raise Failed if a letter stays that was asked for."""
    account = _Account(args, settings.app_instance)

    async def look(phase: Literal["plan", "act"], *, message_ids: frozenset[str] | None = None) -> Looked:
        async with open_deals() as deals:
            deal_of = deals.act_on if phase == "act" else lambda _: deals.plan
            return await look_for(args, settings, account.tell, deal_of=deal_of, message_ids=message_ids)

    with in_words(settings):
        looked = asyncio.run(look("act" if args.yes else "plan"))
        talk_of_bounds(args, looked)
        if account.reasons and not args.dry_run:
            # Outside of the event loop, where Ctrl-C would wait for the answer.
            if not confirmed(_question(args.verb, account.reasons)):
                raise Failed("nothing was done.")
            asyncio.run(look("act", message_ids=frozenset(account.reasons)))
    if account.kept_count:
        raise Failed(f"{account.kept_count} letter(s) that were asked for stay, as told above.")
    if not account.done_count and not account.reasons:
        talk_of_none(args)
    return DONE


def _question(verb: str, reasons: Mapping[str, str]) -> str:
    counted = ", ".join(f"{count} {escape(each)}" for each, count in Counter(reasons.values()).most_common())
    return f"{verb} {len(reasons)} dead letter(s): {counted}?"


@asynccontextmanager
async def _redriving(args: Namespace, settings: Settings) -> AsyncIterator[Deals]:
    """Open what tells which jobs would be rejected again."""
    if args.force:
        yield Deals(listed, lambda queue: redriving(queue, listed))
        return
    async with _memory(settings) as memory:
        check = RejectionCheck(
            home=settings.app_instance,
            clock=SystemClock(),
            may_speak_for=partial(may_speak_for, settings),
            read_row=memory.read,
        )
        plan = checking(check.doubt)
        yield Deals(plan, lambda queue: redriving(queue, plan))


@asynccontextmanager
async def _memory(settings: Settings) -> AsyncIterator[_Memory]:
    if isinstance(settings.ledger, InMemory):  # no other process can read that
        yield _Memory(None)
        return
    async with ledger_reader(settings) as reader:
        yield _Memory(reader)


@dataclass(slots=True)
class _Memory:
    """The ledger for as long as it can be read. That it cannot stops no redrive: the worker looks again."""

    reader: LedgerReader | None

    async def read(self, job_id: str) -> Row | None:
        """Read the row of a job; None if there is none, or no ledger."""
        if self.reader is None:
            return None
        try:
            return await self.reader.read(job_id)
        except (LedgerRefused, LedgerUnavailable) as fault:
            talk(f"id_conflict is left for the worker to find: {escape(str(fault))}")
            self.reader = None
            return None
