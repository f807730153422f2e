"""
The program: finds the command, reads its words, and turns what goes wrong into exit codes.

To add a command, write `worker/cli/NAME.py` and one line in COMMANDS. Its module, imported on use, has

    def add_arguments(parser: ArgumentParser) -> None: ...  # add_setting_flags(parser) if it uses settings
    def run(args: Namespace) -> int: ...  # settings_from(args) if it uses settings; returns the exit code

and imports aiobotocore inside `run` at the earliest, so that `--help` is quick. Words that contradict one
another are a UsageError; settings that cannot be used are Mistaken.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from worker.cli.exit_codes import BAD_CONFIGURATION, DONE, FAILED, USAGE, Failed
from worker.cli.words import Parser, UsageError, did_you_mean
from worker.terminal import OutputLost, escape, say, talk

PROGRAM = "backend-worker"

COMMANDS = {
    "run": "receive jobs and send their messages until stopped; with --burst, until the queue is drained",
    "demo": "show it all, with faults, on this machine alone; count what arrived",
    "sandbox": "keep a queue, Chime and a worker running on this machine, to try things out",
    "enqueue": "enqueue one job, or a file of them",
    "status": "tell how all stands, or one job: its state, what comes next, its timeline",
    "channels": "list the channels, or find one by its name",
    "members": "list who is in a channel",
    "messages": "list the messages of a channel, and follow it",
    "dlq": "dead letters by reason: list, show, redrive or purge them",
    "doctor": "check everything the worker needs; say what is wrong, and the command that mends it",
    "reconcile": "explain by hand what no delivery will explain: accepted, unclear and delivered messages",
    "pause": "stop sending to a channel, or to all, for every worker of the ledger",
    "resume": "go on sending after a pause",
    "bootstrap": "make what the worker needs and is not there: user, admin, queues, redrive policy, table",
    "iam-policy": "print what AWS must allow the worker, its producers or bootstrap",
    "schema": "print the published contract: job, outcome or all of it as AsyncAPI",
    "healthcheck": "tell whether the worker on this host makes progress, for the container's health check",
    "settings": "list every setting: name, type, default, meaning, and where its present value came from",
    "version": "print the version",
}


class Command(Protocol):
    """What the module of a command offers."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command's own arguments, and the flags of the settings if it uses them."""

    def run(self, args: Namespace) -> int:
        """Do it and return the exit code."""


def run_program(words: Sequence[str]) -> int:
    """Run the command that *words* name and return the program's exit code."""
    try:
        return _run(words)
    except UsageError as error:
        talk(f"{PROGRAM}: {escape(str(error))}")
        return USAGE
    except Failed as error:
        talk(f"{PROGRAM}: {escape(str(error))}")
        return FAILED
    except OutputLost as error:
        if error.args:
            talk(f"{PROGRAM}: {error}")
        return FAILED
    except KeyboardInterrupt:
        return FAILED
    except SystemExit:  # how argparse ends after --help, and nothing else
        return DONE


def _run(words: Sequence[str]) -> int:
    match words:
        case ["-h" | "--help", *_]:
            say(_help())
            return DONE
        case ["--version"]:
            return _run_command("version", [])
        case [name, *rest] if name in COMMANDS:
            return _run_command(name, rest)
        case [name, *_]:
            raise UsageError(f"there is no command {name}{did_you_mean(name, COMMANDS)}")
        case _:
            raise UsageError(f"which command? `{PROGRAM} --help` lists them.")


def _run_command(name: str, words: Sequence[str]) -> int:
    from worker.settings.mistakes import Mistaken  # noqa: PLC0415 (pydantic takes its time; `--help` needs none of it)

    command = cast(Command, import_module(f"worker.cli.{name.replace('-', '_')}"))
    parser = Parser(prog=f"{PROGRAM} {name}", description=COMMANDS[name])
    command.add_arguments(parser)
    try:
        return command.run(parser.read(words))
    except Mistaken as error:
        for mistake in error.mistakes:
            talk(escape(str(mistake)))
        return BAD_CONFIGURATION


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = (f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return "\n".join(
        (
            f"usage: {PROGRAM} COMMAND [ARGUMENTS]",
            "",
            *lines,
            "",
            f"`{PROGRAM} COMMAND --help` tells more. Settings come from the environment (WORKER_*) or flags.",
        )
    )
