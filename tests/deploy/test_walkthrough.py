"""deploy/README.md can be followed: its commands, options, parameters, outputs and job exist."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

from botocore import xform_name
from botocore.session import get_session

from tests.deploy.template import APP_INSTANCE_ARN, CHIME, DEPLOY, WORKER
from worker.contract.arns import AppInstance
from worker.contract.job import parse_job

TEXT = (DEPLOY / "README.md").read_text()
SHELL = "\n".join(re.findall(r"^```sh\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL))
STACKS = {"chat": CHIME, "worker": WORKER}
OF_EVERY_COMMAND = {"query", "output"}
OF_THE_CLI_ALONE = {
    ("cloudformation", "deploy"): {"stack-name", "template-file", "capabilities", "parameter-overrides"},
    ("cloudformation", "wait"): {"stack-name"},
    ("ecr", "get-login-password"): set[str](),
    ("logs", "tail"): {"since", "follow"},
}
"""Commands that are no operation of the API, with the options used here."""


def test_the_shell_understands_it() -> None:
    done = subprocess.run(
        ["bash", "-n"], input=SHELL, capture_output=True, text=True, timeout=10, check=False
    )

    assert (0, "") == (done.returncode, done.stderr)


def test_every_command_and_every_option_exists() -> None:
    commands = list(_aws_commands())

    assert len(commands) > 10
    for service, command, options in commands:
        known = _options_of(service, command) | OF_EVERY_COMMAND
        assert options <= known, f"aws {service} {command}: {options - known}"


def test_every_output_it_reads_is_one_of_the_stack() -> None:
    read = re.findall(r"\boutput (chat|worker) (\w+)", SHELL)

    assert read
    for stack, name in read:
        assert name in STACKS[stack]["Outputs"]


def test_the_worker_gets_all_the_parameters_it_needs_and_no_others() -> None:
    first, *others = (
        set(re.findall(r"\b([A-Z]\w+)=", line.partition("--parameter-overrides")[2]))
        for line in _lines()
        if "--template-file deploy/worker.yaml" in line
    )
    parameters = WORKER["Parameters"]

    assert first == {name for name, parameter in parameters.items() if "Default" not in parameter}
    for given in others:
        assert given <= set(parameters)


def test_the_job_it_sends_is_a_job() -> None:
    (body,) = re.findall(r"--message-body '(.*)'$", SHELL, flags=re.MULTILINE)
    home = AppInstance.parse(APP_INSTANCE_ARN)

    channel = f"{APP_INSTANCE_ARN}/channel/orders"
    job = parse_job(
        body.replace("'\"$CHANNEL_ARN\"'", channel), home=home, sent_at=datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert job.id == "hello-1"


def _lines() -> list[str]:
    return SHELL.replace("\\\n", " ").splitlines()


def _aws_commands() -> Iterator[tuple[str, str, set[str]]]:
    for line in _lines():
        if found := re.search(r"\baws ([a-z-]+) ([a-z-]+)([^|]*)", line):
            yield found[1], found[2], set(re.findall(r"\s--([a-z-]+)", found[3]))


def _options_of(service: str, command: str) -> set[str]:
    if (service, command) in OF_THE_CLI_ALONE:
        return OF_THE_CLI_ALONE[service, command]
    model = get_session().get_service_model(service)
    (operation,) = (name for name in model.operation_names if xform_name(name, "-") == command)
    shape = model.operation_model(operation).input_shape
    return {xform_name(member, "-") for member in shape.members} if shape else set()
