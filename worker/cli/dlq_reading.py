"""`dlq ls` and `dlq show`, and the look through the dead letter queue that all verbs of `dlq` take."""

from __future__ import annotations

import asyncio
import json
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping
from typing import assert_never

from worker.adapters.clock import SystemClock
from worker.adapters.sqs_dead_letters import HOLD_S, SqsDeadLetters, StoredLetter, open_dead_letters
from worker.app import clients_of
from worker.cli.dlq import REASONS, SETTINGS
from worker.cli.exit_codes import DONE, Failed
from worker.cli.failures import in_words, mistaken
from worker.cli.letters import as_json, as_line, as_lines, attributes_as_json
from worker.cli.setting_flags import settings_from
from worker.cli.words import UsageError, did_you_mean
from worker.ops.dead_letters import Deal, Fate, Looked, Selection, Tell, listed, look_through
from worker.plans import inbox_plan
from worker.settings import Settings
from worker.terminal import escape, say, talk


def ls(args: Namespace) -> int:
    """List letters, and count them by reason."""
    settings = settings_from(args, SETTINGS)
    home, reasons = settings.app_instance, Counter[str]()
    objects: list[Mapping[str, object]] = []
    lines: list[str] = []

    def tell(letter: StoredLetter, _fate: Fate) -> None:
        reasons[letter.reason] += 1
        if args.json:
            objects.append(as_json(letter, home))
        else:
            lines.append(as_line(letter, home))

    with in_words(settings):
        looked = asyncio.run(look_for(args, settings, tell))
    if args.json:
        counts = {"looked_at": looked.seen_count, "not_looked_at": looked.unseen_count}
        say(json.dumps({"by_reason": reasons, **counts, "letters": objects}, indent=2))
    elif lines:
        width = max(map(len, map(escape, reasons)))
        counted = [f"{escape(reason):<{width}}  {count}" for reason, count in reasons.most_common()]
        say("\n".join([*counted, "", *lines]))
    else:
        talk_of_none(args)
    talk_of_bounds(args, looked)
    return DONE


def show(args: Namespace) -> int:
    """Show all that letters say; 1 if there is none of that id."""
    if (args.message_id is None) == (args.job is None):
        raise UsageError("which letter? Give its MESSAGE_ID, or --job ID.")
    settings = settings_from(args, SETTINGS)
    shown: list[Mapping[str, object]] = []

    def tell(letter: StoredLetter, _fate: Fate) -> None:
        body = letter.delivery.body
        size_bytes = len(body.encode())
        attributes = attributes_as_json(letter.delivery.attributes)
        text = {"body": body} if args.body else {}
        shown.append({**as_json(letter, settings.app_instance), "attributes": attributes, **text})
        if not args.json:
            told = escape(body) if args.body else f"{size_bytes} bytes, the job: --body shows its text"
            say("\n".join([*as_lines(letter, settings.app_instance), f"{'body':<16}{told}"]))

    with in_words(settings):
        ids = None if args.message_id is None else frozenset([args.message_id])
        looked = asyncio.run(look_for(args, settings, tell, message_ids=ids))
    if args.json:
        say(json.dumps(shown, indent=2))
    talk_of_bounds(args, looked)
    if not shown:
        raise Failed("no such dead letter was seen.")
    return DONE


async def look_for(
    args: Namespace,
    settings: Settings,
    tell: Tell,
    *,
    deal_of: Callable[[SqsDeadLetters], Deal] = lambda _: listed,
    message_ids: frozenset[str] | None = None,
) -> Looked:
    """Look through the queue for what *args* ask for; *message_ids* narrows that down."""
    plan = inbox_plan(settings)
    selection = Selection(
        home=settings.app_instance,
        reason=args.reason,
        job_id=args.job,
        message_ids=message_ids,
        older_than=args.older_than,
        newer_than=args.newer_than,
    )
    async with clients_of(settings) as clients:
        queue = await open_dead_letters(clients.sqs, SystemClock(), plan)
        if queue is None:
            raise mistaken(
                "WORKER_DEAD_LETTER_QUEUE_URL",
                "the queue has no redrive policy that tells where its dead letters are: name their queue.",
            )
        return await look_through(queue, selection, deal_of(queue), tell=tell, limit=args.limit)


def talk_of_none(args: Namespace) -> None:
    """Say that there are none; a reason that is not known here may be a slip."""
    is_odd = args.reason is not None and args.reason not in REASONS
    hint = did_you_mean(args.reason, REASONS).rstrip(".") if is_odd else ""
    talk(f"no such dead letters{hint}")


def talk_of_bounds(args: Namespace, looked: Looked) -> None:
    """Say what was not looked at, and why."""
    match looked.ended_by:
        case "limit":
            talk(f"stopped at --limit {args.limit}: there are more")
        case "bounds":
            talk(f"stopped after {looked.seen_count} letters, before those begin to show again: run it again")
        case "nothing left" if looked.unseen_count:
            talk(
                f"about {looked.unseen_count} more letter(s) did not show: they are in other hands, or, on a "
                "FIFO queue, behind the first ten of their message group"
            )
        case "nothing left":
            pass
        case _:
            assert_never(looked.ended_by)
    if looked.hidden_count:
        talk(f"{looked.hidden_count} letter(s) could not be given back: they show again within {HOLD_S} s")
