"""`schema`: prints the published contract, for producers, readers of outcomes and their tools."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from worker.cli.exit_codes import DONE
from worker.terminal import say

PARTS = {
    "job": "the job, as JSON Schema 2020-12",
    "outcome": "the outcome, as JSON Schema 2020-12",
    "asyncapi": "queue, dead letter queue and outcomes, as AsyncAPI 3.1",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Take which part of the contract is wanted: the job, if none is named."""
    part = parser.add_mutually_exclusive_group()
    for name, what in PARTS.items():
        part.add_argument(f"--{name}", dest="part", action="store_const", const=name, help=what)
    parser.add_argument("--json", action="store_true", help="as JSON, which it always is")
    parser.set_defaults(part="job")


def run(args: Namespace) -> int:
    """Print it as JSON."""
    # Pydantic takes its time; `--help` needs none of it.
    from worker.contract.asyncapi import asyncapi  # noqa: PLC0415
    from worker.contract.schema import job_schema, outcome_schema, text_of  # noqa: PLC0415

    documents = {"job": job_schema, "outcome": outcome_schema, "asyncapi": asyncapi}
    say(text_of(documents[args.part]()))
    return DONE
