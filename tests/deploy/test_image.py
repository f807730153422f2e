"""The image, built without Docker and tried: `make image-check`. It downloads, so nothing else runs it."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deploy.dockerfile import DOCKERFILE, ROOT, read_stages
from tests.deploy.replay import Image, replay
from tests.deploy.template import APP_INSTANCE_ARN

pytestmark = [pytest.mark.downloads, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Build the image, once for all tests here."""
    with TemporaryDirectory() as folder:
        build, final = read_stages(DOCKERFILE.read_text())
        yield replay(build, final, Path(folder))


def test_the_program_runs(image: Image) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    done = image.run("backend-worker", "version")

    assert (0, "") == (done.returncode, done.stderr)
    assert project["version"] in done.stdout


def test_settings_that_cannot_be_right_are_told_with_exit_code_78(image: Image) -> None:
    done = image.run("backend-worker", "run")

    assert done.returncode == 78
    assert "WORKER_QUEUE_URL" in done.stderr


def test_a_health_check_without_a_worker_fails(image: Image) -> None:
    queue_url = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs"
    nobody = ("--admin-port", "1")

    done = image.run(
        "backend-worker",
        "healthcheck",
        "--queue-url",
        queue_url,
        "--app-instance-arn",
        APP_INSTANCE_ARN,
        *nobody,
    )

    assert done.returncode == 1
    assert "no worker answers" in done.stderr


def test_running_writes_nothing(image: Image) -> None:
    """The root is read-only in the template; the ledger's place is the one exception."""
    before = _written(image.root.parent)

    image.run("backend-worker", "version")
    image.run("backend-worker", "settings")
    image.run("backend-worker", "run")

    assert before == _written(image.root.parent)


def test_what_is_shipped_holds_the_lock_and_the_project_and_no_more(image: Image) -> None:
    names = "import importlib.metadata as m; print(*sorted(d.name for d in m.distributions()))"
    shipped = image.run("python", "-c", names).stdout.split()
    locked = {
        line.split("==")[0]
        for line in (ROOT / "deploy/locks/requirements.lock").read_text().splitlines()
        if line[:1].isalpha()
    }

    assert locked | {"chime-backend-worker"} == {name.lower().replace("_", "-") for name in shipped}


def test_every_module_is_compiled(image: Image) -> None:
    """A read-only root can keep no bytecode, so each start would compile everything again."""
    package = next((image.root / "opt/worker/lib").glob("python*/site-packages/worker"))
    tag = sys.implementation.cache_tag

    missing = [
        source
        for source in package.rglob("*.py")
        if not (source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc").exists()
    ]

    assert missing == []


def _written(folder: Path) -> dict[Path, int]:
    return {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
