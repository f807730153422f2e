"""Every setting as a flag: `--queue-url` over WORKER_QUEUE_URL."""

import os
from argparse import SUPPRESS, ArgumentParser, Namespace

from worker.settings.model import Settings
from worker.settings.names import PREFIX
from worker.settings.sources import Texts, load
from worker.settings.table import rows_of


def add_setting_flags(parser: ArgumentParser) -> None:
    """Let *parser* take every setting as a flag."""
    group = parser.add_argument_group("settings, over those of the environment")
    for row in rows_of(Texts(environment={})):
        if row.flag:
            words = f"{row.meaning} ({row.type}; default: {row.default}) [{row.name}]"
            group.add_argument(row.flag, dest=row.name, metavar="VALUE", default=SUPPRESS, help=words)


def texts_from(args: Namespace) -> Texts:
    """Give what the settings are read from: this process's environment, and the flags among *args*."""
    flags = {name: text for name, text in vars(args).items() if name.startswith(PREFIX)}
    return Texts(environment=os.environ, flags=flags)


def settings_from(args: Namespace) -> Settings:
    """Read and check all settings. Raises Mistaken."""
    return load(texts_from(args))
