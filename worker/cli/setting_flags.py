"""Settings as flags: `--queue-url` over WORKER_QUEUE_URL. A command takes all of them, or those it uses."""

import os
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Collection, Mapping

from worker.settings.credentials import CREDENTIAL_NAMES
from worker.settings.model import Settings
from worker.settings.names import PREFIX, environment_name
from worker.settings.sources import Texts, load
from worker.settings.table import rows_of

ALL = frozenset(map(environment_name, Settings.model_fields))

_STAND_INS = {
    "WORKER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/none",
    "WORKER_APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:000000000000:app-instance/none",
    "WORKER_LEDGER": "memory:",
}
"""For required settings that a command has no use for, so that it does not ask for them."""


def add_setting_flags(parser: ArgumentParser, used: Collection[str] = ALL) -> None:
    """Let *parser* take the settings *used* as flags."""
    group = parser.add_argument_group("settings, over those of the environment")
    for row in rows_of(Texts(environment={})):
        if row.flag and row.name in used:
            words = f"{row.meaning} ({row.type}; default: {row.default}) [{row.name}]"
            group.add_argument(row.flag, dest=row.name, metavar="VALUE", default=SUPPRESS, help=words)


def texts_from(args: Namespace) -> Texts:
    """Give what the settings are read from: this process's environment, and the flags among *args*."""
    flags = {name: text for name, text in vars(args).items() if name.startswith(PREFIX)}
    return Texts(environment=os.environ, flags=flags)


def settings_from(args: Namespace, used: Collection[str] = ALL) -> Settings:
    """Read and check the settings *used*; the others have values that mean nothing. Raises Mistaken."""
    texts = texts_from(args)
    unused = ALL.difference(used)
    if not any(name.startswith("AWS_") for name in used):
        unused |= CREDENTIAL_NAMES
    stand_ins = {name: text for name, text in _STAND_INS.items() if name in unused}
    return load(Texts({**_without(unused, texts.environment), **stand_ins}, _without(unused, texts.flags)))


def _without(names: Collection[str], texts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name not in names}
