"""`settings`: lists every setting, also when some are mistaken; the mistakes go to stderr."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import asdict

from worker.cli.exit_codes import DONE
from worker.cli.setting_flags import add_setting_flags, texts_from
from worker.settings import Mistaken, load
from worker.settings.table import Row, markdown_of, rows_of
from worker.terminal import escape, say


def add_arguments(parser: ArgumentParser) -> None:
    """Take the forms of the list."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--markdown", action="store_true", help="as the table of the README")
    add_setting_flags(parser)


def run(args: Namespace) -> int:
    """List the settings, then raise their mistakes."""
    texts = texts_from(args)
    try:
        load(texts)
    except Mistaken as mistaken:
        _print(args, rows_of(texts, mistaken={mistake.name for mistake in mistaken.mistakes}))
        raise
    _print(args, rows_of(texts))
    return DONE


def _print(args: Namespace, rows: tuple[Row, ...]) -> None:
    if args.json:
        say(json.dumps([asdict(row) for row in rows], indent=2))
    elif args.markdown:
        say(markdown_of(rows))
    else:
        say("\n".join(_paragraphs(rows)))


def _paragraphs(rows: Iterable[Row]) -> Iterable[str]:
    for row in rows:
        yield f"{row.name} = {escape(row.value)}  ({row.source})"
        yield f"    {row.meaning}"
        yield f"    {row.type}; default: {row.default}"
