"""
Builds the image without Docker: replays its instructions below a folder that stands for the root.

Nothing outside that folder is written to, and the base image is an environment made from this interpreter.
Absolute paths in RUN lines are moved below the folder, which is all that is changed in them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.deploy.dockerfile import ROOT, Stage

STEP_S = 300


@dataclass(frozen=True, slots=True)
class Image:
    """A folder that stands for the root of an image, and the environment its processes get."""

    root: Path
    environment: Mapping[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the image, with nothing but the image's environment."""
        program = shutil.which(words[0], path=self.environment["PATH"])
        assert program is not None, f"{words[0]} is not in the image"
        return subprocess.run(
            [program, *words[1:]],
            env=dict(self.environment),
            cwd=self.root / "ledger",
            capture_output=True,
            text=True,
            timeout=STEP_S,
            check=False,
        )


def replay(build: Stage, final: Stage, root: Path) -> Image:
    """Make the *final* image below *root*, and the *build* stage beside it; a step that fails raises."""
    kitchen, image = root / "build", root / "image"
    kitchen.mkdir()
    image.mkdir()
    _play(build, kitchen, {})
    return Image(image, _play(final, image, {"build": kitchen}))


def _play(stage: Stage, root: Path, others: Mapping[str, Path]) -> dict[str, str]:
    environment = _base(root)
    workdir = root
    for each in stage.instructions:
        match each.word:
            case "WORKDIR":
                workdir = _below(root, each.rest)
                workdir.mkdir(parents=True, exist_ok=True)
            case "ENV":
                given = {
                    name: value.replace("$PATH", environment["PATH"]) for name, value in each.pairs.items()
                }
                environment |= {
                    name: _moved(value, root) if name == "PATH" else value for name, value in given.items()
                }
            case "COPY":
                _copy(each.rest.split(), workdir, root, others)
            case "RUN":
                command = _moved(each.rest, root).replace("10001:10001", f"{os.getuid()}:{os.getgid()}")
                subprocess.run(command, shell=True, env=environment, cwd=workdir, timeout=STEP_S, check=True)
            case _:
                pass  # changes no file
    return environment


def _base(root: Path) -> dict[str, str]:
    """Make what the base image brings: python and pip on the PATH, and nothing of this project."""
    base = root / "usr" / "local"
    subprocess.run([sys.executable, "-m", "venv", base], check=True, timeout=STEP_S)
    return {"PATH": f"{base / 'bin'}:/usr/bin:/bin", "HOME": str(root), "LANG": "C.UTF-8"}


def _copy(words: list[str], workdir: Path, root: Path, others: Mapping[str, Path]) -> None:
    if words[0].startswith("--from="):
        # Environments name their own folder, so what is shipped stays where it was built.
        _, source, target = words
        _below(root, target).parent.mkdir(parents=True, exist_ok=True)
        _below(root, target).symlink_to(_below(others[words[0].removeprefix("--from=")], source))
        return
    *sources, target = words
    for source in sources:
        into = workdir / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / source, into)


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _moved(text: str, root: Path) -> str:
    """Move the absolute paths in *text* below *root*, unless they are there already or the system's."""
    return re.sub(r"(?<![\w./*])/(?=(opt|wheels|ledger)\b)", f"{root}/", text)
