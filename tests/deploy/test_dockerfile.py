"""The image by its text: what it promises to those who run it. hadolint judges its style."""

from __future__ import annotations

import re

from tests.deploy.dockerfile import DOCKERFILE, ROOT, read_stages

TEXT = DOCKERFILE.read_text()
BUILD, FINAL = read_stages(TEXT)


def test_every_stage_is_based_on_the_image_that_one_argument_names() -> None:
    default = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", TEXT, flags=re.MULTILINE)

    assert ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"] == [BUILD.base, FINAL.base]
    assert default
    assert "/" not in default[1], "a registry host or somebody's copy: the official image has neither"


def test_whatever_is_downloaded_is_checked_against_a_hash() -> None:
    installs = [
        part.split()
        for run in (*BUILD.all("RUN"), *FINAL.all("RUN"))
        for part in run.rest.split("&&")
        if {"pip", "apt-get", "curl", "wget"} & set(part.split())
    ]

    assert installs
    for words in installs:
        assert "pip" in words
        assert {"--require-hashes", "--no-index"} & set(words), " ".join(words)


def test_nothing_needs_buildkit() -> None:
    assert "<<" not in TEXT
    assert "--link" not in TEXT
    assert "--mount" not in TEXT
    assert "# syntax" not in TEXT


def test_it_runs_as_a_user_that_no_host_knows() -> None:
    uid, gid = map(int, FINAL.only("USER").rest.split(":"))

    assert uid >= 10_000
    assert gid >= 10_000


def test_signals_reach_the_program_itself() -> None:
    """A shell in between would swallow SIGTERM, and every stop would end in SIGKILL."""
    assert ["backend-worker"] == FINAL.only("ENTRYPOINT").exec_form
    assert ["run"] == FINAL.only("CMD").exec_form
    assert FINAL.only("STOPSIGNAL").rest == "SIGTERM"


def test_the_program_checks_its_own_health() -> None:
    _, command = FINAL.only("HEALTHCHECK").rest.split("CMD ")

    assert command == '["backend-worker", "healthcheck"]'


def test_only_a_ledger_in_a_file_needs_a_place_to_write() -> None:
    """It is not declared a volume: each container would get one of its own, with a ledger of its own."""
    environment: dict[str, str] = {}
    for each in FINAL.all("ENV"):
        environment |= each.pairs
    place = FINAL.only("WORKDIR").rest

    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert any(f"chown {FINAL.only('USER').rest} {place}" in run.rest for run in FINAL.all("RUN"))
    assert FINAL.all("VOLUME") == []


def test_logs_are_not_held_back() -> None:
    assert any(each.pairs.get("PYTHONUNBUFFERED") == "1" for each in FINAL.all("ENV"))


def test_what_is_copied_is_there_and_is_not_ignored() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        source
        for each in (*BUILD.all("COPY"), *FINAL.all("COPY"))
        if not each.rest.startswith("--from=")
        for source in each.rest.split()[:-1]
    }

    assert "*" in lines
    assert copied == let_in
    assert all((ROOT / source).exists() for source in copied)
    assert {"**/__pycache__", "**/*.pyc"} <= set(lines[lines.index("!worker") :]), (
        "the last rule that fits wins"
    )
